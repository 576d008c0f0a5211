"""Dynamic-range layers: float32 activations with int8 or int4 weights, as LiteRT's reference kernels compute them.

When such a layer runs it first quantises its input to int8 by the values that it finds there, image by image or row by
row; it adds up products as integers, and multiplies the sums by both scales:

    symmetric   scale = largest magnitude / 127, zero point 0
    asymmetric  scale = (largest - smallest) / 255 of values and 0, with the zero point that the smaller error leads to

TFLM has no such kernels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.emit.literals import c_float
from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Layer, Scratch
from tools.sni.quantised import ACTIVATIONS

QUANTISED = "quantised"
"""What the C calls the input once it is quantised."""


def is_hybrid(layer: Layer) -> bool:
    """Whether the layer multiplies a float input with integer weights."""
    weights = layer.inputs[1]
    return layer.input.dtype is DType.FLOAT32 and weights is not None and weights.dtype in (DType.INT8, DType.INT4)


@dataclass(frozen=True)
class HybridSums:
    """In place of Sums (tools/sni/sums.py) for the templates of integer layers.

    type: C type of a sum. count: elements of the input that are quantised together. weight_sums: for each output, where
    the kernel multiplies quantised values as they are and they have a zero point. scales: of the weights, one or one
    for each output. in_turn: LiteRT multiplies by the one scale and then by the other, instead of by their product.
    bias: for each output, None for none. low, high: the activation's bounds.
    """

    type: str
    count: int
    asymmetric: bool
    weight_sums: np.ndarray | None
    scales: np.ndarray
    in_turn: bool
    bias: np.ndarray | None
    low: float | None
    high: float | None

    is_real = True

    @property
    def zero_point(self) -> str | int:
        """C for what quantised values have been moved by."""
        return "zero_point" if self.asymmetric else 0

    def start(self, index: str) -> str:
        """C for where the sum of an output starts."""
        return f"-zero_point * weight_sums[{index}]" if self.weight_sums is not None else "0"

    @property
    def before(self) -> tuple[str, ...]:
        """Statements that quantise the input and declare `scale`, and `zero_point` if there is one."""
        factor = f" * {self._weights_scale}" if self._is_hoisted else ""
        if self.asymmetric:
            call = f"sni_quantise_asymmetric(input, {self.count}, {QUANTISED}, &zero_point)"
            return "int32_t zero_point;", f"const float scale = {call}{factor};"
        return (f"const float scale = sni_quantise_symmetric(input, {self.count}, {QUANTISED}){factor};",)

    @property
    def result(self) -> str:
        """C for an output before the activation, from `sums[k]`."""
        value, factor = "(float)sums[k]", "scale"
        if self.in_turn:
            value += f" * {self._weights_scale}"
        elif not self._is_hoisted:
            factor = f"{self._weights_scale} * scale"
        if self.bias is not None:
            return f"sni_multiply_add({value}, {factor}, bias[block + k])"
        return f"{value} * {factor if self.in_turn or self._is_hoisted else f'({factor})'}"

    @property
    def _is_hoisted(self) -> bool:
        """Whether `scale` is the product of both scales."""
        return not self.in_turn and self.scales.size == 1

    @property
    def _weights_scale(self) -> str:
        return c_float(float(self.scales[0])) if self.scales.size == 1 else "scales[block + k]"

    @property
    def constants(self) -> tuple[Constant, ...]:
        tables = []
        if self.weight_sums is not None:
            tables.append(Constant("weight_sums", self.weight_sums, "[output], what a zero point is multiplied by"))
        if self.scales.size > 1:
            tables.append(Constant("scales", self.scales, "[output], of the weights"))
        if self.bias is not None:
            tables.append(Constant("bias", self.bias, "[output]"))
        return tuple(tables)

    @property
    def helpers(self) -> tuple[str, ...]:
        quantising = "quantise_asymmetric" if self.asymmetric else "quantise_symmetric"
        return quantising, *(("multiply_add",) if self.bias is not None else ())

    @property
    def includes(self) -> tuple[str, ...]:
        return ("math.h",) if self.bias is not None else ()

    @property
    def scratch(self) -> tuple[Scratch, ...]:
        """Where the quantised input lies."""
        return (Scratch(QUANTISED, DType.INT8, self.count),)


def hybrid_sums(
    layer: Layer,
    weights: np.ndarray,
    bias: Tensor | None,
    count: int,
    *,
    asymmetric: bool,
    folded: bool = True,
    in_turn: bool = False,
) -> HybridSums:
    """The sums of a layer.

    weights: [outputs, products of one sum]. count: elements of the input that are quantised together. folded: the
    kernel multiplies quantised values as they are; otherwise it subtracts the zero point from each itself.
    """
    w = weights.astype(np.int64)
    # The range of int8, once for the values and once more for the zero point.
    narrow = 255 * int(np.abs(w).sum(axis=1).max()) < 1 << 31
    scales = np.array(layer.inputs[1].quantisation.scales, np.float32)
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    return HybridSums(
        type="int32_t" if narrow else "int64_t",
        count=count,
        asymmetric=asymmetric,
        weight_sums=w.sum(axis=1).astype(np.int32 if narrow else np.int64) if asymmetric and folded else None,
        scales=scales[:1] if (scales == scales[0]).all() else scales,
        in_turn=in_turn,
        bias=bias.data.reshape(-1) if bias else None,
        low=low,
        high=high,
    )

"""Quantised sums of products with constant weights: bias, zero points, how wide to add up, and how to requantise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Layer, Scratch
from tools.sni.quantised import Requantisation, activation_bounds, requantisation, wide_requantisation

WIDEST = 1 << 46
"""Half of what a 64-bit sum may reach before it is scaled by a 15-bit multiplier; the products take the other half."""


@dataclass(frozen=True)
class Sums:
    """How a layer's template adds up and what it makes of the sums.

    type: C type of a sum. bias: what each starts from, one for each output. wraps: a sum must be cut to 32 bits before
    it is requantised, because TFLM adds modulo 2^32 there and these sums can leave that range.
    """

    type: str
    bias: np.ndarray
    wraps: bool
    q: Requantisation

    is_real = False
    """Whether the sums become floats, as those of tools/sni/hybrid.py."""

    includes: tuple[str, ...] = ()
    scratch: tuple[Scratch, ...] = ()

    @property
    def has_bias(self) -> bool:
        return bool(self.bias.any())

    def start(self, index: str) -> str:
        """C for where the sum of an output starts."""
        return f"bias[{index}]" if self.has_bias else "0"

    @property
    def constants(self) -> tuple[Constant, ...]:
        """The tables that the templates read: bias, multipliers, shifts, each only where it is needed."""
        tables = []
        if self.has_bias:
            tables.append(Constant("bias", self.bias, "[output], with what the zero point of the input adds up to"))
        if self.q.per_channel:
            multipliers = np.array([m.value for m in self.q.multipliers], np.int32)
            shifts = np.array([-m.shift for m in self.q.multipliers], np.int8)
            tables.append(Constant("multipliers", multipliers, "[output]"))
            tables.append(Constant("shifts", shifts, "[output], to the right"))
        return tuple(tables)

    @property
    def helpers(self) -> tuple[str, ...]:
        return self.q.helper.removeprefix("sni_"), "clamp"


def sums_of(layer: Layer, weights: np.ndarray, bias: Tensor | None, *, wide: bool, folded: bool) -> Sums:
    """The sums of a layer.

    weights: [outputs, products of one sum]. bias: constant or None. wide: TFLM adds up and requantises in 64 bits.
    folded: the kernel multiplies stored inputs, and what the zero point adds to every sum goes into the bias; otherwise
    it subtracts the zero point from each input itself, so that it may leave products out.
    """
    x, y = layer.input, layer.output
    assert x.quantisation is not None
    zero_point = x.quantisation.zero_point
    w = weights.astype(np.int64)
    start = bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(len(w), np.int64)
    low, high = x.dtype.bounds
    if folded:
        start = start - zero_point * w.sum(axis=1)
    else:
        low, high = low - zero_point, high - zero_point
    largest = np.abs(w).sum(axis=1) * max(-low, high) + np.abs(start)
    narrow = int(largest.max()) < 1 << 31
    clamp = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    factors = real_factors(layer, layer.inputs[1])
    q = wide_requantisation(factors, y, clamp) if wide else requantisation(factors, largest, y, clamp)
    return Sums(
        "int32_t" if narrow else "int64_t", start.astype(np.int32 if narrow else np.int64), not narrow and not wide, q
    )


def real_factors(layer: Layer, weights: Tensor) -> list[float]:
    """What turns sums into output steps, for the tensor or for each channel; TFLM multiplies and divides in double."""
    x, y = layer.input.quantisation, layer.output.quantisation
    return [x.scale * scale / y.scale for scale in weights.quantisation.scales]


def has_wide_sums(layer: Layer, bias: Tensor | None) -> bool:
    """Whether TFLM adds up and requantises in 64 bits: int16 activations without a 32-bit bias."""
    if layer.input.dtype is not DType.INT16:
        return False
    return bias.dtype is DType.INT64 if bias else layer.attribute("quantized_bias_type", "FLOAT32") != "INT32"


def bias_problems(bias: Tensor | None) -> Iterator[str]:
    """A constant 64-bit bias must leave room for the products."""
    if bias and bias.is_constant and bias.dtype is DType.INT64:
        largest = max(abs(int(bias.data.min())), abs(int(bias.data.max())))
        if largest >= WIDEST:
            yield f"needs a bias below 2^46, so that 64 bits hold a sum that is scaled; tensor {bias} has {largest}"


def narrow_weight_problems(x: Tensor, weights: Tensor, bias: Tensor | None) -> Iterator[str]:
    """float16 weights, and those of hybrid layers, are read from tables as a whole."""
    if weights.dtype is x.dtype or x.dtype is not DType.FLOAT32:
        return
    if not weights.is_constant or (bias and not bias.is_constant):
        yield f"needs constant weights and bias with {weights.dtype.value} weights; these are computed"
    elif weights.dtype is DType.FLOAT16 and not np.isfinite(weights.data).all():
        yield f"needs finite float16 weights; tensor {weights} has infinities or NaN"


def no_zero_point_problems(*tensors: Tensor) -> Iterator[str]:
    """For int16 where TFLM takes no notice of zero points."""
    for tensor in tensors:
        if tensor.quantisation and not tensor.quantisation.per_channel and tensor.quantisation.zero_point:
            yield f"needs int16 with zero point 0; tensor {tensor} has {tensor.quantisation.zero_point}"


def weight_quantisation_problems(weights: Tensor, axis: int) -> Iterator[str]:
    """Weights are symmetric, with one scale or one for each output; axis: which dimension counts the outputs."""
    quantisation, outputs = weights.quantisation, weights.shape[axis]
    if quantisation is None:
        yield f"needs quantised weights; tensor {weights} has no scale"
    elif any(quantisation.zero_points):
        yield f"needs weights with zero point 0; tensor {weights} has {quantisation.zero_points}"
    elif quantisation.per_channel and (quantisation.axis != axis or len(quantisation.scales) != outputs):
        yield f"needs one scale for each of {outputs} outputs; tensor {weights} has {quantisation}"

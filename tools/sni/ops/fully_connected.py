"""FULLY_CONNECTED: output[b, o] = activation(sum over i of input[b, i] * weights[o, i] + bias[o])."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import (
    ACTIVATIONS,
    INTEGER_ACTIVATIONS,
    Requantisation,
    activation_bounds,
    per_tensor_problems,
    requantisation,
    signature,
    wide_requantisation,
)

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT32, DType.INT64),
}
"""(input, weights) to the types its bias may have."""


@operator(
    "FULLY_CONNECTED",
    types=("float32", "int8", "int16x8"),
    inputs=(2, 3),
    limits="constant weights and bias; per-tensor or per-channel weights; NONE, RELU, RELU6, RELU_N1_TO_1",
)
def check(layer: Layer) -> Iterator[str]:
    x, weights, bias, y = layer.input, layer.inputs[1], layer.optional(2), layer.output
    bias_types = _TYPES.get((x.dtype, weights.dtype)) if weights else None
    if bias_types is None or y.dtype is not x.dtype or (bias and bias.dtype not in bias_types):
        yield (
            "takes float32, int8 with int8 weights and int32 bias, or int16 with int8 weights and int32 or int64 bias; "
            f"it has {signature((*layer.inputs, y))}"
        )
        return
    if not weights.is_constant or (bias and not bias.is_constant):
        yield "needs constant weights and bias; these are computed"
        return
    if len(weights.shape) != 2 or weights.shape[0] < 1 or weights.shape[1] < 1:
        yield f"needs weights of shape [outputs, inputs]; they are {list(weights.shape)}"
        return
    outputs, inputs = weights.shape
    if x.elements % inputs:
        yield f"cannot split an input of {x.elements} elements into rows of {inputs}"
    elif y.elements != x.elements // inputs * outputs or not y.shape or y.shape[-1] != outputs:
        yield f"makes {x.elements // inputs} rows of {outputs}; its output is {y}"
    if bias and bias.elements != outputs:
        yield f"needs one bias for each of {outputs} outputs; it has {bias.elements}"
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation not in ACTIVATIONS:
        yield f"has the fused activation {activation}; accepted: {', '.join(ACTIVATIONS)}"
    if layer.attribute("weights_format", 0) != 0:
        yield f"has weights in format {layer.attribute('weights_format', 0)}; accepted: 0 (row by row)"
    if x.dtype in INTEGER_ACTIVATIONS:
        yield from per_tensor_problems(x, y)
        yield from _weight_quantisation_problems(weights)


def _weight_quantisation_problems(weights: Tensor) -> Iterator[str]:
    quantisation = weights.quantisation
    if quantisation is None:
        yield f"needs quantised weights; tensor {weights} has no scale"
    elif any(quantisation.zero_points):
        yield f"needs weights with zero point 0; tensor {weights} has {quantisation.zero_points}"
    elif quantisation.per_channel and (quantisation.axis != 0 or len(quantisation.scales) != weights.shape[0]):
        yield f"needs one scale for each of {weights.shape[0]} outputs; tensor {weights} has {quantisation}"


@kernel("FULLY_CONNECTED", profile="c99")
def float32(layer: Layer) -> Kernel | None:
    """Blocks of outputs side by side: their sums stay in vector registers, each added up in the order TFLM does."""
    if layer.input.dtype is not DType.FLOAT32:
        return None
    weights, bias = layer.inputs[1], layer.optional(2)
    outputs, inputs = weights.shape
    # 32 sums are eight SSE or four AVX registers: enough to hide the latency of additions, few enough to stay there.
    block = min(32, outputs)
    whole = outputs // block * block
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    constants = [
        Constant(
            "weights",
            np.concatenate(
                [_interleaved(weights.data[:whole], block), _interleaved(weights.data[whole:], outputs - whole)]
            ),
            f"for each block of {block} outputs{f' and the last {outputs - whole}' if outputs > whole else ''}: "
            f"[{inputs} inputs][outputs of the block]",
        )
    ]
    if bias:
        constants.append(Constant("bias", bias.data.reshape(-1), "[output]"))
    return Kernel(
        name="fully_connected_float32_blocked",
        template="fully_connected_float32.c.j2",
        values={
            "rows": layer.input.elements // inputs,
            "inputs": inputs,
            "outputs": outputs,
            "blocks": [b for b in ((0, whole, block), (whole, outputs, outputs - whole)) if b[0] < b[1]],
            "has_bias": bias is not None,
            "low": low,
            "high": high,
        },
        constants=tuple(constants),
        helpers=("multiply_add",),
        includes=("math.h",),
        macs=layer.input.elements * outputs,
    )


def _interleaved(weights: np.ndarray, block: int) -> np.ndarray:
    """[outputs][inputs] as [outputs / block][inputs][block], flat."""
    if not weights.size:
        return weights.reshape(-1)
    return weights.reshape(-1, block, weights.shape[1]).transpose(0, 2, 1).reshape(-1)


@kernel("FULLY_CONNECTED", profile="c99")
def integer(layer: Layer) -> Kernel | None:
    """Four outputs at a time: each input is loaded and widened once for four products."""
    if layer.input.dtype not in INTEGER_ACTIVATIONS:
        return None
    x, weights, bias, y = layer.input, layer.inputs[1], layer.optional(2), layer.output
    outputs, inputs = weights.shape
    w = weights.data.astype(np.int64)
    given = bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(outputs, np.int64)
    # sum of (x - zero point) * w is sum of x * w plus a constant, which goes into the bias.
    folded = given - x.quantisation.zero_point * w.sum(axis=1)
    largest = np.abs(w).sum(axis=1) * -x.dtype.bounds[0] + np.abs(folded)
    wide = _has_wide_sums(layer)
    narrow_sums = int(largest.max()) < 1 << 31
    q = _requantisation(layer, largest, wide)
    constants = [
        Constant("weights", weights.data.reshape(-1), f"[{outputs} outputs][{inputs} inputs]"),
        Constant(
            "bias",
            folded.astype(np.int32 if narrow_sums else np.int64),
            "[output], with the input's zero point folded in",
        ),
    ]
    if q.per_channel:
        constants.append(Constant("multipliers", np.array([m.value for m in q.multipliers], np.int32), "[output]"))
        constants.append(
            Constant("shifts", np.array([-m.shift for m in q.multipliers], np.int8), "[output], to the right")
        )
    return Kernel(
        name=f"fully_connected_{x.dtype.value}_4_rows",
        template="fully_connected_int.c.j2",
        values={
            "rows": x.elements // inputs,
            "inputs": inputs,
            "outputs": outputs,
            "whole": outputs // 4 * 4,
            "sum_type": "int32_t" if narrow_sums else "int64_t",
            # TFLM adds modulo 2^32 where the sum has 32 bits; where tables can overflow, so do we, after the sum.
            "wraps": not narrow_sums and not wide,
            "q": q,
            "output_type": y.dtype.c,
        },
        constants=tuple(constants),
        helpers=(q.helper.removeprefix("sni_"), "clamp"),
        macs=x.elements * outputs,
    )


def _has_wide_sums(layer: Layer) -> bool:
    """Whether TFLM adds up and requantises this layer in 64 bits: int16 activations without a 32-bit bias."""
    bias = layer.optional(2)
    if layer.input.dtype is not DType.INT16:
        return False
    return bias.dtype is DType.INT64 if bias else layer.attribute("quantized_bias_type", "FLOAT32") != "INT32"


def _requantisation(layer: Layer, largest: np.ndarray, wide: bool) -> Requantisation:
    """TFLM multiplies and divides the scales in double: input * weights / output."""
    x, weights, y = layer.input.quantisation, layer.inputs[1].quantisation, layer.output.quantisation
    reals = [x.scale * scale / y.scale for scale in weights.scales]
    clamp = activation_bounds(layer.output, layer.attribute("fused_activation_function", "NONE"))
    return (
        wide_requantisation(reals, layer.output, clamp) if wide else requantisation(reals, largest, layer.output, clamp)
    )

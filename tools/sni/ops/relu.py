"""RELU and RELU6: the input, not below 0 (and not above 6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import loop, same_type_problems
from tools.sni.emit.literals import clamped_float, plus
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import float32
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, quantise_value, requantisation

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16)


@operator("RELU", types=("float32", "int8", "int16x8"))
def check_relu(layer: Layer) -> Iterator[str]:
    yield from same_type_problems(layer, *_TYPES)


@operator("RELU6", types=("float32", "int8", "int16x8"), limits="input and output quantised alike")
def check_relu6(layer: Layer) -> Iterator[str]:
    yield from same_type_problems(layer, *_TYPES)
    # TFLM copies the quantised value without looking at the output's scale; where they differ its result is wrong.
    if layer.input.dtype is not DType.FLOAT32 and layer.input.quantisation != layer.output.quantisation:
        x, y = layer.input.quantisation, layer.output.quantisation
        yield f"needs the same scale and zero point on both sides; it has {x} and {y}"


@kernel("RELU", profile="c99")
def relu(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    if x.dtype is DType.FLOAT32:
        return loop(layer, "relu_float32", clamped_float("input[i]", 0.0, None))
    # TFLM divides the scales in float before it makes them a multiplier.
    real = float32(np.float32(x.quantisation.scale) / np.float32(y.quantisation.scale))
    low, high = y.dtype.bounds
    low = max(low, quantise_value(0.0, y))
    if real == 1.0:
        offset = y.quantisation.zero_point - x.quantisation.zero_point
        return loop(
            layer, f"relu_{x.dtype.value}", f"sni_clamp(input[i]{plus(offset)}, {low}, {high})", helpers=("clamp",)
        )
    q = requantisation([real], largest_difference(x), y, (low, high))
    scaled = f"{q.helper}(input[i]{plus(-x.quantisation.zero_point)}, {q.multiplier}, {q.shift}){plus(q.zero_point)}"
    helpers = (q.helper.removeprefix("sni_"), "clamp")
    return loop(layer, f"relu_{x.dtype.value}_rescaled", f"sni_clamp({scaled}, {low}, {high})", helpers=helpers)


@kernel("RELU6", profile="c99")
def relu6(layer: Layer) -> Kernel:
    x = layer.input
    if x.dtype is DType.FLOAT32:
        return loop(layer, "relu6_float32", clamped_float("input[i]", 0.0, 6.0))
    low, high = x.quantisation.zero_point, min(x.dtype.bounds[1], quantise_value(6.0, x))
    return loop(layer, f"relu6_{x.dtype.value}", f"sni_clamp(input[i], {low}, {high})", helpers=("clamp",))

"""RELU, RELU6 and RELU_N1_TO_1: the input, not below 0 (and not above 6), or between -1 and 1."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.elementwise import loop, same_type_problems
from tools.sni.emit.literals import clamped_float, plus
from tools.sni.ir import DType
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


@operator("RELU_N1_TO_1", types=("float32", "int8", "int16x8"), limits="TFLM lacks it, so the model is LiteRT's")
def check_relu_n1_to_1(layer: Layer) -> Iterator[str]:
    yield from same_type_problems(layer, *_TYPES)


@kernel("RELU", profile="c99")
def relu(layer: Layer) -> Kernel:
    return _held(layer, "relu", 0.0, None)


@kernel("RELU_N1_TO_1", profile="c99")
def relu_n1_to_1(layer: Layer) -> Kernel:
    return _held(layer, "relu_n1_to_1", -1.0, 1.0)


def _held(layer: Layer, name: str, lower: float, upper: float | None) -> Kernel:
    """Brought to the output's quantisation and held between real bounds."""
    x, y = layer.input, layer.output
    name = f"{name}_{x.dtype.value}"
    if x.dtype is DType.FLOAT32:
        return loop(layer, name, clamped_float("input[i]", lower, upper))
    real = x.quantisation.scale / y.quantisation.scale
    low, high = y.dtype.bounds
    low = max(low, quantise_value(lower, y))
    high = high if upper is None else min(high, quantise_value(upper, y))
    if real == 1.0:
        offset = y.quantisation.zero_point - x.quantisation.zero_point
        return loop(layer, name, f"sni_clamp(input[i]{plus(offset)}, {low}, {high})", helpers=("clamp",))
    q = requantisation([real], largest_difference(x), y, (low, high))
    scaled = f"{q.helper}(input[i]{plus(-x.quantisation.zero_point)}, {q.multiplier}, {q.shift}){plus(q.zero_point)}"
    helpers = (q.helper.removeprefix("sni_"), "clamp")
    return loop(layer, f"{name}_rescaled", f"sni_clamp({scaled}, {low}, {high})", helpers=helpers)


@kernel("RELU6", profile="c99")
def relu6(layer: Layer) -> Kernel:
    x = layer.input
    if x.dtype is DType.FLOAT32:
        return loop(layer, "relu6_float32", clamped_float("input[i]", 0.0, 6.0))
    low, high = x.quantisation.zero_point, min(x.dtype.bounds[1], quantise_value(6.0, x))
    return loop(layer, f"relu6_{x.dtype.value}", f"sni_clamp(input[i], {low}, {high})", helpers=("clamp",))

"""DIV: the quotient of two inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.arithmetic import activation_problems, float_kernel, integer_kernel, operand_problems, quantised_result
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import quantise_multiplier
from tools.sni.operators import Kernel, Layer, kernel, operator

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT32)
_LEAST_HEADROOM = 23
"""Bits above the highest set one of a difference of two int8, without the sign."""


@operator(
    "DIV",
    types=tuple(t.value for t in _TYPES),
    inputs=(2, 2),
    limits="broadcasts; by zero: int8 saturates, int32 gives 0",
)
def check(layer: Layer) -> Iterator[str]:
    found = [*operand_problems(layer, *_TYPES), *activation_problems(layer)]
    yield from found
    if not found and layer.output.dtype is DType.INT8 and quantise_multiplier(_factor(layer)).shift > _LEAST_HEADROOM:
        yield f"would multiply the quotient by {_factor(layer):.6g}; at most 2^{_LEAST_HEADROOM} is possible"


def _factor(layer: Layer) -> float:
    a, b, y = (tensor.quantisation.scale for tensor in (*layer.inputs, layer.output))
    return a / (b * y)


@kernel("DIV", profile="c99")
def div(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    name = f"div_{dtype.value}"
    if dtype is DType.FLOAT32:
        return float_kernel(layer, name, "/")
    if dtype is DType.INT32:
        return integer_kernel(layer, name, lambda a, b: Element(f"sni_divide_int32({a}, {b})"))
    multiplier = quantise_multiplier(_factor(layer))

    def element(a: Operand, b: Operand) -> Element:
        quotient = f"sni_divide({a.difference()}, {b.difference()}, {multiplier.value}, {-multiplier.shift})"
        return replace(quantised_result(layer, "y"), lines=(f"const int32_t y = {quotient};",))

    return broadcast(layer, name, element)

"""SQUARED_DIFFERENCE: (a - b)^2."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tools.sni.arithmetic import operand_problems, quantised_result, rescaled
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, largest_difference, symmetric_problems
from tools.sni.rescaling import Rescaling, factor_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32)
_HEADROOM = {DType.INT8: 7, DType.INT16: 0}
"""Bits by which TFLM shifts the inputs up: the square of a shifted difference still fits 32 bits."""


@operator(
    "SQUARED_DIFFERENCE",
    types=tuple(t.value for t in _TYPES),
    inputs=(2, 2),
    limits="broadcasts; int16 with zero points of 0",
)
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, *_TYPES))
    yield from found
    if not found and layer.output.dtype in INTEGER_ACTIVATIONS:
        yield from symmetric_problems(*layer.inputs, layer.output)
        yield from factor_problems("the square", _rescalings(layer)[2].real)


def _rescalings(layer: Layer) -> tuple[Rescaling, Rescaling, Rescaling]:
    """Of the two inputs to twice the larger of their scales, and of the square to the output's scale."""
    a, b, y = (tensor.quantisation.scale for tensor in (*layer.inputs, layer.output))
    left = _HEADROOM[layer.output.dtype]
    twice = 2 * max(a, b)
    bounds = [int(largest_difference(tensor)[0]) for tensor in layer.inputs]
    difference = sum(((bound << left) + 1) // 2 for bound in bounds)
    return (
        Rescaling(a / twice, bounds[0], left),
        Rescaling(b / twice, bounds[1], left),
        Rescaling(twice * twice / ((1 << 2 * left) * y), difference * difference),
    )


@kernel("SQUARED_DIFFERENCE", profile="c99")
def squared_difference(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    element = {DType.FLOAT32: _float32, DType.INT32: _int32}.get(dtype) or _quantised(layer)
    return broadcast(layer, f"squared_difference_{dtype.value}", element)


def _float32(a: Operand, b: Operand) -> Element:
    return Element("difference * difference", lines=(f"const float difference = {a} - {b};",))


def _int32(a: Operand, b: Operand) -> Element:
    """Modulo 2^32, as TFLM's."""
    difference = f"const uint32_t difference = (uint32_t){a} - (uint32_t){b};"
    return Element("(int32_t)(difference * difference)", lines=(difference,))


def _quantised(layer: Layer) -> Callable[[Operand, Operand], Element]:
    *inputs, square = _rescalings(layer)

    def element(a: Operand, b: Operand) -> Element:
        lines = (
            f"const int32_t a = {rescaled(a, inputs[0], layer)};",
            f"const int32_t b = {rescaled(b, inputs[1], layer)};",
            f"const int32_t y = {square.expression('(a - b) * (a - b)')};",
        )
        return replace(quantised_result(layer, "y"), lines=lines)

    return element

"""ADD_N: the sum of any number of inputs of one shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.arithmetic import operand_problems, quantised_result
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import factor, plus
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, same_quantisation_problems
from tools.sni.rescaling import Rescaling

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT32)
_MOST = 256
_HEADROOM = 20
"""Bits by which TFLM shifts int8 up. Its factor of 1/2 takes one of them back."""


@operator(
    "ADD_N",
    types=tuple(t.value for t in _TYPES),
    inputs=(2, _MOST),
    limits="int8 of one quantisation, as many as cannot overflow: 15, or up to 30 with a zero point near 0",
)
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, *_TYPES))
    yield from found
    if found:
        return
    shapes = {tensor.shape for tensor in (*layer.inputs, layer.output)}
    if len(shapes) > 1:
        yield f"adds inputs of one shape; it has {' and '.join(str(list(shape)) for shape in sorted(shapes))}"
    if layer.output.dtype is not DType.INT8:
        return
    yield from same_quantisation_problems(*layer.inputs)
    total = _rescaling(layer)
    if total.bound >= 1 << 31:
        yield f"adds up at most {len(layer.inputs) * ((1 << 31) - 1) // total.bound} such inputs without overflow"
    if total.real >= 1:
        x, y = layer.input.quantisation, layer.output.quantisation
        yield f"needs an output scale of more than 2^-{_HEADROOM - 1} of the input's; it has {x} and {y}"


def _rescaling(layer: Layer) -> Rescaling:
    """Of the shifted sum to the output's scale."""
    bound = int(largest_difference(layer.input)[0]) * len(layer.inputs) + abs(layer.input.quantisation.zero_point)
    real = 2 * layer.input.quantisation.scale / ((1 << _HEADROOM) * layer.output.quantisation.scale)
    return Rescaling(real, bound << (_HEADROOM - 1))


@kernel("ADD_N", profile="c99")
def add_n(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    name = f"add_n_{dtype.value}"
    if dtype is DType.FLOAT32:
        return broadcast(layer, name, lambda *terms: Element(" + ".join(map(str, terms))))
    if dtype is DType.INT32:
        return broadcast(layer, name, _wrapping_sum)
    total = _rescaling(layer)

    def element(*terms: Operand) -> Element:
        # TFLM's sum begins with minus the zero point, not with 0, so the zero point is subtracted once too often.
        offset = plus(-(len(terms) + 1) * layer.input.quantisation.zero_point)
        lines = (
            f"const int32_t sum = {' + '.join(map(str, terms))}{offset};",
            f"const int32_t y = {total.expression(f'sum * {1 << (_HEADROOM - 1)}')};",
        )
        return replace(quantised_result(layer, "y"), lines=lines)

    return broadcast(layer, name, element)


def _wrapping_sum(*terms: Operand) -> Element:
    """Modulo 2^32: signed C must not overflow."""
    return Element(f"(int32_t)({' + '.join(f'(uint32_t){factor(str(term))}' for term in terms)})")

"""What the arithmetic operators of two inputs share: the checks, and the fused activation of each type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tools.sni.broadcast import Element, Operand, broadcast, broadcast_problems
from tools.sni.emit.literals import c_float, c_integer, plus
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer
from tools.sni.quantised import ACTIVATIONS, activation_bounds, per_tensor_problems, signature
from tools.sni.rescaling import Rescaling

_LARGEST_FLOAT = 3.4028234663852886e38


def operand_problems(layer: Layer, *types: DType) -> Iterator[str]:
    """Two inputs and an output of one type of `types`, shapes that broadcast, integers quantised per tensor."""
    tensors = [tensor for tensor in (*layer.inputs, layer.output) if tensor is not None]
    if len({tensor.dtype for tensor in tensors}) > 1 or tensors[0].dtype not in types:
        yield f"takes and makes one of {', '.join(t.value for t in types)}; it has {signature(tensors)}"
        return
    yield from broadcast_problems(tensors[:-1], layer.output)
    yield from per_tensor_problems(*tensors)


def activation_problems(layer: Layer) -> Iterator[str]:
    """The fused activation must be one that only clamps."""
    activation = _activation(layer)
    if activation not in ACTIVATIONS:
        yield f"has the fused activation {activation}; accepted: {', '.join(ACTIVATIONS)}"


def _activation(layer: Layer) -> str:
    return str(layer.attribute("fused_activation_function", "NONE"))


def float_kernel(layer: Layer, name: str, operator: str) -> Kernel:
    """`a operator b` in float, held between `float_bounds`."""

    def element(a: Operand, b: Operand) -> Element:
        result = f"{a} {operator} {b}"
        if ACTIVATIONS[_activation(layer)] == (None, None):
            return Element(f"sni_finite({result})")
        return Element(f"sni_clamp_float({result}, {', '.join(float_bounds(layer))})")

    return broadcast(layer, name, element)


def float_bounds(layer: Layer) -> tuple[str, str]:
    """C for the smallest and the largest result. Never infinite, as in TFLM: without a bound the largest float."""
    low, high = ACTIVATIONS[_activation(layer)]
    return c_float(-_LARGEST_FLOAT if low is None else low), c_float(_LARGEST_FLOAT if high is None else high)


def integer_kernel(layer: Layer, name: str, element: Callable[..., Element]) -> Kernel:
    """`element` of plain integers, which gives an unclamped result of the output's type, and the fused activation."""
    low, high = (None if bound is None else int(bound) for bound in ACTIVATIONS[_activation(layer)])
    dtype = layer.output.dtype.numpy

    def activated(a: Operand, b: Operand) -> Element:
        made = element(a, b)
        if low is None and high is None:
            return made
        result = "y"
        if high is not None:
            result = f"(y > {c_integer(high, dtype)} ? {c_integer(high, dtype)} : y)"
        if low is not None:
            result = f"y < {c_integer(low, dtype)} ? {c_integer(low, dtype)} : {result}"
        lines = (*made.lines, f"const {layer.output.dtype.c} y = {made.expression};")
        return replace(made, expression=result, lines=lines)

    return broadcast(layer, name, activated)


def wrapping(a: Operand, operator: str, b: Operand) -> Element:
    """`a operator b` modulo 2^32 or 2^64, as TFLM's int32 and int64 behave; signed C must not overflow."""
    unsigned = f"u{a.tensor.dtype.c}"
    return Element(f"({a.tensor.dtype.c})(({unsigned}){a} {operator} ({unsigned}){b})")


def quantised_result(layer: Layer, value: str) -> Element:
    """The last step of a quantised element: zero point, and the clamp of type and activation. value: an int32_t."""
    low, high = activation_bounds(layer.output, _activation(layer))
    assert layer.output.quantisation is not None
    zero_point = plus(layer.output.quantisation.zero_point)
    return Element(f"sni_clamp({value}{zero_point}, {low}, {high})", wide=True)


def rescaled(operand: Operand, rescaling: Rescaling, layer: Layer) -> str:
    """An operand's difference from its zero point on another scale: C for an int32_t, a number if that is known."""
    difference = operand.difference()
    if operand.scalar is None:
        return rescaling.expression(difference)
    return str(int(rescaling.of(int(difference), layer.options.rounding)))

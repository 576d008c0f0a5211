"""MUL: the product of two inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.arithmetic import (
    activation_problems,
    float_kernel,
    integer_kernel,
    operand_problems,
    quantised_result,
    wrapping,
)
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import factor
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, largest_difference, symmetric_problems
from tools.sni.rescaling import Rescaling, factor_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.INT64)


@operator("MUL", types=tuple(t.value for t in _TYPES), inputs=(2, 2), limits="broadcasts; int16 with zero points of 0")
def check(layer: Layer) -> Iterator[str]:
    found = [*operand_problems(layer, *_TYPES), *activation_problems(layer)]
    yield from found
    if not found and layer.output.dtype in INTEGER_ACTIVATIONS:
        yield from symmetric_problems(*layer.inputs, layer.output)
        yield from factor_problems("the product", _factor(layer))


def _factor(layer: Layer) -> float:
    a, b, y = (tensor.quantisation.scale for tensor in (*layer.inputs, layer.output))
    return a * b / y


@kernel("MUL", profile="c99")
def mul(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    name = f"mul_{dtype.value}"
    if dtype is DType.FLOAT32:
        return float_kernel(layer, name, "*")
    if dtype not in INTEGER_ACTIVATIONS:
        return integer_kernel(layer, name, lambda a, b: wrapping(a, "*", b))
    bound = int(largest_difference(layer.inputs[0])[0]) * int(largest_difference(layer.inputs[1])[0])
    rescaling = Rescaling(_factor(layer), bound)

    def element(a: Operand, b: Operand) -> Element:
        product = f"{factor(a.difference())} * {factor(b.difference())}"
        return replace(quantised_result(layer, "y"), lines=(f"const int32_t y = {rescaling.expression(product)};",))

    return broadcast(layer, name, element)

"""PRELU: x where it is not negative, else alpha * x, with an alpha that broadcasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.arithmetic import quantised_result
from tools.sni.broadcast import Element, Operand, broadcast, broadcast_problems
from tools.sni.emit.literals import factor
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, largest_difference, per_tensor_problems, signature
from tools.sni.rescaling import Rescaling, factor_problems

_ALPHAS = {DType.FLOAT32: DType.FLOAT32, DType.INT8: DType.INT8, DType.INT16: DType.INT8}
"""The type of alpha for each type of input."""


@operator("PRELU", types=("float32", "int8", "int16x8"), inputs=(2, 2), limits="alpha broadcasts, constant or computed")
def check(layer: Layer) -> Iterator[str]:
    x, alpha = layer.inputs
    y = layer.output
    if _ALPHAS.get(x.dtype) is not alpha.dtype or y.dtype is not x.dtype:
        yield f"takes float32, int8 or int16 with an int8 alpha; it has {signature((x, alpha, y))}"
        return
    found = [*broadcast_problems((x, alpha), y), *per_tensor_problems(x, alpha, y)]
    yield from found
    if not found and x.dtype in INTEGER_ACTIVATIONS:
        positive, negative = _rescalings(layer)
        yield from factor_problems("the positive side", positive.real)
        yield from factor_problems("the negative side", negative.real)


def _rescalings(layer: Layer) -> tuple[Rescaling, Rescaling]:
    """Of x, and of x * alpha."""
    (x, alpha), y = layer.inputs, layer.output
    bounds = [int(largest_difference(tensor)[0]) for tensor in (x, alpha)]
    real = x.quantisation.scale / y.quantisation.scale
    product = x.quantisation.scale * alpha.quantisation.scale / y.quantisation.scale
    return Rescaling(real, bounds[0]), Rescaling(product, bounds[0] * bounds[1])


@kernel("PRELU", profile="c99")
def prelu(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    name = f"prelu_{dtype.value}"
    if dtype is DType.FLOAT32:
        return broadcast(
            layer, name, lambda x, a: Element(f"{x} >= 0.0f ? {x} : {x} * {a}"), names=("constants", "alpha")
        )
    positive, negative = _rescalings(layer)

    def element(x: Operand, alpha: Operand) -> Element:
        lines = (
            f"const int32_t x = {x.difference()};",
            f"const int32_t y = x >= 0 ? {positive.expression('x')}",
            f"                         : {negative.expression(f'x * {factor(alpha.difference())}')};",
        )
        return replace(quantised_result(layer, "y"), lines=lines)

    return broadcast(layer, name, element, names=("constants", "alpha"))

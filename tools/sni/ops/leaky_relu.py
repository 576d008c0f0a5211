"""LEAKY_RELU: x where it is positive, else alpha * x."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import operand_problems, quantised_result
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.elementwise import INT8_INPUTS, table
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import float32
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, largest_difference
from tools.sni.rescaling import Rescaling, factor_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16)


@operator("LEAKY_RELU", types=tuple(t.value for t in _TYPES))
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, *_TYPES))
    yield from found
    if not found and layer.output.dtype in INTEGER_ACTIVATIONS:
        yield from factor_problems("the positive side", _rescalings(layer)[0].real)
        yield from factor_problems("the negative side", _rescalings(layer)[1].real)


def _alpha(layer: Layer) -> float:
    return float32(float(layer.attribute("alpha", 0.0)))


def _rescalings(layer: Layer) -> tuple[Rescaling, Rescaling]:
    """Of the positive side, and of the negative side's magnitude."""
    x, y = (tensor.quantisation.scale for tensor in (layer.input, layer.output))
    bound = int(largest_difference(layer.input)[0])
    return Rescaling(x / y, bound), Rescaling(abs(x * _alpha(layer) / y), bound)


@kernel("LEAKY_RELU", profile="c99")
def leaky_relu(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    if dtype is DType.FLOAT32:
        alpha = c_float(_alpha(layer))
        return broadcast(layer, "leaky_relu_float32", lambda x: Element(f"{x} > 0.0f ? {x} : {x} * {alpha}"))
    positive, negative = _rescalings(layer)
    sign = -1 if _alpha(layer) < 0 else 1
    zero_point, rounding = layer.input.quantisation.zero_point, layer.options.rounding
    if dtype is DType.INT8:
        x = INT8_INPUTS - zero_point
        outputs = np.where(x >= 0, positive.of(x, rounding), sign * negative.of(x, rounding))
        outputs = outputs + layer.output.quantisation.zero_point
        return table(layer, "leaky_relu_int8_table", np.clip(outputs, -128, 127))

    def element(x: Operand) -> Element:
        scaled = f"{'-' if sign < 0 else ''}{negative.expression('x')}"
        lines = (
            f"const int32_t x = {x}{plus(-zero_point)};",
            f"const int32_t y = x >= 0 ? {positive.expression('x')} : {scaled};",
        )
        made = quantised_result(layer, "y")
        return Element(made.expression, wide=True, lines=lines)

    return broadcast(layer, "leaky_relu_int16", element)

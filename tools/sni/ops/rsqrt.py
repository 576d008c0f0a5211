"""RSQRT: 1 / sqrt(x) of each element."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tools.sni.arithmetic import operand_problems, quantised_result
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.elementwise import INT8_INPUTS, table
from tools.sni.ir import DType
from tools.sni.numerics.inverse_square_root import inverse_square_root
from tools.sni.numerics.multiplier import Multiplier, multiply, quantise_multiplier
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, symmetric_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16)
_FRACTION = 20
"""Bits of fraction that the root has before it is brought to the output's scale."""
_SHIFTS = (_FRACTION - 31, _FRACTION + 10)


@operator(
    "RSQRT",
    types=tuple(t.value for t in _TYPES),
    limits="int16 with zero points of 0; integers that stand for 0 or less give the largest output",
)
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, *_TYPES))
    yield from found
    if found or layer.output.dtype not in INTEGER_ACTIVATIONS:
        return
    yield from symmetric_problems(layer.input, layer.output)
    low, high = _SHIFTS
    if not low <= _multiplier(layer).shift <= high:
        yield (
            "needs sqrt(input scale) * output scale between "
            f"2^{-high} and 2^{-low}; it has {layer.input.quantisation} and {layer.output.quantisation}"
        )


def _multiplier(layer: Layer) -> Multiplier:
    x, y = (tensor.quantisation.scale for tensor in (layer.input, layer.output))
    return quantise_multiplier(1 / (math.sqrt(x) * y))


@kernel("RSQRT", profile="c99")
def rsqrt(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    if dtype is DType.FLOAT32:
        return broadcast(layer, "rsqrt_float32", lambda x: Element(f"1.0f / sqrtf({x})", includes=("math.h",)))
    multiplier = _multiplier(layer)
    if dtype is DType.INT8:
        return table(layer, "rsqrt_int8_table", _int8_outputs(layer, multiplier))

    def element(x: Operand) -> Element:
        lines = (
            "int32_t shift;",
            f"const int32_t inverse = sni_inverse_square_root({x}, &shift);",
            f"const int32_t root = sni_requantise_any(1, inverse, shift - {_FRACTION});",
            f"const int32_t y = sni_requantise_any(root, {multiplier.value}, {_FRACTION - multiplier.shift});",
        )
        made = quantised_result(layer, "y")
        return replace(made, expression=f"{x} > 0 ? {made.expression} : {dtype.bounds[1]}", lines=lines)

    return broadcast(layer, "rsqrt_int16", element)


def _int8_outputs(layer: Layer, multiplier: Multiplier) -> np.ndarray:
    rounding = layer.options.rounding
    outputs = []
    for difference in (INT8_INPUTS - layer.input.quantisation.zero_point).tolist():
        if difference <= 0:
            outputs.append(127)
            continue
        inverse = inverse_square_root(difference)
        root = multiply(1, Multiplier(inverse.value, inverse.shift + _FRACTION), rounding)
        scaled = multiply(root, Multiplier(multiplier.value, multiplier.shift - _FRACTION), rounding)
        outputs.append(int(scaled) + layer.output.quantisation.zero_point)
    return np.clip(outputs, -128, 127)

"""TANH: the hyperbolic tangent of each element."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import INT8_INPUTS, loop, same_type_problems, table
from tools.sni.ir import DType
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import multiply, rounding_divide_by_power_of_two
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.sigmoid import fixed_point_input, interpolated, interpolation_problems


@operator("TANH", types=("float32", "int8", "int16x8"))
def check(layer: Layer) -> Iterator[str]:
    yield from same_type_problems(layer, DType.FLOAT32, DType.INT8, DType.INT16)
    yield from interpolation_problems(layer)


@kernel("TANH", profile="c99")
def tanh(layer: Layer) -> Kernel:
    if layer.input.dtype is DType.FLOAT32:
        return loop(layer, "tanh_float32", "tanhf(input[i])", includes=("math.h",))
    if layer.input.dtype is DType.INT16:
        return interpolated(layer, "tanh")
    multiplier, radius = fixed_point_input(layer.input.quantisation.scale)
    difference = INT8_INPUTS - layer.input.quantisation.zero_point
    inside = multiply(np.clip(difference, 1 - radius, radius - 1), multiplier, layer.options.rounding)
    result = rounding_divide_by_power_of_two(fixed_point.tanh(inside, 4), 24)
    saturated = np.where(difference <= -radius, -128, np.where(difference >= radius, 127, result))
    return table(layer, "tanh_int8_table", np.clip(saturated, -128, 127))

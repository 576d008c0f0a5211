"""LOGISTIC: 1 / (1 + exp(-x)) of each element."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import IN_PLACE, INT8_INPUTS, same_type_problems, table
from tools.sni.ir import DType
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import multiply, rounding_divide_by_power_of_two
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.sigmoid import fixed_point_input, interpolated, interpolation_problems


@operator("LOGISTIC", types=("float32", "int8", "int16x8"), limits="int8 output with zero point -128")
def check(layer: Layer) -> Iterator[str]:
    yield from same_type_problems(layer, DType.FLOAT32, DType.INT8, DType.INT16)
    yield from interpolation_problems(layer)
    q = layer.output.quantisation
    if layer.output.dtype is DType.INT8 and q and not q.per_channel and q.zero_point != -128:
        yield f"makes an int8 output with zero point -128 and scale 1/256; it has {q}"


@kernel("LOGISTIC", profile="c99")
def logistic(layer: Layer) -> Kernel:
    if layer.input.dtype is DType.FLOAT32:
        values = {"elements": layer.output.elements}
        return Kernel("logistic_float32", "logistic_float32.c.j2", values, includes=("math.h",), in_place=IN_PLACE)
    if layer.input.dtype is DType.INT16:
        return interpolated(layer, "logistic")
    multiplier, radius = fixed_point_input(layer.input.quantisation.scale)
    difference = INT8_INPUTS - layer.input.quantisation.zero_point
    inside = multiply(np.clip(difference, 1 - radius, radius - 1), multiplier, layer.options.rounding)
    result = rounding_divide_by_power_of_two(fixed_point.logistic(inside, 4), 23) - 128
    saturated = np.where(difference <= -radius, -128, np.where(difference >= radius, 127, result))
    return table(layer, "logistic_int8_table", np.clip(saturated, -128, 127))

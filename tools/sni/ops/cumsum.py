"""CUMSUM: each element the sum of those before it along an axis, with itself or without."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tools.sni.elementwise import IN_PLACE
from tools.sni.emit.literals import plus
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import quantise_multiplier
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature
from tools.sni.shape_inputs import axis_problems, constant_problems, integers, made_shape_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT32, DType.INT64)
_SHIFT = 20
"""Bits by which TFLM moves int8 values to the left before it adds them up."""


@operator(
    "CUMSUM",
    types=tuple(t.value for t in _TYPES),
    inputs=(2, 2),
    limits="constant axis; int8 output scale above 2^-19 of the input's",
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.dtype not in _TYPES or x.is_constant:
        yield f"takes and makes one of {', '.join(t.value for t in _TYPES)}, computed; it has {signature((x, y))}"
        return
    yield from made_shape_problems(y, x.shape)
    problems = list(constant_problems(layer, 1, "axis", elements=1))
    yield from problems or axis_problems(integers(layer.inputs[1])[0], len(x.shape))
    if x.dtype is DType.INT8:
        problems = list(per_tensor_problems(x, y))
        yield from problems
        if not problems and _factor(layer) >= 1:
            yield f"needs an output scale above 2^-19 of the input's; it has {y.quantisation} from {x.quantisation}"


def _factor(layer: Layer) -> float:
    twice = 2 * layer.input.quantisation.scale
    return twice / ((1 << _SHIFT) * layer.output.quantisation.scale)


@kernel("CUMSUM", profile="c99")
def cumsum(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    axis = integers(layer.inputs[1])[0] % len(x.shape)
    values = {
        "outer": math.prod(x.shape[:axis]),
        "count": x.shape[axis],
        "inner": math.prod(x.shape[axis + 1 :]),
        "reverse": bool(layer.attribute("reverse", False)),
        "exclusive": bool(layer.attribute("exclusive", False)),
        "type": x.dtype.c,
        "sum_type": x.dtype.c,
        "initial": "0.0f",
        "term": "x",
        "scaled": None,
        "result": "sum",
    }
    if x.dtype is DType.FLOAT32:
        return Kernel("cumsum_float32", "cumsum.c.j2", values, in_place=IN_PLACE)
    if x.dtype is not DType.INT8:
        unsigned = f"u{x.dtype.c}"
        # Sums wrap round, as in TFLM.
        values |= {"sum_type": unsigned, "initial": "0", "term": f"({unsigned})x", "result": f"({x.dtype.c})sum"}
        return Kernel(f"cumsum_{x.dtype.value}", "cumsum.c.j2", values, in_place=IN_PLACE)
    zero, to = x.quantisation.zero_point, y.quantisation.zero_point
    m = quantise_multiplier(_factor(layer))
    # TFLM adds up halves of values moved by 20 bits, modulo 2^32, and starts from the zero point's own, not from 0.
    moved = f"(int32_t)((uint32_t)sum << {_SHIFT - 1})"
    values |= {
        "sum_type": "int32_t",
        "initial": str(-zero),
        "term": f"x{plus(-zero)}",
        "scaled": f"sni_requantise_any({moved}, {m.value}, {-m.shift})",
        "result": f"(int8_t)(sni_clamp(y, {-128 - to}, {127 - to}){plus(to)})",
    }
    return Kernel("cumsum_int8", "cumsum.c.j2", values, helpers=("requantise_any", "clamp"), in_place=IN_PLACE)

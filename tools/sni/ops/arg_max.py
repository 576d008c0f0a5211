"""ARG_MAX and ARG_MIN: where the largest or smallest element along an axis stands, the first of equals."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import axis_problems, constant_problems, integers, made_shape_problems
from tools.sni.strided_copy import data_input

_TYPES = (DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64)
_NAMES = tuple(t.value for t in _TYPES)


@operator("ARG_MAX", types=_NAMES, inputs=(2, 2), limits="constant axis; makes int32 or int64")
@operator("ARG_MIN", types=_NAMES, inputs=(2, 2), limits="constant axis; makes int32 or int64")
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype not in _TYPES:
        yield f"takes {', '.join(_NAMES)}; it has {x}"
    if y.dtype not in (DType.INT32, DType.INT64):
        yield f"makes int32 or int64; its output is {y}"
    problems = list(constant_problems(layer, 1, "axis", elements=1))
    if not problems:
        (axis,) = integers(layer.inputs[1])
        problems += axis_problems(axis, len(x.shape))
    if 0 in x.shape:
        problems.append(f"needs at least one element along each dimension; it has {x}")
    yield from problems
    if not problems:
        axis %= len(x.shape)
        yield from made_shape_problems(y, (*x.shape[:axis], *x.shape[axis + 1 :]))


@kernel("ARG_MAX", profile="c99")
def arg_max(layer: Layer) -> Kernel:
    return _extreme(layer, "arg_max", ">")


@kernel("ARG_MIN", profile="c99")
def arg_min(layer: Layer) -> Kernel:
    return _extreme(layer, "arg_min", "<")


def _extreme(layer: Layer, name: str, better: str) -> Kernel:
    x = layer.input
    source, constants = data_input(layer, 0)
    axis = integers(layer.inputs[1])[0] % len(x.shape)
    return Kernel(
        f"{name}_{x.dtype.value}",
        "arg_max.c.j2",
        {
            "input": source,
            "outer": math.prod(x.shape[:axis]),
            "count": x.shape[axis],
            "inner": math.prod(x.shape[axis + 1 :]),
            "type": x.dtype.c,
            "better": better,
        },
        constants,
    )

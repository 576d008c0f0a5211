"""SQUEEZE and EXPAND_DIMS: an array without, or with more, dimensions of one element. No code: a view of the input."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    axis_problems,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import copied


@operator("SQUEEZE", types=MOVABLE_TYPES)
def check_squeeze(layer: Layer) -> Iterator[str]:
    x, rank = layer.input, len(layer.input.shape)
    yield from moved_type_problems((x, layer.output))
    dropped = layer.attribute("squeeze_dims", ())
    problems = [problem for axis in dropped for problem in axis_problems(axis, rank)]
    problems = problems or [
        f"drops axis {axis}, which has {x.shape[axis]} elements in {x}; accepted: axes of 1"
        for axis in dropped
        if x.shape[axis] != 1
    ]
    yield from problems
    if not problems:
        axes = {axis % rank for axis in dropped} or {i for i, count in enumerate(x.shape) if count == 1}
        yield from made_shape_problems(layer.output, [n for i, n in enumerate(x.shape) if i not in axes])


@operator("EXPAND_DIMS", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant axis")
def check_expand_dims(layer: Layer) -> Iterator[str]:
    x, rank = layer.input, len(layer.input.shape)
    yield from moved_type_problems((x, layer.output))
    problems = list(constant_problems(layer, 1, "axis", elements=1))
    if not problems:
        (axis,) = integers(layer.inputs[1])
        problems += axis_problems(axis, rank + 1)
    yield from problems
    if not problems:
        axis %= rank + 1
        yield from made_shape_problems(layer.output, (*x.shape[:axis], 1, *x.shape[axis:]))


@kernel("SQUEEZE", profile="c99")
@kernel("EXPAND_DIMS", profile="c99")
def view(layer: Layer) -> Kernel:
    return copied(layer, "copy_of_constant") if layer.input.is_constant else Kernel("view", view=True)

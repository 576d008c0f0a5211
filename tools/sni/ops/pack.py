"""PACK: arrays of one shape one after the other along a new axis."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.along_axis import joined
from tools.sni.operators import ANY_NUMBER, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, axis_problems, made_shape_problems, moved_type_problems


@operator("PACK", types=MOVABLE_TYPES, inputs=(1, ANY_NUMBER))
def check(layer: Layer) -> Iterator[str]:
    if None in layer.inputs:
        yield f"needs every input; it has {sum(x is None for x in layer.inputs)} left out"
        return
    yield from moved_type_problems((*layer.inputs, layer.output))
    first = layer.input
    for x in layer.inputs[1:]:
        if x.shape != first.shape:
            yield f"joins arrays of one shape; it has {first} and {x}"
    problems = list(axis_problems(layer.attribute("axis", 0), len(first.shape) + 1))
    yield from problems
    if not problems:
        axis = layer.attribute("axis", 0) % (len(first.shape) + 1)
        yield from made_shape_problems(layer.output, (*first.shape[:axis], len(layer.inputs), *first.shape[axis:]))


@kernel("PACK", profile="c99")
def pack(layer: Layer) -> Kernel:
    y = layer.output
    axis = layer.attribute("axis", 0) % len(y.shape)
    return joined(layer, f"pack_{y.dtype.value}", y.shape, axis, [1] * len(layer.inputs))

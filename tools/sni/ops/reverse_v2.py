"""REVERSE_V2: an array backwards along some of its dimensions."""

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
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator("REVERSE_V2", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant axes")
def check(layer: Layer) -> Iterator[str]:
    x = layer.input
    yield from moved_type_problems((x, layer.output))
    yield from made_shape_problems(layer.output, x.shape)
    problems = list(constant_problems(layer, 1, "axes"))
    yield from problems
    if not problems:
        for axis in integers(layer.inputs[1]):
            yield from axis_problems(axis, len(x.shape))


@kernel("REVERSE_V2", profile="c99")
def reverse(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    strides = row_major(x.shape)
    backwards = {axis % len(x.shape) for axis in integers(layer.inputs[1])}
    signed = tuple(-stride if axis in backwards else stride for axis, stride in enumerate(strides))
    start = sum((x.shape[axis] - 1) * strides[axis] for axis in backwards)
    move = Move(x.shape, Place(layer.output_names[0], y.elements, strides), Place(source, x.elements, signed, start))
    return movement(layer, f"reverse_{y.dtype.value}", [move], constants=constants)

"""TRANSPOSE: the dimensions of an array in another order."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator("TRANSPOSE", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant permutation")
def check(layer: Layer) -> Iterator[str]:
    x = layer.input
    rank = len(x.shape)
    yield from moved_type_problems((x, layer.output))
    problems = list(constant_problems(layer, 1, "permutation", elements=rank))
    if not problems and sorted(axis % rank for axis in integers(layer.inputs[1]) if -rank <= axis < rank) != [
        *range(rank)
    ]:
        problems.append(f"needs each of 0 to {rank - 1} once as permutation; it has {list(integers(layer.inputs[1]))}")
    yield from problems
    if not problems:
        yield from made_shape_problems(layer.output, [x.shape[axis] for axis in integers(layer.inputs[1])])


@kernel("TRANSPOSE", profile="c99")
def transpose(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    strides = row_major(x.shape)
    permuted = tuple(strides[axis] for axis in integers(layer.inputs[1]))
    move = Move(
        y.shape,
        Place(layer.output_names[0], y.elements, row_major(y.shape)),
        Place(source, x.elements, permuted),
    )
    return movement(layer, f"transpose_{y.dtype.value}", [move], constants=constants)

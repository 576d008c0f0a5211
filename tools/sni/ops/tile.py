"""TILE: an array several times over along each dimension."""

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


@operator("TILE", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant counts")
def check(layer: Layer) -> Iterator[str]:
    x = layer.input
    yield from moved_type_problems((x, layer.output))
    problems = list(constant_problems(layer, 1, "counts", elements=len(x.shape)))
    if not problems and min(integers(layer.inputs[1]), default=1) < 0:
        problems.append(f"has counts {list(integers(layer.inputs[1]))}; accepted: 0 or more")
    yield from problems
    if not problems:
        counts = integers(layer.inputs[1])
        yield from made_shape_problems(layer.output, [n * count for n, count in zip(x.shape, counts, strict=True)])


@kernel("TILE", profile="c99")
def tile(layer: Layer) -> Kernel:
    """Each dimension as two: which time, and where in the input."""
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    sides = [*zip(integers(layer.inputs[1]), x.shape, strict=True)]
    counts = tuple(n for side in sides for n in side)
    strides = tuple(stride for of_input in row_major(x.shape) for stride in (0, of_input))
    move = Move(
        counts,
        Place(layer.output_names[0], y.elements, row_major(counts)),
        Place(source, x.elements, strides),
    )
    return movement(layer, f"tile_{y.dtype.value}", [move], constants=constants)

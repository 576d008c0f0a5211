"""SLICE: a box of an array. Where it begins may be computed; how large it is may not."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.computed_index import begin_problems, clamped_start
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator(
    "SLICE",
    types=MOVABLE_TYPES,
    inputs=(3, 3),
    limits="constant sizes; a computed begin is held where the box lies inside",
)
def check(layer: Layer) -> Iterator[str]:
    x, begin = layer.input, layer.inputs[1]
    rank = len(x.shape)
    yield from moved_type_problems((x, layer.output))
    problems = list(constant_problems(layer, 2, "sizes", elements=rank))
    problems += begin_problems(begin, rank, "begin")
    yield from problems
    if problems:
        return
    sizes = integers(layer.inputs[2])
    if not begin.is_constant and -1 in sizes:
        yield f"has sizes {list(sizes)} from a computed begin; -1 (all that is left) needs a constant one"
        return
    begins = integers(begin) if begin.is_constant else (0,) * rank
    ends = [n if size == -1 else first + size for first, size, n in zip(begins, sizes, x.shape, strict=True)]
    if any(not 0 <= first <= end <= n for first, end, n in zip(begins, ends, x.shape, strict=True)):
        yield f"takes a box inside {x}; it has begin {list(begins)} and sizes {list(sizes)}"
    else:
        yield from made_shape_problems(layer.output, [b - a for a, b in zip(begins, ends, strict=True)])


@kernel("SLICE", profile="c99")
def slice_(layer: Layer) -> Kernel:
    x, y, begin = layer.input, layer.output, layer.inputs[1]
    source, constants = data_input(layer, 0)
    strides = row_major(x.shape)
    start, lookups, declarations, helpers = 0, (), (), ()
    if begin.is_constant:
        start = sum(first * stride for first, stride in zip(integers(begin), strides, strict=True))
    else:
        lookups, declarations, helpers = clamped_start(layer, 1, x.shape, y.shape)
    return movement(
        layer,
        f"slice_{y.dtype.value}",
        [
            Move(
                y.shape,
                Place(layer.output_names[0], y.elements, row_major(y.shape)),
                Place(source, x.elements, strides, start, lookups),
            )
        ],
        constants=constants,
        helpers=helpers,
        declarations=declarations,
    )

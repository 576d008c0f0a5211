"""DYNAMIC_UPDATE_SLICE: an array in which a box is replaced. Where the box begins may be computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.computed_index import begin_problems, clamped_start
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, integers, made_shape_problems, moved_type_problems
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator(
    "DYNAMIC_UPDATE_SLICE",
    types=MOVABLE_TYPES,
    inputs=(3, 3),
    limits="a start that is too small or too large is held where the box lies inside, as in TFLM",
)
def check(layer: Layer) -> Iterator[str]:
    x, update, start = layer.inputs
    yield from moved_type_problems((x, update, layer.output))
    yield from made_shape_problems(layer.output, x.shape)
    rank = len(x.shape)
    yield from begin_problems(start, rank, "start")
    if len(update.shape) != rank or any(size > n for size, n in zip(update.shape, x.shape, strict=True)):
        yield f"replaces a box of {x}; {update} is not inside"


@kernel("DYNAMIC_UPDATE_SLICE", profile="c99")
def dynamic_update_slice(layer: Layer) -> Kernel:
    x, update, start = layer.inputs
    (source, constants), (new, tables) = data_input(layer, 0), data_input(layer, 1)
    (target,) = layer.output_names
    # In place the array is there already.
    size = str(x.elements) if x.dtype.size == 1 else f"{x.elements} * sizeof({x.dtype.c})"
    declarations = (f"if ({target} != {source}) {{", f"  memcpy({target}, {source}, {size});", "}")
    strides = row_major(x.shape)
    origin, lookups, helpers = 0, (), ()
    if start.is_constant:
        held = [min(max(0, s), n - m) for s, n, m in zip(integers(start), x.shape, update.shape, strict=True)]
        origin = sum(s * stride for s, stride in zip(held, strides, strict=True))
    else:
        lookups, declared, helpers = clamped_start(layer, 2, x.shape, update.shape)
        declarations += declared
    move = Move(
        update.shape,
        Place(target, x.elements, strides, origin, lookups),
        Place(new, update.elements, row_major(update.shape)),
    )
    made = movement(
        layer,
        f"dynamic_update_slice_{x.dtype.value}",
        [move],
        constants=(*constants, *tables),
        helpers=helpers,
        declarations=declarations,
    )
    return replace(made, includes=tuple(sorted({*made.includes, "string.h"})), in_place=((0, 0),))

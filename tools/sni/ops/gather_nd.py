"""GATHER_ND: the slices of an array that tuples of indices name, one index for each of the first dimensions."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.computed_index import clamp_helper, clamped, index_type_problems, offsets_table
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, made_shape_problems, moved_type_problems
from tools.sni.strided_copy import Lookup, Move, Place, data_input, movement, row_major


@operator(
    "GATHER_ND",
    types=MOVABLE_TYPES,
    inputs=(2, 2),
    limits="indices int32 or int64; a computed index is held inside the array",
)
def check(layer: Layer) -> Iterator[str]:
    x, indices = layer.input, layer.inputs[1]
    yield from moved_type_problems((x, layer.output))
    yield from index_type_problems(indices)
    if not indices.shape or indices.shape[-1] > len(x.shape):
        yield f"takes tuples of at most {len(x.shape)} indices, along their last dimension; it has {indices}"
        return
    depth = indices.shape[-1]
    if 0 in x.shape:
        yield f"gathers from an array with elements; it has {x}"
    elif indices.is_constant:
        tuples = indices.data.reshape(-1, depth)
        outside = [t.tolist() for t in tuples if any(not 0 <= i < n for i, n in zip(t, x.shape, strict=False))]
        if outside:
            yield f"has the indices {outside[0]} into {x}; accepted: 0 to {[n - 1 for n in x.shape[:depth]]}"
    yield from made_shape_problems(layer.output, (*indices.shape[:-1], *x.shape[depth:]))


@kernel("GATHER_ND", profile="c99")
def gather_nd(layer: Layer) -> Kernel:
    x, indices, y = layer.input, layer.inputs[1], layer.output
    source, constants = data_input(layer, 0)
    depth = indices.shape[-1]
    strides = row_major(x.shape)[:depth]
    slices, inner = math.prod(indices.shape[:-1]), math.prod(x.shape[depth:])
    name = layer.input_names[1]
    if name is None:
        values = indices.data.reshape(slices, depth).astype(np.int64) @ np.array(strides, np.int64)
        constants = (*constants, offsets_table("offsets", values, "indices, as offsets in elements"))
        lookups = (Lookup("offsets[{}]", int(values.max(initial=0)), (1, 0)),)
    else:
        lookups = tuple(
            Lookup(
                clamped(f"{name}[{{}}]", indices.dtype, x.shape[j] - 1, strides[j]),
                (x.shape[j] - 1) * strides[j],
                (depth, 0),
                start=j,
            )
            for j in range(depth)
        )
    move = Move(
        (slices, inner),
        Place(layer.output_names[0], y.elements, (inner, 1)),
        Place(source, x.elements, (0, 1), 0, lookups),
    )
    helpers = () if name is None else (clamp_helper(indices.dtype),)
    return movement(layer, f"gather_nd_{y.dtype.value}", [move], constants=constants, helpers=helpers)

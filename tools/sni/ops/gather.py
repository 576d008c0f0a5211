"""GATHER and EMBEDDING_LOOKUP: the slices of an array that indices name."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.computed_index import clamp_helper, clamped, index_type_problems, offsets_table
from tools.sni.emit.literals import c_float
from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    axis_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Lookup, Move, Place, data_input, movement, row_major

_HELD = "a computed index is held inside the array"


@operator("GATHER", types=MOVABLE_TYPES, inputs=(2, 2), limits=f"indices int32 or int64; {_HELD}")
def check_gather(layer: Layer) -> Iterator[str]:
    x, indices = layer.input, layer.inputs[1]
    yield from moved_type_problems((x, layer.output))
    problems = list(_axis_problems(layer))
    yield from problems
    if problems:
        return
    axis, batch = _axis_and_batch(layer)
    yield from _index_problems(indices, x.shape[axis])
    yield from made_shape_problems(layer.output, (*x.shape[:axis], *indices.shape[batch:], *x.shape[axis + 1 :]))


def _axis_problems(layer: Layer) -> Iterator[str]:
    x, indices = layer.input, layer.inputs[1]
    given, rank = layer.attribute("batch_dims", 0), len(indices.shape)
    problems = list(axis_problems(layer.attribute("axis", 0), len(x.shape)))
    if not -rank <= given <= rank:
        problems.append(f"has batch_dims {given} of {indices}; accepted: {-rank} to {rank}")
    yield from problems
    if not problems:
        axis, batch = _axis_and_batch(layer)
        if batch > axis or x.shape[:batch] != indices.shape[:batch]:
            yield (
                f"has batch_dims {given}: the first {batch} dimensions are those of the indices, and lie before axis "
                f"{axis}; it has {x} and {indices}"
            )


@operator(
    "EMBEDDING_LOOKUP",
    types=(*MOVABLE_TYPES, "int8 to float32"),
    inputs=(2, 2),
    limits=f"indices int32 or int64; {_HELD}; int8 to float32 with zero point 0",
)
def check_embedding_lookup(layer: Layer) -> Iterator[str]:
    rows, y = layer.inputs[1], layer.output
    if _dequantises(layer):
        q = rows.quantisation
        if q is None or q.per_channel or q.zero_point:
            yield f"makes float32 of rows with one scale and zero point 0; tensor {rows} has {q}"
    else:
        yield from moved_type_problems((rows, y))
    if not rows.shape:
        yield f"looks up rows of an array of one dimension or more; it has {rows}"
    else:
        yield from _index_problems(layer.input, rows.shape[0])
        yield from made_shape_problems(y, (*layer.input.shape, *rows.shape[1:]))


def _axis_and_batch(layer: Layer) -> tuple[int, int]:
    """Both counted from the front."""
    axis = layer.attribute("axis", 0) % len(layer.input.shape)
    batch = layer.attribute("batch_dims", 0)
    return axis, batch + len(layer.inputs[1].shape) if batch < 0 else batch


def _dequantises(layer: Layer) -> bool:
    return layer.inputs[1].dtype is DType.INT8 and layer.output.dtype is DType.FLOAT32


def _index_problems(indices: Tensor, count: int) -> Iterator[str]:
    yield from index_type_problems(indices)
    if count == 0:
        yield "gathers from an axis without elements; accepted: 1 or more"
    elif indices.is_constant and indices.elements:
        low, high = min(integers(indices)), max(integers(indices))
        if low < 0 or high >= count:
            yield f"has indices from {low} to {high} of an axis of {count}; accepted: 0 to {count - 1}"


@kernel("GATHER", profile="c99")
def gather(layer: Layer) -> Kernel:
    x = layer.input
    axis, batch = _axis_and_batch(layer)
    blocks = (math.prod(x.shape[:batch]), math.prod(x.shape[batch:axis]))
    return _gathered(layer, f"gather_{x.dtype.value}", 0, 1, blocks, axis)


@kernel("EMBEDDING_LOOKUP", profile="c99")
def embedding_lookup(layer: Layer) -> Kernel:
    rows = layer.inputs[1]
    if not _dequantises(layer):
        return _gathered(layer, f"embedding_lookup_{rows.dtype.value}", 1, 0, (1, 1), 0)
    expression = f"{c_float(rows.quantisation.scale)} * (float){{}}"
    return _gathered(layer, "embedding_lookup_int8_float32", 1, 0, (1, 1), 0, expression)


def _gathered(
    layer: Layer, name: str, of: int, by: int, blocks: tuple[int, int], axis: int, expression: str = "{}"
) -> Kernel:
    """Slices of input `of`, named by input `by`.

    blocks: how many batches have indices of their own, and how often each batch holds what they name.
    """
    x, indices, y = layer.inputs[of], layer.inputs[by], layer.output
    source, constants = data_input(layer, of)
    (batches, outer), count, inner = blocks, x.shape[axis], math.prod(x.shape[axis + 1 :])
    each = indices.elements // max(1, batches)
    counts = (batches, outer, each, inner)
    step, start, lookups, tables = _lookups(layer, by, count, inner, (each, 0, 1, 0))
    move = Move(
        counts,
        Place(layer.output_names[0], y.elements, row_major(counts)),
        Place(source, x.elements, (outer * count * inner, count * inner, step, 1), start, lookups),
        expression,
    )
    helpers = () if indices.is_constant else (clamp_helper(indices.dtype),)
    return movement(layer, name, [move], constants=(*constants, *tables), helpers=helpers)


def _lookups(
    layer: Layer, by: int, count: int, inner: int, strides: tuple[int, ...]
) -> tuple[int, int, tuple[Lookup, ...], tuple[Constant, ...]]:
    """How the indices enter the address: as a stride and a start, by a table of offsets, or read and held in range."""
    indices, name = layer.inputs[by], layer.input_names[by]
    if name is not None:
        expression = clamped(f"{name}[{{}}]", indices.dtype, count - 1, inner)
        return 0, 0, (Lookup(expression, (count - 1) * inner, strides),), ()
    values = np.array(integers(indices), np.int64)
    steps = set(np.diff(values).tolist())
    if strides[0] == values.size and len(steps) <= 1:
        return next(iter(steps), 0) * inner, sum(values[:1].tolist()) * inner, (), ()
    offsets = offsets_table("offsets", values * inner, "indices, as offsets in elements")
    return 0, 0, (Lookup("offsets[{}]", int(values.max()) * inner, strides),), (offsets,)

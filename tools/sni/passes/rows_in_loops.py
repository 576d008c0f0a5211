"""Loops that go through an array row by row: reading or writing a row becomes a `row`, a place that moves on with them.

The converter writes a row of a TensorArray as a new array: what lies in front of the row, the row, what lies behind it.
Copying it all in every iteration would take time and memory of the square of the length; and the pieces have no size
that is known when memory is planned.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.passes.array_rows import affine
from tools.sni.passes.evaluation import evaluate
from tools.sni.passes.loop_bounds import Bound

_MOST = 1 << 16
"""Iterations to look at one by one."""


@dataclass(frozen=True)
class _Write:
    """Row `start + stride * iteration` of a value of the loop becomes `source`. ops: those that do it."""

    position: int
    source: int
    start: int
    stride: int
    ops: tuple[Op, ...]


def rows_in_body(body: Graph, kept: Collection[int], bound: Bound) -> tuple[Graph, dict[int, bool]]:
    """The body of a loop with `row` and `copy` for reading and writing of rows.

    kept: positions of the values that never change. Gives the positions of those that are written in place, and whether
    every row of theirs is: then nothing is left of what they were before the loop.
    """
    if not 0 < bound.count <= _MOST:
        return body, {}
    tensors = dict(body.tensors)
    fresh = itertools.count(max(tensors, default=-1) + 1)
    writes = [write for write in (_write(body, position, bound) for position in range(len(body.outputs))) if write]
    outputs = list(body.outputs)
    gone = {id(op) for write in writes for op in write.ops}
    ops: list[Op] = []
    for op in body.ops:
        if id(op) in gone:
            continue
        place = _read_row(body, op, kept, bound)
        ops.append(replace(op, kind="row", inputs=op.inputs[:1], attributes=place) if place else op)
    filled = {}
    for write in writes:
        array, made = body.inputs[write.position], write.ops[-1]
        row = next(fresh)
        tensors[row] = replace(tensors[write.source], name=f"row of {tensors[array].name}", data=None)
        place = {"start": write.start, "stride": write.stride}
        ops.append(Op("row", (array,), (row,), place, made.index, made.subgraph))
        ops.append(Op("copy", (write.source,), (row,), {}, made.index, made.subgraph))
        outputs[write.position] = array
        count = tensors[array].elements // max(tensors[row].elements, 1)
        reached = {write.start + write.stride * step for step in range(bound.count)}
        filled[write.position] = bound.certain and reached == set(range(count))
    return replace(body, tensors=tensors, ops=tuple(ops), outputs=tuple(outputs)), filled


def _read_row(body: Graph, op: Op, kept: Collection[int], bound: Bound) -> dict[str, int] | None:
    """Where a GATHER of one row finds it, if its index is known in every iteration, and its array never changes."""
    arrays = {body.inputs[position] for position in kept}
    plain = op.kind == "GATHER" and not op.attributes.get("axis", 0) and not op.attributes.get("batch_dims", 0)
    if not plain or op.inputs[0] not in arrays or op.inputs[1] not in bound.integers:
        return None
    line = affine(bound.integers[op.inputs[1]])
    array, row = body.tensors[op.inputs[0]], body.tensors[op.outputs[0]]
    if line is None or not array.shape or row.elements * array.shape[0] != array.elements:
        return None
    return {"start": line[0], "stride": line[1]} if _inside(line, bound, array) else None


def _inside(line: tuple[int, int], bound: Bound, array: Tensor) -> bool:
    last = line[0] + line[1] * (bound.count - 1)
    return min(line[0], last) >= 0 and max(line[0], last) < array.shape[0]


def _write(body: Graph, position: int, bound: Bound) -> _Write | None:
    """The row that a body writes of one of its values, if that is all it does with it."""
    array, made = body.inputs[position], body.producer(body.outputs[position])
    if made is None or not body.tensors[array].shape or array in body.outputs:
        return None
    if len(list(body.consumers(made.outputs[0]))) or body.outputs.count(made.outputs[0]) > 1:
        return None
    found = _as_concatenation(body, array, made, bound) or _as_update(body, array, made, bound)
    if found is None:
        return None
    source, line, ops = found
    row = body.tensors[source]
    readers = list(body.consumers(array))
    fits = row.elements * body.tensors[array].shape[0] == body.tensors[array].elements
    alone = all(any(reader is op for op in ops) for reader in readers)
    if not fits or not alone or not _inside(line, bound, body.tensors[array]):
        return None
    return _Write(position, source, *line, ops)


_Found = tuple[int, tuple[int, int], tuple[Op, ...]]
"""The row, where it goes, and the operators that put it there."""


def _as_update(body: Graph, array: int, made: Op, bound: Bound) -> _Found | None:
    """DYNAMIC_UPDATE_SLICE of the array, at a row and the beginning of everything else."""
    if made.kind != "DYNAMIC_UPDATE_SLICE" or made.inputs[0] != array:
        return None
    line = _line_of(body, made.inputs[2], bound, rest=0)
    return (made.inputs[1], line, (made,)) if line else None


def _as_concatenation(body: Graph, array: int, made: Op, bound: Bound) -> _Found | None:
    """CONCATENATION of the array up to a row, a row, and the array from behind that row on."""
    if made.kind != "CONCATENATION" or made.attributes.get("axis", 0) or len(made.inputs) != 3:
        return None
    before, after = body.producer(made.inputs[0]), body.producer(made.inputs[2])
    for piece in (before, after):
        alone = piece is not None and list(body.consumers(piece.outputs[0])) == [made]
        if not alone or piece.kind != "SLICE" or piece.inputs[0] != array:
            return None
    row = body.tensors[made.inputs[1]]
    rank = len(body.tensors[array].shape)
    start, size = evaluate(body, {}).get(before.inputs[1]), evaluate(body, {}).get(after.inputs[2])
    begins = start is not None and not start.any()
    ends = size is not None and (size == -1).all()
    line, behind = _line_of(body, before.inputs[2], bound, rest=-1), _line_of(body, after.inputs[1], bound, rest=0)
    if not (begins and ends and line and behind == (line[0] + 1, line[1])):
        return None
    if len(row.shape) != rank or row.shape[0] != 1:
        return None
    return made.inputs[1], line, (before, after, made)


def _line_of(body: Graph, vector: int, bound: Bound, rest: int) -> tuple[int, int] | None:
    """The straight line of a vector's first element over the iterations, if all others are always `rest`."""
    firsts = []
    for step in range(bound.count):
        known = {
            key: np.full(body.tensors[key].shape, values[step], body.tensors[key].dtype.numpy)
            for key, values in bound.integers.items()
        }
        value = evaluate(body, known).get(vector)
        if value is None or not value.size or (value.reshape(-1)[1:] != rest).any():
            return None
        firsts.append(int(value.reshape(-1)[0]))
    return affine(firsts)

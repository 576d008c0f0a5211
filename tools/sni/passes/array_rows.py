"""Tensors that are rows of an array: what lies in memory one behind the other, each as large as the next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.lower import layer_of, problems
from tools.sni.operators import Layer
from tools.sni.options import Options
from tools.sni.passes.constant_folding import FOLDERS

SLICING = ("GATHER", "SLICE", "STRIDED_SLICE")
"""Kinds whose output can be a row of their first input."""

_OPTIONS = Options("model")
"""Which elements an operator takes depends on none of what can be chosen."""


def affine(values: Sequence[int]) -> tuple[int, int] | None:
    """(start, stride), if the values are those of a straight line."""
    stride = values[1] - values[0] if len(values) > 1 else 0
    fits = all(value == values[0] + stride * step for step, value in enumerate(values))
    return (values[0], stride) if fits else None


def in_rows(array: Tensor, op: Op) -> bool:
    """Whether what a PACK puts into an array, or an UNPACK takes from it, are rows of it."""
    axis = op.attributes.get("axis", 0) % max(len(array.shape), 1)
    return all(extent == 1 for extent in array.shape[:axis])


def row_of(graph: Graph, op: Op, tensor: int) -> tuple[int, int] | None:
    """The array that a tensor is a row of, and which, as the operator that makes it shows."""
    array = op.inputs[0] if op.inputs else None
    if op.kind == "row" and not op.attributes["stride"]:
        return array, op.attributes["start"]
    if op.kind == "UNPACK" and in_rows(graph.tensors[array], op):
        return array, op.outputs.index(tensor)
    if op.kind in SLICING and not problems(graph.with_ops((op,)), "", _OPTIONS):
        number = _slice_number(layer_of(graph, op, _OPTIONS))
        return None if number is None else (array, number)
    return None


def _slice_number(layer: Layer) -> int | None:
    """Which row of its input a slice is: found by slicing an array of numbers in its place."""
    x, *others = layer.inputs
    if x.is_constant or not all(tensor and tensor.is_constant for tensor in others):
        return None
    numbered = replace(x, data=np.arange(x.elements).reshape(x.shape))
    found = FOLDERS[layer.op.kind](replace(layer, inputs=(numbered, *others)))
    if found is None or not found.size or found.size != layer.output.elements:
        return None
    number, rest = divmod(int(found.reshape(-1)[0]), found.size)
    straight = (np.diff(found.reshape(-1)) == 1).all()
    return number if straight and not rest else None


def view_of_row(array: int, number: int, row: int, like: Op) -> Op:
    """The operator that makes a tensor a row of an array. like: whose place in the file it takes."""
    return Op("row", (array,), (row,), {"start": number, "stride": 0}, like.index, like.subgraph)


def unpacked(op: Op, read: set[int]) -> Iterator[Op]:
    """What an UNPACK into rows does, as views: of the rows that are read."""
    return (view_of_row(op.inputs[0], number, row, op) for number, row in enumerate(op.outputs) if row in read)

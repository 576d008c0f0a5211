"""Arrays side by side along one axis: what CONCATENATION and PACK join, and SPLIT, SPLIT_V and UNPACK part."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from tools.sni.operators import Kernel, Layer
from tools.sni.strided_copy import Move, Place, data_input, movement


def slabs(shape: Sequence[int], axis: int, counts: Sequence[int]) -> Iterator[tuple[tuple[int, int], int, int]]:
    """How each part of an array of `shape` lies in it: (rows, contiguous elements of a row), start, stride of rows.

    counts: how much of the axis each part takes.
    """
    inner = math.prod(shape[axis + 1 :])
    start = 0
    for count in counts:
        yield (math.prod(shape[:axis]), count * inner), start, shape[axis] * inner
        start += count * inner


def joined(layer: Layer, name: str, shape: Sequence[int], axis: int, counts: Sequence[int]) -> Kernel:
    """All inputs in the output. shape: of the output, in which they lie along `axis`."""
    moves, constants = [], []
    for position, ((rows, run), start, stride) in enumerate(slabs(shape, axis, counts)):
        source, tables = data_input(layer, position)
        constants += tables
        target = Place(layer.output_names[0], layer.output.elements, (stride, 1), start)
        moves.append(Move((rows, run), target, Place(source, rows * run, (run, 1))))
    return movement(layer, name, moves, constants=tuple(constants))


def parted(layer: Layer, name: str, position: int, shape: Sequence[int], axis: int, counts: Sequence[int]) -> Kernel:
    """Input `position` in the outputs. shape: of the input, in which they lie along `axis`."""
    source, constants = data_input(layer, position)
    moves = []
    for target, ((rows, run), start, stride) in zip(layer.output_names, slabs(shape, axis, counts), strict=True):
        of_input = Place(source, math.prod(shape), (stride, 1), start)
        moves.append(Move((rows, run), Place(target, rows * run, (run, 1)), of_input))
    return movement(layer, name, moves, constants=constants)

"""FULLY_CONNECTED and 1x1 CONV_2D of int8 with many weights that are zero: only the others are there, by steps.

A step multiplies four inputs for each of 16 outputs, which need not be the same four: PSHUFB (or VPERMB) brings
together each output's own bytes out of 16 (or 64) neighbours, the window. Then they are multiplied as the dense kernel
does, or by PMADDUBSW, for which the magnitudes of two weights side by side add up to 128 at most. The window goes on as
soon as the output that is furthest behind allows. Outputs with about as many weights share steps, sorted in each 128.

So there are two forms of the weights: near, for windows of 16, and far, for windows of 64 with AVX-512 VBMI.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.costs import Cost, pays
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.x86 import products
from tools.sni.x86.image import Image
from tools.sni.x86.products import Product, scaled

_FEWEST_ZEROS = 0.4
"""Share of weights that are zero below which there is nothing to gain."""

_SORTED = 128
"""Outputs that are sorted, and put back, together: what two vectors hold."""

_MORE_FLASH = 2.0
"""How much flash both forms may take, times the dense weights."""

_AT_ONCE = 4
"""Rows that are taken at a time, where there are several."""

_NEAR, _FAR = 16, 64
"""Bytes that PSHUFB and VPERMB choose from."""

_LARGEST_PAIR = 128
"""Of the magnitudes of two weights, for 255 times that is what PMADDUBSW holds."""

_FARTHEST = 1 << 16
"""Where a window can begin."""


@dataclass(frozen=True)
class Steps:
    """at: where the window of each step begins. places, weights: [step, 16 outputs, 4]. counts: the steps of each 16
    outputs."""

    at: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    counts: np.ndarray

    @property
    def count(self) -> int:
        return len(self.at)

    @property
    def bytes(self) -> int:
        return 130 * self.count + 2 * len(self.counts)

    def tables(self, name: str) -> tuple[Constant, ...]:
        stream = np.concatenate([self.places.reshape(-1, 64), self.weights.reshape(-1, 64)], axis=1).astype(np.int8)
        what = "[step][64 places in the window, 64 weights: [16 outputs][4]]"
        return (
            Constant(name, stream.reshape(-1), what, named=True, aligned=True),
            Constant(f"{name}_at", self.at.astype(np.uint16), "[step], where its window begins", named=True),
            Constant(f"{name}_counts", self.counts.astype(np.uint16), "[16 outputs], their steps", named=True),
        )


def steps_of(matrix: np.ndarray, window: int, largest_pair: int) -> Steps:
    """The steps of weights [outputs, inputs], a multiple of 16 outputs. largest_pair: 0 for none."""
    at: list[int] = []
    places: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    counts = []
    for first in range(0, len(matrix), 16):
        left = [[(int(i), int(row[i])) for i in np.flatnonzero(row)] for row in matrix[first : first + 16]]
        while any(left):
            begin = min(row[0][0] for row in left if row)
            place, weight = np.zeros((16, 4), np.int64), np.zeros((16, 4), np.int64)
            for output, row in enumerate(left):
                for slot, taken in _taken(row, begin + window, largest_pair):
                    place[output, slot], weight[output, slot] = taken[0] - begin, taken[1]
            at.append(begin)
            places.append(place)
            weights.append(weight)
        counts.append(len(at) - sum(counts))
    shape = (len(at), 16, 4)
    return Steps(np.array(at), np.reshape(places, shape), np.reshape(weights, shape), np.array(counts))


def _taken(row: list[tuple[int, int]], end: int, largest_pair: int) -> list[tuple[int, tuple[int, int]]]:
    """Takes the next four weights in front of `end` off a row, each with its slot; fewer where pairs are full."""
    room = [largest_pair, largest_pair]
    free = [[0, 1], [2, 3]]
    taken = []
    kept = []
    for n, (i, w) in enumerate(row):
        if i >= end or not any(free):
            kept += row[n:]
            break
        fitting = [pair for pair in (0, 1) if free[pair] and (not largest_pair or abs(w) <= room[pair])]
        if fitting:
            pair = min(fitting, key=lambda pair: room[pair])
            room[pair] -= abs(w)
            taken.append((free[pair].pop(0), (i, w)))
        else:
            kept.append((i, w))
    row[:] = kept
    return taken


def sorted_outputs(matrix: np.ndarray) -> np.ndarray:
    """The order of the outputs in steps: in each 128, those with most weights first; -1 fills up the last 64."""
    counts = np.count_nonzero(matrix, axis=1)
    parts = [
        first + np.argsort(-counts[first : first + _SORTED], kind="stable") for first in range(0, len(matrix), _SORTED)
    ]
    return np.pad(np.concatenate(parts), (0, -len(matrix) % 64), constant_values=-1)


@dataclass(frozen=True)
class _Level:
    """Instructions at a level.

    row: one row, for a step, for 16 outputs, and for the layer. rows: each of several, for a step and for 16 outputs.
    dense_row, dense_rows: of the dense kernel, for four inputs of 16 outputs, and for these.
    """

    name: str
    row: tuple[float, float, float]
    rows: tuple[float, float]
    dense_row: tuple[float, float]
    dense_rows: tuple[float, float]

    def sparse(self, rows: int, steps: int, groups: int) -> int:
        if rows == 1:
            a_step, a_group, more = self.row
            return round(a_step * steps + a_group * groups + more)
        a_step, a_group = self.rows
        return round(-(-rows // _AT_ONCE) * _AT_ONCE * (a_step * steps + a_group * groups))

    def dense(self, rows: int, fours: int, groups: int) -> int:
        a_four, a_group = self.dense_row if rows == 1 else self.dense_rows
        return round(rows * groups * (a_four * fours + a_group))


_LEVELS = (
    _Level("AVX2", (12, 120, 150), (13, 78), (18, 165), (14.5, 62)),
    _Level("AVX-512 VBMI", (6, 56, 160), (5.3, 33), (3.65, 42), (1.6, 21)),
)
"""As counted with GCC 14 at -O3. What pays at both pays between them, and with SSE4.1, where there is more to gain."""


@dataclass(frozen=True)
class _Choice:
    """taken: whether zeros are left out. reason: for the report."""

    taken: bool
    reason: str


def _choice(layer: Layer, rows: int, matrix: np.ndarray, near: Steps, far: Steps, dense_bytes: int) -> _Choice:
    zeros = 1 - np.count_nonzero(matrix) / matrix.size
    groups, fours = -(-len(matrix) // 16), -(-matrix.shape[1] // 4)
    size = near.bytes + far.bytes
    counts = [
        (level.sparse(rows, steps.count, len(steps.counts)), level.dense(rows, fours, groups))
        for level, steps in zip(_LEVELS, (near, far), strict=True)
    ]
    # With AVX-512 both wait for what they read, if that is more than the first cache holds.
    taken = far.bytes < dense_bytes and all(
        pays(Cost(ours, size), Cost(dense, dense_bytes), matrix.size, layer.options.optimise, _MORE_FLASH)
        for ours, dense in counts
    )
    counted = ", ".join(
        f"{ours:,} instructions instead of {dense:,} with {level.name}"
        for level, (ours, dense) in zip(_LEVELS, counts, strict=True)
    )
    left_out = "left out: " if taken else "not left out: would take "
    return _Choice(
        taken,
        f"{zeros:.0%} zeros {left_out}{counted}; {near.bytes:,} and {far.bytes:,} bytes instead of {dense_bytes:,}",
    )


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes: this or the dense one."""
    dense = products.rows_by_matrix(layer, rows, matrix, bias, name)
    outputs, inputs = matrix.shape
    few = 0 < np.count_nonzero(matrix) <= (1 - _FEWEST_ZEROS) * matrix.size
    s = scaled(layer, matrix, bias) if dense and few and inputs < _FARTHEST else None
    if dense is None or s is None:
        return dense
    order = sorted_outputs(s.weights)
    held = np.vstack([s.weights, np.zeros((1, inputs), np.int64)])[order]
    near, far = steps_of(held, _NEAR, _LARGEST_PAIR), steps_of(held, _FAR, 0)
    choice = _choice(layer, rows, s.weights, near, far, dense.constants[0].data.nbytes)
    if not choice.taken:
        return replace(dense, reason=choice.reason)
    places = _places(order, outputs)
    filled = 1 if rows == 1 else -(-rows // _AT_ONCE) * _AT_ONCE
    suffix = f"__{'1' if rows == 1 else 'n'}{s.suffix}"
    return Kernel(
        name=f"{name}_int8_x86_sparse",
        template="x86_sparse.c.j2",
        values={
            "p": Product(Image(1, rows * inputs, 0, 0, 0, 0, 0), 1, rows, 0, inputs, (0,), inputs, outputs),
            "s": s,
            "suffix": suffix,
        },
        constants=(
            *near.tables("near"),
            *far.tables("far"),
            *s.tables(order),
            Constant("places", places, "[output], where it is in the order of the steps, of its 128", named=True),
            Constant("packed", _packed(places), "[output], where it is after vectors were packed", named=True),
        ),
        helpers=("x86_show", f"x86_sparse{suffix}"),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, filled * inputs + _FAR),),
        overlap=batch_overlap(layer, 1),
        macs=rows * matrix.size,
        dispatched=True,
        reason=choice.reason,
    )


def _places(order: np.ndarray, outputs: int) -> np.ndarray:
    """Where each output is in the order, within its 128; filled up as the order is."""
    places = np.zeros(len(order), np.uint8)
    places[order[order >= 0]] = np.flatnonzero(order >= 0) % _SORTED
    return places


def _packed(places: np.ndarray) -> np.ndarray:
    """Packing four vectors of 16 words stays within 128 bits: bytes come out as [half][four][vector][of the four]."""
    half, vector, four, output = places // 64, places // 16 % 4, places % 16 // 4, places % 4
    return (64 * half + 16 * four + 4 * vector + output).astype(np.uint8)

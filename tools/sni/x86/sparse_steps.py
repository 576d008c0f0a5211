"""How weights lie of which only those are there that are not zero.

A step multiplies four inputs for each of 16 outputs, which need not be the same four: PSHUFB (or VPERMB) brings
together each output's own bytes out of 16 (or 64) neighbours, the window. The window goes on as soon as the output that
is furthest behind allows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.operators import Constant

SORTED = 128
"""Outputs that are sorted, and put back, together: what two vectors hold."""


@dataclass(frozen=True)
class Steps:
    """at: where the window of each step begins. block: which 16 outputs it is for, of `blocks` in all. places, weights:
    [step, 16 outputs, 4]."""

    at: np.ndarray
    block: np.ndarray
    places: np.ndarray
    weights: np.ndarray
    blocks: int

    @property
    def count(self) -> int:
        return len(self.at)

    @property
    def counts(self) -> np.ndarray:
        """The steps of each 16 outputs."""
        return np.bincount(self.block, minlength=self.blocks)

    def in_turns(self) -> Steps:
        """In another order: within 128 outputs the steps of each 16 come by turns, evenly spread.

        A sum waits five cycles for the product before it; so others come between, and a processor with a hundred
        instructions that wait in sight of it goes on.
        """
        rank = np.arange(self.count) - (np.cumsum(self.counts) - self.counts)[self.block]
        order = np.lexsort((self.block, (rank + 0.5) / self.counts[self.block], 16 * self.block // SORTED))
        return Steps(self.at[order], self.block[order], self.places[order], self.weights[order], self.blocks)


def steps_of(matrix: np.ndarray, window: int, largest_pair: int, stride: int = 1) -> Steps:
    """The steps of weights [outputs, inputs], a multiple of 16 outputs.

    largest_pair: of the magnitudes of two neighbours of a step; 0 where they may be any. stride: windows begin at its
    multiples, and none begins where the one before it reaches the end.
    """
    last = -(-max(0, matrix.shape[1] - window) // stride) * stride
    at: list[int] = []
    places: list[np.ndarray] = []
    weights: list[np.ndarray] = []
    block: list[int] = []
    for first in range(0, len(matrix), 16):
        left = [[(int(i), int(row[i])) for i in np.flatnonzero(row)] for row in matrix[first : first + 16]]
        while any(left):
            begin = min(last, min(row[0][0] for row in left if row) // stride * stride)
            place, weight = np.zeros((16, 4), np.int64), np.zeros((16, 4), np.int64)
            for output, row in enumerate(left):
                for slot, taken in _taken(row, begin + window, largest_pair):
                    place[output, slot], weight[output, slot] = taken[0] - begin, taken[1]
            at.append(begin)
            block.append(first // 16)
            places.append(place)
            weights.append(weight)
    shape = (len(at), 16, 4)
    return Steps(
        np.array(at, np.int64),
        np.array(block, np.int64),
        np.reshape(places, shape),
        np.reshape(weights, shape),
        len(matrix) // 16,
    )


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
        first + np.argsort(-counts[first : first + SORTED], kind="stable") for first in range(0, len(matrix), SORTED)
    ]
    return np.pad(np.concatenate(parts), (0, -len(matrix) % 64), constant_values=-1)


def tables_of(steps: Steps, name: str) -> tuple[Constant, ...]:
    """The stream, where each step's window begins, and how many steps 16 outputs have."""
    return (
        stream_of(steps, name),
        Constant(f"{name}_at", steps.at.astype(np.uint16), "[step], where its window begins", named=True),
        Constant(f"{name}_counts", steps.counts.astype(np.uint16), "[16 outputs], their steps", named=True),
    )


def stream_of(steps: Steps, name: str) -> Constant:
    """What is read step by step."""
    stream = np.concatenate([steps.places.reshape(-1, 64), steps.weights.reshape(-1, 64)], axis=1).astype(np.int8)
    what = "[step][64 places in the window, 64 weights: [16 outputs][4]]"
    return Constant(name, stream.reshape(-1), what, named=True, aligned=True)

"""The planner's problem, and the one way it places buffers: each as low as those placed before it allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT = 16
"""Bytes. Every offset is a multiple: enough for any element type and for the widest loads of the smaller cores."""


def aligned(size: int) -> int:
    """Bytes rounded up to the alignment."""
    return -(-size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Buffer:
    """size: bytes, at least 1. first and last: the steps between which it holds something, both included."""

    size: int
    first: int
    last: int

    @property
    def aligned(self) -> int:
        return aligned(self.size)


def alive_together(a: Buffer, b: Buffer) -> bool:
    """Whether two buffers hold something at the same step."""
    return a.first <= b.last and b.first <= a.last


Leads = Mapping[tuple[int, int], int | None]
"""(output, input) to bytes: buffers that may share memory though both are alive at one step or more, in which the
output is written and the input read for the last times, if the output starts at least so many bytes below the input.

None: wherever the two lie."""


@dataclass(frozen=True)
class Problem:
    """buffers, and for each its neighbours: the others that it must keep away from.

    A neighbour (other, below, above) at offset o forbids the offsets between o - below and o + above, both excluded.
    """

    buffers: tuple[Buffer, ...]
    neighbours: tuple[tuple[tuple[int, int, int], ...], ...]

    def lowest(self, index: int, offsets: Mapping[int, int]) -> int:
        """The lowest offset that the buffers placed so far leave a buffer."""
        forbidden = [
            (offsets[other] - below, offsets[other] + above)
            for other, below, above in self.neighbours[index]
            if other in offsets
        ]
        forbidden.sort()
        offset = 0
        for start, end in forbidden:
            if offset <= start:
                break
            offset = max(offset, end)
        return offset

    def place(self, order: Sequence[int]) -> dict[int, int]:
        """The offset of each buffer, placed in this order."""
        offsets: dict[int, int] = {}
        for index in order:
            offsets[index] = self.lowest(index, offsets)
        return offsets

    def height(self, offsets: Mapping[int, int]) -> int:
        """Bytes of the arena."""
        return max((offset + self.buffers[index].size for index, offset in offsets.items()), default=0)

    @property
    def pairs(self) -> int:
        """How many buffers are to be kept apart, two by two: what it costs to place all of them once."""
        return sum(map(len, self.neighbours)) + len(self.buffers)

    def apart(self, a: int, b: int) -> Problem:
        """The same problem, in which two buffers share no memory at all."""
        neighbours = list(self.neighbours)
        for index, other in ((a, b), (b, a)):
            distance = (other, self.buffers[index].aligned, self.buffers[other].aligned)
            neighbours[index] = tuple(distance if near[0] == other else near for near in neighbours[index])
        return Problem(self.buffers, tuple(neighbours))


def problem_of(buffers: Sequence[Buffer], leads: Leads) -> Problem:
    """The problem of these buffers, of which some pairs may share memory under a condition."""

    def reach(low: int, high: int) -> int:
        """How far above the start of `low` that of `high` must lie at least, if it lies above."""
        size = sizes[low]
        if (high, low) in leads and leads[high, low] is None:
            return 0
        return min(size, aligned(leads.get((low, high), size) or 0))

    sizes = [buffer.aligned for buffer in buffers]
    neighbours: list[list[tuple[int, int, int]]] = [[] for _ in buffers]
    alive: list[int] = []
    for index in sorted(range(len(buffers)), key=lambda index: buffers[index].first):
        alive = [other for other in alive if buffers[other].last >= buffers[index].first]
        for other in alive:
            below, above = reach(index, other), reach(other, index)
            neighbours[index].append((other, below, above))
            neighbours[other].append((index, above, below))
        alive.append(index)
    return Problem(tuple(buffers), tuple(map(tuple, neighbours)))

"""Offsets in one arena for buffers that live for a span of steps: pure, and ignorant of what the buffers hold.

Two buffers may overlap in memory only if they do not overlap in time. The best order to place buffers in differs from
network to network, so several are tried and the smallest arena is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ALIGNMENT = 16
"""Bytes. Every offset is a multiple: enough for any element type and for the widest loads of the smaller cores."""


@dataclass(frozen=True)
class Buffer:
    """size: bytes, at least 1. first and last: the steps between which it holds something, both included."""

    size: int
    first: int
    last: int

    @property
    def aligned(self) -> int:
        return -(-self.size // ALIGNMENT) * ALIGNMENT


@dataclass(frozen=True)
class Plan:
    """offsets: one for each buffer. size: bytes of the arena. lower_bound: no plan can be smaller."""

    offsets: tuple[int, ...]
    size: int
    lower_bound: int
    strategy: str


def overlap(a: Buffer, b: Buffer) -> bool:
    """Whether two buffers are alive at the same step."""
    return a.first <= b.last and b.first <= a.last


def lower_bound(buffers: Sequence[Buffer]) -> int:
    """The most bytes alive at any one step, each buffer rounded up to the alignment but the one that can lie last."""
    steps = {buffer.first for buffer in buffers}
    return max((_bytes_alive(buffers, step) for step in steps), default=0)


def _bytes_alive(buffers: Sequence[Buffer], step: int) -> int:
    alive = [buffer for buffer in buffers if buffer.first <= step <= buffer.last]
    padding = max((buffer.aligned - buffer.size for buffer in alive), default=0)
    return sum(buffer.aligned for buffer in alive) - padding


def plan(buffers: Sequence[Buffer]) -> Plan:
    """The smallest arena that any strategy finds; among equals the first strategy's, so the result is deterministic."""
    bound = lower_bound(buffers)
    plans = []
    for name, key in _ORDERS.items():
        order = sorted(range(len(buffers)), key=lambda index: (key(buffers[index]), index))
        offsets = _place(buffers, order)
        size = max((offset + buffer.size for offset, buffer in zip(offsets, buffers, strict=True)), default=0)
        plans.append(Plan(tuple(offsets), size, bound, name))
        if size == bound:
            break
    return min(plans, key=lambda candidate: candidate.size)


_ORDERS: dict[str, Callable[[Buffer], tuple[int, ...]]] = {
    "largest first": lambda b: (-b.size, b.first),
    "longest first": lambda b: (b.first - b.last, -b.size),
    "largest area first": lambda b: ((b.first - b.last - 1) * b.size,),
    "in order of use": lambda b: (b.first, -b.size),
    "in reverse order of use": lambda b: (-b.last, -b.size),
}


def _place(buffers: Sequence[Buffer], order: Sequence[int]) -> list[int]:
    """Each buffer in turn at the lowest offset where it meets no buffer placed before that is alive with it."""
    offsets = [0] * len(buffers)
    placed: list[int] = []
    for index in order:
        buffer = buffers[index]
        taken = sorted(
            (offsets[other], offsets[other] + buffers[other].aligned)
            for other in placed
            if overlap(buffer, buffers[other])
        )
        offset = 0
        for start, end in taken:
            if offset + buffer.size <= start:
                break
            offset = max(offset, end)
        offsets[index] = offset
        placed.append(index)
    return offsets

"""Searches for better orders to place buffers in. Budgets count the pairs looked at: the same result on any machine."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from tools.sni.memory.placement import Problem

_EXHAUSTED_PAIRS = 60_000
_CLIMBED_PAIRS = 80_000
"""Budgets: about a twentieth of a second each."""

_MANY = 40
"""Buffers that an exhaustive search is not begun for: it would not end."""


class _OutOfBudgetError(Exception):
    pass


def exhausted(problem: Problem, above: int, among: Sequence[int] | None = None) -> tuple[list[int] | None, bool]:
    """The best order there is, None if no arena is smaller than `above` bytes; and whether the search came to its end.

    among: the buffers that are placed, if not all of them are.

    Any arena, or a smaller one, comes of placing its buffers from the lowest upwards, each as low as it goes. So it is
    enough to try orders of rising offsets, and to give one up when a buffer that is left would reach `above`.
    """
    among = range(len(problem.buffers)) if among is None else among
    if len(among) > _MANY:
        return None, False
    budget, limit = _EXHAUSTED_PAIRS, above
    best: list[int] | None = None
    offsets: dict[int, int] = {}

    sizes = [buffer.size for buffer in problem.buffers]
    aligned = [buffer.aligned for buffer in problem.buffers]
    pairs = [len(near) + 1 for near in problem.neighbours]
    near = [{other for other, _, _ in neighbours} for neighbours in problem.neighbours]

    def descend(left: Mapping[int, int], floor: int) -> None:
        """left: buffers, and the lowest offset for each."""
        nonlocal budget, best, limit
        if not left:
            best, limit = list(offsets), problem.height(offsets)
            return
        budget -= sum(pairs[index] for index in left)
        if budget < 0:
            raise _OutOfBudgetError
        height = max(max(offset, floor) + sizes[index] for index, offset in left.items())
        # What would lie below another buffer's place if that one came next has its turn before it.
        ceiling = min(offset + aligned[index] for index, offset in left.items())
        for offset, index in sorted((offset, index) for index, offset in left.items() if floor <= offset < ceiling):
            if height >= limit:
                return
            offsets[index] = offset
            others = ((other, before) for other, before in left.items() if other != index)
            # Only a neighbour may have to lie higher than before.
            found = {i: problem.lowest(i, offsets) if index in near[i] else before for i, before in others}
            descend(found, offset)
            del offsets[index]

    try:
        descend(dict.fromkeys(among, 0), 0)
    except _OutOfBudgetError:
        return best, False
    return best, True


def climbed(problem: Problem, order: Sequence[int], bound: int) -> list[int]:
    """An order that is at least as good: buffers that reach highest, and others by chance, are placed earlier."""
    chance = random.Random(0)
    best = list(order)
    offsets = problem.place(best)
    height = problem.height(offsets)
    for _ in range(min(50 * len(best), _CLIMBED_PAIRS // problem.pairs)):
        if height == bound:
            break
        highest = [i for i in best if offsets[i] + problem.buffers[i].size == height]
        moved = chance.choice(highest if chance.random() < 0.7 else best)
        position = best.index(moved)
        changed = best.copy()
        changed.pop(position)
        changed.insert(chance.randrange(position + 1), moved)
        tried = problem.place(changed)
        reached = problem.height(tried)
        if reached <= height:
            best, offsets, height = changed, tried, reached
    return best

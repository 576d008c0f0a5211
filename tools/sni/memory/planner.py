"""Offsets in one arena for buffers that live for a span of steps: pure, and ignorant of what the buffers hold.

Two buffers may lie on the same bytes only if they are not alive at the same step, or under the condition of Leads. Any
arena, or a smaller one, comes of placing the buffers in some order, each as low as it goes; so planning is a search for
an order. Several orders that are good for many networks are tried, and from the best of them on others, within a budget
that counts work, not time.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from tools.sni.memory.placement import ALIGNMENT, Buffer, Leads, Problem, aligned, alive_together, problem_of
from tools.sni.memory.search import climbed, exhausted

__all__ = ["ALIGNMENT", "ORDERS", "Buffer", "Leads", "Plan", "alive_together", "lower_bound", "plan"]


@dataclass(frozen=True)
class Plan:
    """offsets: one for each buffer. size: bytes of the arena. lower_bound: no plan can be smaller.

    shared: the pairs of Leads that do lie on the same bytes.
    """

    offsets: tuple[int, ...]
    size: int
    lower_bound: int
    strategy: str
    shared: tuple[tuple[int, int], ...] = ()


def lower_bound(buffers: Sequence[Buffer], leads: Leads | None = None) -> int:
    """The most bytes that are needed at any one step."""
    return max(needed(buffers, leads).values(), default=0)


def needed(buffers: Sequence[Buffer], leads: Leads | None = None) -> dict[int, int]:
    """The fewest bytes that are needed at each step at which a buffer begins.

    Each buffer alive is rounded up to the alignment, but for the one that can lie last. A pair of Leads saves at most
    what the two can have in common.
    """
    alive = _alive_at(buffers)
    met: dict[int, list[tuple[int, int]]] = {}
    for output, source in sorted(leads or ()):
        first = max(buffers[output].first, buffers[source].first)
        for step in range(first, min(buffers[output].last, buffers[source].last) + 1):
            met.setdefault(step, []).append((output, source))
    return {step: _bytes_alive(buffers, alive[step], leads or {}, met.get(step, ())) for step in alive}


def _alive_at(buffers: Sequence[Buffer]) -> dict[int, list[int]]:
    """Which buffers are alive at each step at which one begins, which is when most are."""
    steps = sorted({buffer.first for buffer in buffers})
    alive: dict[int, list[int]] = {step: [] for step in steps}
    for index, buffer in enumerate(buffers):
        for position in range(bisect_left(steps, buffer.first), bisect_right(steps, buffer.last)):
            alive[steps[position]].append(index)
    return alive


def _bytes_alive(
    buffers: Sequence[Buffer], indices: Sequence[int], leads: Leads, met: Sequence[tuple[int, int]]
) -> int:
    """met: the pairs of Leads that meet at this step."""
    alive = [buffers[index] for index in indices]
    padding = max((buffer.aligned - buffer.size for buffer in alive), default=0)
    saved = 0
    for output, pairs in itertools.groupby(met, key=lambda pair: pair[0]):
        # The inputs lie apart from each other, so that one output can cover no more than its own size of them.
        saved += min(buffers[output].aligned, sum(_common(buffers, leads, pair) for pair in pairs))
    return sum(buffer.aligned for buffer in alive) - padding - saved


def _common(buffers: Sequence[Buffer], leads: Leads, pair: tuple[int, int]) -> int:
    """Bytes that an output and an input of Leads share at most."""
    output, source = (buffers[index].aligned for index in pair)
    return max(0, output + source - max(output, source + aligned(leads[pair] or 0)))


def plan(buffers: Sequence[Buffer], leads: Leads | None = None) -> Plan:
    """The smallest arena that any strategy finds; among equals the first strategy's, so that the result is one.

    Pairs of Leads share memory only where that makes the arena smaller: a layer that writes over its input is slower.
    """
    bound = lower_bound(buffers, leads)
    apart = problem_of(buffers, {})
    found = _ordered(apart, bound)
    if not leads:
        return _searched(apart, found)
    together = problem_of(buffers, leads)
    found = _searched(together, min(found, _ordered(together, bound), key=lambda candidate: candidate.size))
    return _sparing(together, leads, found)


def _ordered(problem: Problem, bound: int) -> Plan:
    """The best of the fixed orders."""
    plans = []
    for name, order in ORDERS.items():
        plans.append(_placed(problem, order(problem.buffers), bound, name))
        if plans[-1].size == bound:
            break
    return min(plans, key=lambda candidate: candidate.size)


def _placed(problem: Problem, order: Sequence[int], bound: int, strategy: str) -> Plan:
    offsets = problem.place(order)
    return Plan(tuple(offsets[index] for index in range(len(offsets))), problem.height(offsets), bound, strategy)


def _searched(problem: Problem, found: Plan) -> Plan:
    """A smaller plan than the one found, if a search comes upon it; or the same with a better lower bound."""
    if found.size == found.lower_bound:
        return found
    order, ended = exhausted(problem, found.size)
    bound = found.lower_bound
    if order is not None:
        found = _placed(problem, order, bound, "as an exhaustive search found")
    if ended:
        return replace(found, lower_bound=found.size)
    found = min([found, *_largest_searched(problem, bound, found.size)], key=lambda candidate: candidate.size)
    improved = _placed(problem, climbed(problem, _order_of(found), bound), bound, f"{found.strategy}, then improved")
    return improved if improved.size < found.size else found


_LARGEST = (8, 12, 16, 24)
"""How many of the largest buffers are placed by a search of their own, where all are too many for one."""


def _largest_searched(problem: Problem, bound: int, above: int) -> list[Plan]:
    """Plans in which the largest buffers lie as well as they can, and the others where they leave room."""
    order = ORDERS["largest first"](problem.buffers)
    plans = []
    for count in _LARGEST:
        if count < len(order):
            best, _ = exhausted(problem, above, order[:count])
            first = best or ()
            strategy = f"by a search among the {count} largest"
            rest = [index for index in order if index not in first]
            plans += [_placed(problem, [*first, *rest], bound, strategy)] if best else []
    return plans


def _sparing(problem: Problem, leads: Leads, found: Plan) -> Plan:
    """A plan of the same size with fewer pairs that share memory: each is kept apart in turn, and missed or not."""
    bound, shared = found.lower_bound, _shared(problem.buffers, found.offsets, leads)
    for pair in leads:
        if pair not in shared:
            problem = problem.apart(*pair)
    budget = _SPARING_PAIRS
    for pair in shared:
        fewer = problem.apart(*pair)
        budget -= (len(ORDERS) + 1) * problem.pairs
        if budget < 0:
            break
        again = _placed(fewer, _order_of(found), bound, found.strategy)
        if again.size > found.size:
            again = _ordered(fewer, found.size)
        if again.size <= found.size:
            problem, found = fewer, again
    return replace(found, shared=_shared(problem.buffers, found.offsets, leads))


_SPARING_PAIRS = 60_000


def _shared(
    buffers: Sequence[Buffer], offsets: Sequence[int], pairs: Iterable[tuple[int, int]]
) -> tuple[tuple[int, int], ...]:
    """The pairs whose places have bytes in common."""

    def meet(a: int, b: int) -> bool:
        return offsets[a] < offsets[b] + buffers[b].size and offsets[b] < offsets[a] + buffers[a].size

    return tuple(sorted(pair for pair in pairs if meet(*pair)))


def _order_of(found: Plan) -> list[int]:
    """An order in which the buffers of a plan are placed where they lie, or lower."""
    return sorted(range(len(found.offsets)), key=lambda index: found.offsets[index])


def _sorted_by(key: Callable[[Buffer], tuple[int, ...]]) -> Callable[[Sequence[Buffer]], list[int]]:
    return lambda buffers: sorted(range(len(buffers)), key=lambda index: (key(buffers[index]), index))


def _fullest_steps_first(buffers: Sequence[Buffer]) -> list[int]:
    """What is alive when most is alive, largest first; then what else is alive when next to most is, and so on."""
    alive = _alive_at(buffers)
    steps = sorted(alive, key=lambda step: (-sum(buffers[index].aligned for index in alive[step]), step))
    order: dict[int, None] = {}
    for step in steps:
        for index in sorted(alive[step], key=lambda index: (-buffers[index].size, index)):
            order.setdefault(index)
    return list(order)


ORDERS: dict[str, Callable[[Sequence[Buffer]], list[int]]] = {
    "largest first": _sorted_by(lambda b: (-b.size, b.first)),
    "longest first": _sorted_by(lambda b: (b.first - b.last, -b.size)),
    "largest area first": _sorted_by(lambda b: ((b.first - b.last - 1) * b.size,)),
    "in order of use": _sorted_by(lambda b: (b.first, -b.size)),
    "in reverse order of use": _sorted_by(lambda b: (-b.last, -b.size)),
    "in order of last use": _sorted_by(lambda b: (b.last, -b.size)),
    "in reverse order of first use": _sorted_by(lambda b: (-b.first, -b.size)),
    "fullest steps first": _fullest_steps_first,
}
"""The strategies: orders in which to place buffers, by what follows "buffers placed"."""

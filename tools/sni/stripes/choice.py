"""Which operators run in stripes, and of how many rows: what makes the arena smallest.

Any operators that stand one after the other can be chosen, if each slides over rows. Estimates of their buffers pick
those that are worth a plan; plans decide.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from tools.sni.ir import Graph, Op
from tools.sni.lower import layer_of
from tools.sni.memory.arena import Arena, plan_arena, steps_needed
from tools.sni.operators import Kernel, Layer
from tools.sni.options import PROFILES, Options
from tools.sni.stripes.rewrite import rewritten
from tools.sni.stripes.schedule import Schedule, Stage, schedule
from tools.sni.stripes.sliding import rows_needed

_ROWS = (1, 2, 3, 4, 6, 8)
"""Of the last operator in a stripe: what is tried."""

_LONGEST = 24
"""Operators in a chain, at most."""

_PLANNED = 8
"""Candidates that are lowered and planned, of all that are estimated."""

_LEAST_GAIN = 32
"""A smaller share of the arena than one in so many is not worth the code."""

_MOST_PRICE = 10
"""Stripes may cost so small a share of the network's instructions, about."""

LowerAll = Callable[[Graph], Sequence[Kernel]]


@dataclass(frozen=True)
class Candidate:
    """Operators from `first` on, as a schedule has them. estimate: bytes of the arena."""

    first: int
    plan: Schedule
    estimate: int

    @property
    def end(self) -> int:
        return self.first + len(self.plan.stages)


@dataclass(frozen=True)
class Stripes:
    """A network after the choice. notes: what was chosen and what it brings, for the report."""

    graph: Graph
    kernels: Sequence[Kernel]
    arena: Arena
    notes: tuple[str, ...] = ()


def striped(graph: Graph, options: Options, lower_all: LowerAll) -> Stripes:
    """The network with the stripes that make its arena smallest; as it is where none do."""
    kernels = lower_all(graph)
    found = Stripes(graph, kernels, plan_arena(graph, kernels))
    while better := _better(found, options, lower_all):
        found = better
    return found


def _better(before: Stripes, options: Options, lower_all: LowerAll) -> Stripes | None:
    """The best of the candidates that are planned, if it is worth it."""
    graph, limit = before.graph, before.arena.size - before.arena.size // _LEAST_GAIN
    candidates = [found for found in _candidates(before, options) if found.estimate <= limit]
    most = _price(graph, before.kernels) + PROFILES[options.profile].per_mac * _macs(before.kernels) / _MOST_PRICE
    best: Stripes | None = None
    for candidate in sorted(candidates, key=lambda c: (c.estimate, len(c.plan.rounds), c.first))[:_PLANNED]:
        layers = [layer_of(graph, op, options) for op in graph.ops[candidate.first : candidate.end]]
        tried = rewritten(graph, layers, candidate.first, candidate.plan)
        kernels = lower_all(tried)
        if _price(tried, kernels) > most:
            continue
        arena = plan_arena(tried, kernels)
        if arena.size <= limit and (best is None or arena.size < best.arena.size):
            best = Stripes(tried, kernels, arena)
            note = _note(before, best, candidate)
    return replace(best, notes=(*before.notes, note)) if best else None


def _price(graph: Graph, kernels: Sequence[Kernel]) -> int:
    """About the instructions of what stripes make more of: beginning with operators, and moving rows."""
    price = 0
    for op, kernel, times in zip(graph.ops, kernels, _times(kernels), strict=True):
        # As measured on a Cortex-M4.
        moved = 3 * graph.tensors[op.outputs[0]].bytes // 4 if op.kind == "copy" else 0
        price += times * (kernel.set_up + moved)
    return price


def _macs(kernels: Sequence[Kernel]) -> int:
    return sum(times * kernel.macs for kernel, times in zip(kernels, _times(kernels), strict=True))


def _times(kernels: Sequence[Kernel]) -> Iterator[int]:
    """How often each kernel runs, at most."""
    times = [1]
    for kernel in kernels:
        if kernel.block in ("loop", "if"):
            times.append(times[-1] * kernel.values.get("count", 1))
        elif kernel.block == "end":
            times.pop()
        yield times[-1]


def _note(before: Stripes, after: Stripes, candidate: Candidate) -> str:
    ops = before.graph.ops[candidate.first : candidate.end]
    last = candidate.plan.stages[-1].output
    rows = candidate.plan.made[last].step
    at_a_time = f"{rows} row{'s' if rows > 1 else ''} of the last one's output at a time"
    again = (_macs(after.kernels) - _macs(before.kernels)) / max(1, _macs(before.kernels))
    more = _price(after.graph, after.kernels) - _price(before.graph, before.kernels)
    return (
        f"operators {ops[0].number} to {ops[-1].number} run in {len(candidate.plan.rounds)} stripes, {at_a_time}: "
        f"an arena of {after.arena.size:,} bytes instead of {before.arena.size:,}; {again:.0%} of the "
        f"multiply-accumulates are done again, and moving rows and beginning kernels takes about {more:,} instructions"
    )


def _candidates(before: Stripes, options: Options) -> Iterator[Candidate]:
    graph = before.graph
    slides = stages_of(graph, options)
    needed = steps_needed(graph, before.kernels)
    peak = max(range(len(needed)), key=lambda step: (needed[step], -step))
    in_block = _inside_blocks(before.kernels)
    for first in range(peak, -1, -1):
        if slides[first] is None or first in in_block:
            return
        for last in range(max(first + 1, peak), min(first + _LONGEST, len(graph.ops))):
            if slides[last] is None or last in in_block or None in slides[first : last + 1]:
                break
            outside = max((need for step, need in enumerate(needed) if not first <= step <= last), default=0)
            yield from _of(graph, [s for s in slides[first : last + 1] if s], first, outside)


def _of(graph: Graph, stages: Sequence[Stage], first: int, outside: int) -> Iterator[Candidate]:
    """The candidates for one chain. outside: bytes that other operators need."""
    end = first + len(stages)
    made = {stage.output for stage in stages}
    others = itertools.chain((*graph.ops[:first], *graph.ops[end:]), (Op("", graph.outputs, ()),))
    whole = frozenset(made.intersection(t for op in others for t in op.inputs))
    beside = _alive_across(graph, first, end, made)
    for rows in _ROWS:
        plan = schedule(stages, whole, rows)
        if plan and len(plan.rounds) > 1:
            inside = beside + _bytes(graph, plan, whole)
            yield Candidate(first, plan, max(outside, inside))


def _bytes(graph: Graph, plan: Schedule, whole: frozenset[int]) -> int:
    """About what the tensors of a schedule take: what comes in, which what goes out may lie over, and the buffers."""

    def row(tensor: int) -> int:
        return graph.tensors[tensor].bytes // graph.tensors[tensor].shape[1]

    sources = {source for stage in plan.stages for source, _ in stage.reads} - set(plan.made)
    incoming = sum(graph.tensors[source].bytes for source in sources)
    outgoing = sum(graph.tensors[output].bytes for output in whole)
    staying = sum(kept.size * row(t) for t, kept in plan.kept.items() if kept.size > kept.step)
    passing = max((kept.size * row(t) for t, kept in plan.kept.items() if kept.size == kept.step), default=0)
    return max(incoming, outgoing) + staying + passing


def _alive_across(graph: Graph, first: int, end: int, made: set[int]) -> int:
    """Bytes of tensors that the chain has nothing to do with, but that are alive while it runs."""
    read = {t for op in graph.ops[first:end] for t in op.inputs}
    before = set(graph.inputs).union(t for op in graph.ops[:first] for t in op.outputs)
    behind = set(graph.outputs).union(t for op in graph.ops[end:] for t in op.inputs if t is not None)
    return sum(graph.tensors[t].bytes for t in (before & behind) - read - made)


def stages_of(graph: Graph, options: Options) -> list[Stage | None]:
    """Each operator as a stage of a schedule; None for one that cannot be."""
    return [_stage(graph, op, options) for op in graph.ops]


def _stage(graph: Graph, op: Op, options: Options) -> Stage | None:
    if not op.kind.isupper() or not op.outputs:
        return None
    layer: Layer = layer_of(graph, op, options)
    axes: Mapping | None = rows_needed(layer)
    if axes is None:
        return None
    reads = tuple((op.inputs[position], axis) for position, axis in axes.items())
    return Stage(op.outputs[0], layer.output.shape[1], reads)


def _inside_blocks(kernels: Sequence[Kernel]) -> set[int]:
    """The steps that stand in loops and conditions."""
    depth, inside = 0, set()
    for step, kernel in enumerate(kernels):
        depth += kernel.block in ("loop", "if")
        if depth:
            inside.add(step)
        depth -= kernel.block == "end"
    return inside

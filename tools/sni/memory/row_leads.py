"""Leads of tensors that are read and written row by row, over many steps: an image that goes as its result comes.

While the one that goes has rows left that are read later, what is written may lie in front of them. As for one kernel
(overlap.py) that is a lead; the accesses are those of all steps, in the order in which loops run them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.ir import Graph
from tools.sni.memory.overlap import lead
from tools.sni.operators import Kernel

_MOST = 1 << 16
"""Steps that are looked at; networks that run more of them get no such leads."""


@dataclass(frozen=True)
class Row:
    """Where a tensor begins in the storage it shares: bytes, and bytes more for each iteration of a loop, which stands
    in `depth` - 1 others.
    """

    offset: int = 0
    stride: int = 0
    depth: int = 0

    def at(self, counters: Sequence[int]) -> int:
        """Where it begins if loops have run so often."""
        return self.offset + (self.stride * counters[self.depth - 1] if self.stride else 0)


@dataclass
class _Accesses:
    """Of one storage: (time, first byte) of what is read, (time, end) of what is written."""

    reads: list[tuple[int, int]]
    writes: list[tuple[int, int]]


def row_leads(
    graph: Graph, kernels: Sequence[Kernel], storage: Mapping[int, int], rows: Mapping[int, Row]
) -> dict[tuple[int, int], int]:
    """(output, input) to bytes, for storages of which rows are used: the input's is not needed in the end."""
    moving = {storage[t] for t, row in rows.items() if row.stride}
    variables = {storage[t] for t in storage if graph.tensors[t].variable}
    kept = {storage[t] for t in graph.outputs if t in storage} | variables
    accesses: dict[int, _Accesses] = {root: _Accesses([], []) for root in moving}
    for tensor in graph.inputs:
        if storage.get(tensor) in moving:
            accesses[storage[tensor]].writes.append((-1, graph.tensors[tensor].bytes))
    for time, (step, counters) in enumerate(executed(kernels)) if len(moving) > 1 else ():
        if time == _MOST:
            return {}
        op, kernel = graph.ops[step], kernels[step]
        if kernel.row is not None:
            continue
        for tensor in op.inputs:
            if storage.get(tensor) in moving:
                accesses[storage[tensor]].reads.append((time, rows[tensor].at(counters)))
        for tensor in op.outputs:
            if storage[tensor] in moving:
                end = rows[tensor].at(counters) + graph.tensors[tensor].bytes
                accesses[storage[tensor]].writes.append((time, end))
    found = {}
    for output in sorted(moving - variables):
        for source in sorted(moving - kept - {output}):
            distance = _lead(accesses[output], accesses[source])
            if distance is not None:
                found[output, source] = distance
    return found


def _lead(output: _Accesses, source: _Accesses) -> int | None:
    """None where the source is still written when the output is begun."""
    if not (output.writes and source.writes and source.reads) or output.writes[0][0] <= source.writes[-1][0]:
        return None
    end = max(end for _, end in output.writes)
    # What a write needs intact is what is read at its time or later.
    times, firsts = (np.array(column) for column in zip(*source.reads, strict=True))
    later = np.append(np.minimum.accumulate(firsts[::-1])[::-1], end)
    needs = later[np.searchsorted(times, [time for time, _ in output.writes])]
    return lead(needs, np.array([end for _, end in output.writes]))


def executed(kernels: Sequence[Kernel]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The steps in the order in which they run, each with the counters of the loops around it.

    Of a condition both sides run, and no loop is left early: more accesses than there are.
    """
    ends: dict[int, int] = {}
    begun: list[int] = []
    for step, kernel in enumerate(kernels):
        if kernel.block in ("loop", "if"):
            begun.append(step)
        elif kernel.block == "end":
            ends[begun.pop()] = step

    def run(first: int, end: int, counters: tuple[int, ...]) -> Iterator[tuple[int, tuple[int, ...]]]:
        step = first
        while step < end:
            if kernels[step].block == "loop":
                for counter in range(kernels[step].values["count"]):
                    yield from run(step + 1, ends[step], (*counters, counter))
                step = ends[step]
            elif not kernels[step].block:
                yield step, counters
            step += 1

    return run(0, len(kernels), ())

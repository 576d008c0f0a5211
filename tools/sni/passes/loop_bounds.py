"""How often a WHILE runs, found by running its counters: memory and time of an inference must be known beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.ir import Graph, Tensor
from tools.sni.passes.evaluation import evaluate, knowable

_MOST = 1 << 20
"""Iterations to try; a loop that goes on beyond has lost its way, or takes seconds on a small core."""

_ACCEPTED = (
    "accepted: a condition on counters that start at constants, change by constants and are compared with constants"
)


@dataclass(frozen=True)
class Bound:
    """count: the loop ends after so many iterations, if not before. certain: it does not end before.

    integers: the tensors of the body whose single integer is known, with what it is in each iteration.
    """

    count: int
    certain: bool
    integers: Mapping[int, tuple[int, ...]]


def loop_bound(cond: Graph, body: Graph, initial: Sequence[Tensor]) -> Bound | str:
    """The bound of a loop over `body` while `cond`, or why there is none.

    initial: what the loop's values are before it. cond and body take as many values, and body gives as many.
    """
    known = {position: tensor.data for position, tensor in enumerate(initial) if tensor.is_constant}
    certain = True
    integers: dict[int, list[int]] = {}
    for count in range(_MOST):
        holds = evaluate(cond, _inputs(cond, known)).get(cond.outputs[0])
        if holds is not None and not holds.any():
            return Bound(count, certain, {key: tuple(v) for key, v in integers.items() if len(v) == count})
        certain = certain and holds is not None
        values = evaluate(body, _inputs(body, known))
        for key, value in values.items():
            if value.size == 1 and np.issubdtype(value.dtype, np.integer):
                integers.setdefault(key, []).append(int(value.reshape(-1)[0]))
        after = {position: values[tensor] for position, tensor in enumerate(body.outputs) if tensor in values}
        hopeless = holds is None and cond.outputs[0] not in knowable(cond, _inputs(cond, known))
        if _same(known, after) or (hopeless and known.keys() == after.keys()):
            return _endless(cond, body, initial, known, holds is None)
        known = after
    return f"has a condition that still holds after {_MOST:,} iterations; {_ACCEPTED}"


def _inputs(graph: Graph, known: Mapping[int, np.ndarray]) -> dict[int, np.ndarray]:
    return {graph.inputs[position]: value for position, value in known.items()}


def _same(before: Mapping[int, np.ndarray], after: Mapping[int, np.ndarray]) -> bool:
    return before.keys() == after.keys() and all(np.array_equal(before[key], after[key]) for key in before)


def _endless(
    cond: Graph, body: Graph, initial: Sequence[Tensor], known: Mapping[int, np.ndarray], unknown: bool
) -> str:
    """Why a loop has no bound, once what is known of it does not change any more or decides nothing."""
    if not unknown:
        return f"never ends: its condition always holds; {_ACCEPTED}"
    reasons = []
    for position in sorted(_read(cond)):
        tensor = initial[position]
        if not tensor.is_constant:
            reasons.append(f"value {position} of the loop, which starts as {tensor}, computed at run time")
        elif position not in known:
            changed = body.producer(body.outputs[position])
            by = f"what operator {changed.number} {changed.kind} computes" if changed else "another of its values"
            reasons.append(f"value {position} of the loop, {tensor}, which is set to {by}")
    on = " and ".join(reasons) or "what is computed at run time"
    return f"could run any number of times: its condition depends on {on}; {_ACCEPTED}"


def _read(graph: Graph) -> set[int]:
    """The positions of the inputs that a graph's outputs depend on."""
    needed = set(graph.outputs)
    for op in reversed(graph.ops):
        if needed.intersection(op.outputs):
            needed.update(tensor for tensor in op.inputs if tensor is not None)
    return {position for position, tensor in enumerate(graph.inputs) if tensor in needed}

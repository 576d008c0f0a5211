"""The leads of kernels that only move elements, for which every access is known; see tools/sni/memory/overlap.py."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tools.sni.memory.overlap import lead
from tools.sni.operators import Layer, Overlap

if TYPE_CHECKING:
    from tools.sni.strided_copy import LoopNode, Place, Statement

_MOST_PIECES = 1 << 20
"""Elements or runs that are looked at one by one; kernels that move more of them get no leads."""


def copy_overlap(
    layer: Layer, nodes: Sequence[LoopNode | Statement], declarations: Sequence[str]
) -> tuple[Overlap, ...]:
    """For each output and input the smallest safe lead, where one saves memory.

    nodes: the kernel's loops, in order. declarations: what stands before them; if that writes to an output, there are
    no leads.
    """
    statements = _statements(nodes)
    declared = set(re.findall(r"\w+", " ".join(declarations)))
    if declared & set(layer.output_names):
        return ()
    if sum(math.prod(statement.move.counts) for statement in statements) > _MOST_PIECES:
        return ()
    order, positions = _executed(nodes, {id(statement): number for number, statement in enumerate(statements)})
    otherwise_read = declared | set(re.findall(r"\w+", " ".join(map(_expressions, statements))))
    found = []
    for output, output_name in enumerate(layer.output_names):
        y = layer.outputs[output]
        targets = [s.move.target if s.move.target.name == output_name else None for s in statements]
        ends = [_end(s, y.dtype.size, y.bytes) for s in statements]
        writes = _bytes(order, positions, targets, ends, y.dtype.size, 0)
        for position, name in enumerate(layer.input_names):
            if name is None or name in otherwise_read:
                continue
            size = layer.inputs[position].dtype.size
            sources = [s.move.source if getattr(s.move.source, "name", "") == name else None for s in statements]
            starts = [_start(source, size) if source else 0 for source in sources]
            distance = lead(_bytes(order, positions, sources, starts, size, y.bytes), writes)
            if distance < y.bytes:
                found.append(Overlap(output, position, distance))
    return tuple(found)


def _statements(nodes: Sequence[LoopNode | Statement]) -> list[Statement]:
    return [s for node in nodes for s in (_statements(node.body) if hasattr(node, "body") else [node])]


def _executed(
    nodes: Sequence[LoopNode | Statement], numbers: dict[int, int], depth: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """The statements in the order in which they are executed, and for each the counters of the loops around it.

    Counters of loops outside `depth` are left out; missing ones of inner loops are 0.
    """
    orders, counters = [], []
    for node in nodes:
        if not hasattr(node, "body"):
            orders.append(np.array([numbers[id(node)]]))
            counters.append(np.zeros((1, 0), np.int64))
            continue
        order, inner = _executed(node.body, numbers, depth + 1)
        outer = np.repeat(np.arange(node.count), len(order))[:, None]
        orders.append(np.tile(order, node.count))
        counters.append(np.hstack([outer, np.tile(inner, (node.count, 1))]))
    width = max((array.shape[1] for array in counters), default=0)
    padded = [np.pad(array, ((0, 0), (0, width - array.shape[1]))) for array in counters]
    if not orders:
        return np.zeros(0, np.int64), np.zeros((0, 0), np.int64)
    return np.concatenate(orders), np.concatenate(padded)


def _bytes(
    order: np.ndarray,
    positions: np.ndarray,
    places: Sequence[Place | None],
    bases: Sequence[int],
    size: int,
    none: int,
) -> np.ndarray:
    """For each execution the base of its place plus what the counters of loops add; `none` without a place."""
    result = np.full(len(order), none, np.int64)
    for number, (place, base) in enumerate(zip(places, bases, strict=True)):
        if place is not None:
            strides = () if place.lookups else place.strides
            mine = order == number
            result[mine] = base + size * (positions[mine, : len(strides)] @ np.array(strides, np.int64))
    return result


def _start(source: Place, size: int) -> int:
    """The lowest byte that a statement can read in its first execution; of a looked up one, at all."""
    return 0 if source.lookups else source.start * size


def _end(statement: Statement, size: int, whole: int) -> int:
    """Where what a statement can write in its first execution ends; of a looked up place, at all."""
    target = statement.move.target
    return whole if target.lookups else (target.start + statement.run) * size


def _expressions(statement: Statement) -> str:
    """C in which inputs are read otherwise than as the place that elements come from."""
    move = statement.move
    lookups = [*move.target.lookups, *getattr(move.source, "lookups", ())]
    filled = getattr(move.source, "expression", "")
    return " ".join([move.expression, filled, *(lookup.expression for lookup in lookups)])

"""Removes operators that no output depends on."""

from __future__ import annotations

from tools.sni.ir import Graph


def remove_dead_code(graph: Graph) -> Graph:
    needed = set(graph.outputs)
    kept = []
    for op in reversed(graph.ops):
        if needed.intersection(op.outputs):
            kept.append(op)
            needed.update(tensor for tensor in op.inputs if tensor is not None)
    return graph.with_ops(tuple(reversed(kept)))

"""Removes operators that no output depends on."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.ir import Graph, Op


def remove_dead_code(graph: Graph) -> Graph:
    """Operators go whose results nothing needs: no output of the network, no variable that something reads."""
    makers: dict[int, list[Op]] = {}
    arrays = {op.outputs[0]: op.inputs[0] for op in graph.ops if op.kind == "row"}
    for op in graph.ops:
        for tensor in _written(graph, op):
            makers.setdefault(tensor, []).append(op)
            # Who writes a row writes the array, which can be a row itself, and needs to know where the row is.
            while tensor in arrays and op.kind != "row":
                tensor = arrays[tensor]
                makers.setdefault(tensor, []).append(op)
    live: set[int] = set()
    # Whoever writes a tensor that is read anywhere is needed: in a loop, what comes first may read what comes last.
    waiting = [op for op in graph.ops if not op.outputs]
    waiting += [op for tensor in graph.outputs for op in makers.get(tensor, ())]
    while waiting:
        op = waiting.pop()
        if id(op) not in live:
            live.add(id(op))
            reads = [*op.inputs, *(tensor for tensor in op.outputs if tensor in arrays)]
            waiting += [maker for tensor in reads if tensor is not None for maker in makers.get(tensor, ())]
    return graph.with_ops(tuple(op for op in graph.ops if id(op) in live))


def _written(graph: Graph, op: Op) -> Iterator[int]:
    """What an operator makes, and the variables it is given, which it may write."""
    yield from op.outputs
    for tensor in op.inputs:
        if tensor is not None and graph.tensors[tensor].variable:
            yield tensor

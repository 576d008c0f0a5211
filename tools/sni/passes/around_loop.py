"""What of a network comes before a loop that is put into it, and what behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from tools.sni.ir import Graph, Op, Tensor


def around_loop(
    graph: Graph, tensors: Mapping[int, Tensor], outside: Sequence[Op], made: Collection[int]
) -> tuple[list[Op], list[Op], set[int]]:
    """The operators outside that do not depend on what the loop makes, those that do, and the tensors that do.

    Each in the order that it had. Tensors that are written more than once pass dependence on as others do, from whoever
    touches them to the next.
    """
    arrays = {op.outputs[0]: op.inputs[0] for op in graph.ops if op.kind == "row"}
    writers = Counter(tensor for op in graph.ops for tensor in op.outputs)
    changing = {tensor for tensor, count in writers.items() if count > 1} | set(arrays.values())
    changing |= {key for key, tensor in tensors.items() if tensor.variable}
    depending = set(made)
    before: list[Op] = []
    behind: list[Op] = []
    for block in _blocks(outside):
        touched = {tensor for op in block for tensor in (*op.inputs, *op.outputs) if tensor is not None}
        touched |= {arrays[tensor] for tensor in touched if tensor in arrays}
        if depending.isdisjoint(touched):
            before += block
            continue
        behind += block
        depending |= {tensor for op in block for tensor in op.outputs} | (touched & changing)
    return before, behind, depending


def _blocks(ops: Sequence[Op]) -> Iterator[list[Op]]:
    """Operators one by one, but those of a loop or a condition together."""
    depth = 0
    block: list[Op] = []
    for op in ops:
        depth += (op.kind in ("loop", "if")) - (op.kind == "end")
        block.append(op)
        if not depth:
            yield block
            block = []

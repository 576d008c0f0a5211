"""From a lowered network to buffers and back: which tensors share storage, when each is alive, where it lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.sni.ir import Graph, Op
from tools.sni.memory.planner import Buffer, Plan, plan
from tools.sni.operators import Kernel


@dataclass(frozen=True)
class Placement:
    """One tensor's place: bytes from the start of the arena, and the steps (indices of operators) of its life.

    Step -1 is before the first operator, when the caller writes the input; the last step is after the last operator.
    """

    offset: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Arena:
    """placements: by tensor, for all that are computed, are inputs or are variables. scratch: by step and name.

    size and lower_bound: bytes.
    """

    placements: Mapping[int, Placement]
    scratch: Mapping[tuple[int, str], Placement]
    size: int
    lower_bound: int
    strategy: str


def plan_arena(graph: Graph, kernels: Sequence[Kernel]) -> Arena:
    """Lays out all activations of a graph whose operators have these kernels (one each, in order)."""
    lives = _lifetimes(graph)
    storage = _shared_storage(graph, kernels, lives)
    groups: dict[int, list[int]] = {}
    for tensor in lives:
        groups.setdefault(storage[tensor], []).append(tensor)
    buffers = [
        Buffer(
            max(1, *(graph.tensors[tensor].bytes for tensor in tensors)),
            min(lives[tensor][0] for tensor in tensors),
            max(lives[tensor][1] for tensor in tensors),
        )
        for tensors in groups.values()
    ]
    needs = [(step, need) for step, kernel in enumerate(kernels) for need in kernel.scratch]
    buffers += [Buffer(max(1, need.bytes), step, step) for step, need in needs]
    result: Plan = plan(buffers)
    # zip stops at the last group; the offsets behind belong to the scratch.
    offsets = {t: offset for tensors, offset in zip(groups.values(), result.offsets, strict=False) for t in tensors}
    scratch = {
        (step, need.name): Placement(offset, need.bytes, step, step)
        for (step, need), offset in zip(needs, result.offsets[len(groups) :], strict=True)
    }
    placements = {t: Placement(offsets[t], graph.tensors[t].bytes, *lives[t]) for t in lives}
    return Arena(placements, scratch, result.size, result.lower_bound, result.strategy)


def _lifetimes(graph: Graph) -> dict[int, tuple[int, int]]:
    """First and last step of every tensor that needs memory."""
    lives = dict.fromkeys(graph.inputs, (-1, -1))
    for step, op in enumerate(graph.ops):
        for tensor in op.inputs:
            if tensor in lives and not graph.tensors[tensor].variable:
                lives[tensor] = (lives[tensor][0], step)
        for tensor in op.outputs:
            lives[tensor] = (step, step)
    for tensor in graph.outputs:
        if tensor in lives:
            lives[tensor] = (lives[tensor][0], len(graph.ops))
    return lives


def _shared_storage(graph: Graph, kernels: Sequence[Kernel], lives: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """For each tensor the one whose storage it uses: a view always its input's, an in-place output where it may."""
    storage = {tensor: tensor for tensor in lives}
    last_use = {tensor: last for tensor, (_, last) in lives.items()}
    for step, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        pairs = ((0, 0),) if kernel.view else kernel.in_place
        for output_position, input_position in pairs:
            source, target = op.inputs[input_position], op.outputs[output_position]
            if source not in storage or (not kernel.view and not _dies(op, source, step, storage, last_use, graph)):
                continue
            root = storage[source]
            storage[target] = root
            last_use[root] = max(last_use[root], lives[target][1])
            break
    return storage


def _dies(
    op: Op, source: int, step: int, storage: Mapping[int, int], last_use: Mapping[int, int], graph: Graph
) -> bool:
    """Whether nothing reads the storage of `source` after this step, nor this operator through another input."""
    root = storage[source]
    others = [tensor for tensor in op.inputs if tensor is not None and tensor != source]
    if any(storage.get(tensor) == root for tensor in others) or op.inputs.count(source) > 1:
        return False
    return last_use[root] == step

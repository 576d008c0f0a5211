"""From a lowered network to buffers and back: which tensors share storage, when each is alive, where it lies."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tools.sni.ir import DType, Graph, Op
from tools.sni.memory.planner import Buffer, Leads, Plan, needed, plan
from tools.sni.memory.row_leads import Row, row_leads
from tools.sni.operators import Kernel, Scratch


@dataclass(frozen=True)
class Placement:
    """One tensor's place: bytes from the start of the arena, and the steps (indices of operators) of its life.

    Step -1 is before the first operator, when the caller writes the input; the last step is after the last operator.
    stride: bytes by which the place moves on in each iteration of a loop; depth: how many loops that one stands in.
    room: where the storage that it shares with others begins and ends; it moves within.
    """

    offset: int
    size: int
    first: int
    last: int
    stride: int = 0
    depth: int = 0
    room: tuple[int, int] = (0, 0)

    def shares(self, other: Placement) -> bool:
        """Whether the two have a byte in common, at the same iteration of a loop."""
        if self.stride == other.stride:
            mine, theirs = (self.offset, self.offset + self.size), (other.offset, other.offset + other.size)
        else:
            mine, theirs = self.room, other.room
        return mine[0] < theirs[1] and theirs[0] < mine[1]


@dataclass(frozen=True)
class Arena:
    """placements: by tensor, for all that are computed, are inputs or are variables. scratch: by step and name.

    size and lower_bound: bytes. strategy: how the planner came upon it, after "buffers placed".
    """

    placements: Mapping[int, Placement]
    scratch: Mapping[tuple[int, str], Placement]
    size: int
    lower_bound: int
    strategy: str


def plan_arena(graph: Graph, kernels: Sequence[Kernel]) -> Arena:
    """Lays out all activations of a graph whose operators have these kernels (one each, in order)."""
    lives = _lifetimes(graph, loops_of(kernels))
    storage = _shared_storage(graph, kernels, lives)
    found = _planned(graph, kernels, lives, storage)
    # One place for an input and an output leaves them less freedom towards others than a lead does.
    led = [replace(kernel, in_place=tuple(set(kernel.in_place) - _led(kernel))) for kernel in kernels]
    freer = _shared_storage(graph, led, lives)
    if freer == storage:
        return found
    return min(found, _planned(graph, led, lives, freer), key=lambda arena: arena.size)


def _led(kernel: Kernel) -> set[tuple[int, int]]:
    """The pairs of positions that a kernel has leads for."""
    return {(pair.output, pair.input) for pair in kernel.overlap}


def steps_needed(graph: Graph, kernels: Sequence[Kernel]) -> list[int]:
    """For each step about the bytes that it needs, however the others are laid out."""
    lives = _lifetimes(graph, loops_of(kernels))
    storage = _stored(graph, kernels, lives, _shared_storage(graph, kernels, lives))
    found = needed(storage.buffers, storage.leads)
    # At a step at which nothing begins, no more is alive than at the one before.
    return list(itertools.accumulate(range(len(kernels)), lambda last, step: found.get(step, last), initial=0))[1:]


@dataclass(frozen=True)
class _Storage:
    """The planner's problem. groups: the tensors in each buffer, by the one that gives it, in the order of the buffers.

    rows: where tensors lie in theirs. scratch: step and need of each of the buffers that follow.
    """

    groups: Mapping[int, Sequence[int]]
    rows: Mapping[int, Row]
    scratch: Sequence[tuple[int, Scratch]]
    buffers: Sequence[Buffer]
    leads: Leads


def _stored(
    graph: Graph, kernels: Sequence[Kernel], lives: Mapping[int, tuple[int, int]], storage: Mapping[int, int]
) -> _Storage:
    """storage: for each tensor the one whose place it shares."""
    rows = _rows(graph, kernels, storage)
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
    leads = _leads(graph, kernels, storage, rows, dict(zip(groups, buffers, strict=False)))
    numbers = {root: number for number, root in enumerate(groups)}
    for (output, source), distance in row_leads(graph, kernels, storage, rows).items():
        if _may_alias(graph.tensors[output].dtype, graph.tensors[source].dtype):
            leads[numbers[output], numbers[source]] = distance
    return _Storage(groups, rows, needs, buffers, leads)


def _planned(
    graph: Graph, kernels: Sequence[Kernel], lives: Mapping[int, tuple[int, int]], storage: Mapping[int, int]
) -> Arena:
    """The arena if tensors lie where `storage` says: with the tensor whose place they share."""
    stored = _stored(graph, kernels, lives, storage)
    groups, rows, buffers = stored.groups, stored.rows, stored.buffers
    result: Plan = plan(buffers, stored.leads)
    # zip stops at the last group; the offsets behind belong to the scratch.
    offsets = {t: offset for tensors, offset in zip(groups.values(), result.offsets, strict=False) for t in tensors}
    scratch = {
        (step, need.name): Placement(offset, need.bytes, step, step, room=(offset, offset + need.bytes))
        for (step, need), offset in zip(stored.scratch, result.offsets[len(groups) :], strict=True)
    }
    rooms = {root: (offsets[root], offsets[root] + b.size) for root, b in zip(groups, buffers, strict=False)}
    placements = {
        t: Placement(
            offsets[t] + rows[t].offset,
            graph.tensors[t].bytes,
            *lives[t],
            rows[t].stride,
            rows[t].depth,
            rooms[storage[t]],
        )
        for t in lives
    }
    return Arena(placements, scratch, result.size, result.lower_bound, result.strategy)


def loops_of(kernels: Sequence[Kernel]) -> list[tuple[int, int]]:
    """The first and the last step of each loop, inner ones before those they stand in."""
    open_blocks: list[int] = []
    loops = []
    for step, kernel in enumerate(kernels):
        if kernel.block in ("loop", "if"):
            open_blocks.append(step)
        elif kernel.block == "end":
            first = open_blocks.pop()
            if kernels[first].block == "loop":
                loops.append((first, step))
    return loops


def _lifetimes(graph: Graph, loops: Sequence[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """First and last step of every tensor that needs memory."""
    lives = dict.fromkeys(graph.inputs, (-1, -1))
    for step, op in enumerate(graph.ops):
        for tensor in (*op.inputs, *op.outputs):
            if tensor is not None and not graph.tensors[tensor].is_constant:
                lives[tensor] = (lives.get(tensor, (step, step))[0], step)
    for tensor in graph.outputs:
        if tensor in lives:
            lives[tensor] = (lives[tensor][0], len(graph.ops))
    for tensor, (first, last) in lives.items():
        # What is used on both sides of a loop's beginning or end is needed by the next iteration too.
        for begin, end in loops:
            if first < begin <= last <= end or begin <= first <= end < last:
                first, last = min(first, begin), max(last, end)
        whole = (-1, len(graph.ops)) if graph.tensors[tensor].variable else (first, last)
        lives[tensor] = whole
    return lives


def _shared_storage(graph: Graph, kernels: Sequence[Kernel], lives: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """For each tensor the one whose storage it uses: a view its input's, an in-place output where it may."""
    storage = {tensor: tensor for tensor in lives}
    last_use = {tensor: last for tensor, (_, last) in lives.items()}
    written = _written_again(graph, kernels)
    rows: set[int] = set()
    for step, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        pairs = ((0, 0),) if kernel.view else kernel.in_place
        for output_position, input_position in pairs:
            source, target = op.inputs[input_position], op.outputs[output_position]
            if source not in storage or target in written or target in rows:
                continue
            root = storage[source]
            overwritten = any(step < other <= lives[target][1] for other in written.get(root, ()))
            free = kernel.view or _dies(op, source, step, storage, last_use, graph)
            if kernel.row is not None:
                rows.add(target)
            elif overwritten or not free:
                continue
            storage[target] = root
            last_use[root] = max(last_use[root], lives[target][1])
            break
    return storage


def _written_again(graph: Graph, kernels: Sequence[Kernel]) -> dict[int, list[int]]:
    """The steps that write the tensors which do not keep what they were first given: variables, values of loops."""
    steps: dict[int, list[int]] = {}
    for step, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        for tensor in op.outputs if kernel.row is None else ():
            steps.setdefault(tensor, []).append(step)
    return {tensor: at for tensor, at in steps.items() if len(at) > 1 or graph.tensors[tensor].variable}


def _rows(graph: Graph, kernels: Sequence[Kernel], storage: Mapping[int, int]) -> dict[int, Row]:
    """The tensors that share a part of a storage, and those that share it with them."""
    rows = dict.fromkeys(storage, Row())
    # What is copied from one row to another of the same storage has its place already.
    placed = {op.outputs[0] for op, kernel in zip(graph.ops, kernels, strict=True) if kernel.row is not None}
    loops = loops_of(kernels)
    for step, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        pairs = ((0, 0),) if kernel.view else kernel.in_place
        for output_position, input_position in pairs:
            source, target = op.inputs[input_position], op.outputs[output_position]
            if source not in storage or storage[source] != storage[target] or source == target:
                continue
            if kernel.row is not None:
                offset, stride = kernel.row
                depth = sum(first < step < last for first, last in loops)
                assert not (stride and rows[source].stride), "a row of a row moves in one of the loops only"
                rows[target] = Row(
                    rows[source].offset + offset, rows[source].stride or stride, rows[source].depth or depth
                )
            elif target not in placed:
                rows[target] = rows[source]
            break
    return rows


def _dies(
    op: Op, source: int, step: int, storage: Mapping[int, int], last_use: Mapping[int, int], graph: Graph
) -> bool:
    """Whether nothing reads the storage of `source` after this step, nor this operator through another input."""
    root = storage[source]
    others = [tensor for tensor in op.inputs if tensor is not None and tensor != source]
    if any(storage.get(tensor) == root for tensor in others) or op.inputs.count(source) > 1:
        return False
    return last_use[root] == step


def _leads(
    graph: Graph,
    kernels: Sequence[Kernel],
    storage: Mapping[int, int],
    rows: Mapping[int, Row],
    buffers: Mapping[int, Buffer],
) -> dict[tuple[int, int], int]:
    """The planner's Leads: kernels that write over a dying input. buffers: by the tensor that gives the storage, then
    those of scratch memory, in order.
    """
    leads = {}
    numbers = {root: number for number, root in enumerate(buffers)}
    scratch = itertools.count(len(buffers))
    for step, (op, kernel) in enumerate(zip(graph.ops, kernels, strict=True)):
        covers = []
        for pair in kernel.overlap:
            target = op.outputs[pair.output]
            if rows[target] == Row() and buffers[storage[target]].first == step:
                covers.append((numbers[storage[target]], graph.tensors[target].dtype, pair.input, pair.lead))
        for need, number in zip(kernel.scratch, scratch, strict=False):
            if need.over:
                covers.append((number, need.dtype, *need.over))
        for number, dtype, position, lead in covers:
            source = op.inputs[position]
            if source not in storage or rows[source] != Row():
                continue
            root = storage[source]
            dies = buffers[root].last == step and [storage.get(t) for t in op.inputs].count(root) == 1
            if dies and _may_alias(graph.tensors[source].dtype, dtype):
                leads[number, numbers[root]] = lead
    return leads


def _may_alias(a: DType, b: DType) -> bool:
    """Whether a C compiler must expect that what is written as one type is read as the other.

    It need not, unless they are the same or one is a character: then it may read before it writes or after.
    """
    return a is b or not {DType.INT8, DType.UINT8}.isdisjoint((a, b))

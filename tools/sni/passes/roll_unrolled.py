"""Unrolled steps of a recurrent network become a loop again, over one copy of their operators.

The steps are found by their weights (isomorphism.py). A value that the body of the loop reads is then, over the steps,
one of three: always the same; what the body made in the step before; or the next row of an array. A value that is read
outside is the next row of an array as well, or wanted of the last step only. Quantisation may differ from step to step:
kernels are told it by numbers (told_quantisation.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.passes.around_loop import around_loop
from tools.sni.passes.array_rows import affine, in_rows, row_of, unpacked, view_of_row
from tools.sni.passes.isomorphism import Steps, find_steps
from tools.sni.passes.told_quantisation import has_kernels, tell_others

_FEWEST = 3
"""Steps that are worth a loop."""

_Each = tuple[int | None, ...]
"""A tensor of each step, all in the same role."""


def roll_unrolled(graph: Graph) -> Graph:
    """Repeated operators over the same constants, each step fed by the one before it, become a loop: an unrolled RNN,
    LSTM or GRU takes the flash of one step, for the same bits. Where scales differ from step to step, int8 LOGISTIC and
    TANH share one table of where they rise instead of having one of results for each.
    """
    tried: set[object] = set()
    while steps := find_steps(graph, _FEWEST, tried):
        try:
            graph = _Roller(graph, steps).rolled()
            # What stood in the way of others can be gone.
            tried = set()
        except _CannotRollError:
            tried.add(steps.mark)
    return graph


class _CannotRollError(Exception):
    """The steps are alike, but a loop over them would do something else."""


class _Roller:
    """Makes a loop of steps: the operators of the first one, with tensors of its own.

    made: what the body makes, by what it is in each step. The operators around the body are collected by what they do:
    set the values that go round, point at rows to read, store rows, carry values on; and behind the loop, view rows.
    """

    def __init__(self, graph: Graph, steps: Steps) -> None:
        self._graph = graph
        self._tensors: dict[int, Tensor] = dict(graph.tensors)
        self._fresh = itertools.count(max(graph.tensors) + 1)
        self._count = len(steps.ops)
        self._places: list[tuple[Op, ...]] = list(zip(*steps.ops, strict=True))
        inside = {id(op) for ops in self._places for op in ops}
        self._outside = [op for op in graph.ops if id(op) not in inside]
        self._read_outside = {tensor for op in self._outside for tensor in op.inputs} | set(graph.outputs)
        self._makers = {tensor: op for op in graph.ops for tensor in op.outputs}
        self._made = {each: self._new(each) for ops in self._places for each in _together(op.outputs for op in ops)}
        self._sets: list[Op] = []
        self._rows: list[Op] = []
        self._stores: list[Op] = []
        self._carries: list[Op] = []
        self._views: list[Op] = []
        # For operators outside that others take the place of, by identity.
        self._instead: dict[int, list[Op]] = {}

    def rolled(self) -> Graph:
        """The graph with the loop. Raises _CannotRollError."""
        body = self._body()
        for each, made in self._made.items():
            self._show(each, made)
        self._spread_unpacked()
        if not has_kernels(self._tensors, body):
            raise _CannotRollError
        self._tensors.update(tell_others(self._tensors, body, self._outside))
        return replace(self._graph, tensors=self._tensors).with_ops(tuple(self._ordered(body)))

    def _body(self) -> list[Op]:
        known: dict[_Each, int | None] = {}
        body = []
        for ops in self._places:
            inputs = list(_together(op.inputs for op in ops))
            for each in inputs:
                if each not in known:
                    known[each] = self._input(each)
            outputs = _together(op.outputs for op in ops)
            body.append(
                replace(
                    ops[0],
                    inputs=tuple(known[each] for each in inputs),
                    outputs=tuple(self._made[each] for each in outputs),
                )
            )
        return body

    def _input(self, each: _Each) -> int | None:
        """What the body reads, where the steps read these tensors."""
        if each in self._made:
            return self._made[each]
        if all(self._same(each[0], other) for other in each):
            return each[0]
        for over, made in self._made.items():
            if over[:-1] == each[1:]:
                value = self._new(each)
                self._sets.append(self._op("copy", each[0], value))
                self._carries.append(self._op("copy", made, value))
                return value
        if all(self._are_like_constants(each[0], other) for other in each):
            return self._stacked(each)
        array, start, stride = self._line(each)
        value = self._new(each)
        self._rows.append(self._op("row", array, value, start=start, stride=stride))
        return value

    def _same(self, a: int | None, b: int | None) -> bool:
        if a is None or b is None or a == b:
            return a == b
        x, y = self._graph.tensors[a], self._graph.tensors[b]
        alike = x.is_constant and y.is_constant and replace(x, name="") == replace(y, name="")
        return alike and x.data.tobytes() == y.data.tobytes()

    def _are_like_constants(self, a: int | None, b: int | None) -> bool:
        """Whether two constants differ in nothing but what they hold and how that is quantised."""
        x, y = self._graph.tensors.get(a), self._graph.tensors.get(b)
        return bool(x and y and x.is_constant and y.is_constant) and (x.dtype, x.shape) == (y.dtype, y.shape)

    def _stacked(self, each: _Each) -> int:
        """A constant that is another one in each step, which few operators can do with: isomorphism.MAY_DIFFER."""
        key = self._new(each)
        data = tuple(self._graph.tensors[tensor].data for tensor in each)
        self._tensors[key] = replace(self._tensors[key], data=data[0], data_per_step=data)
        return key

    def _op(self, kind: str, source: int, target: int, **attributes: int) -> Op:
        """An operator of the loop, which messages say to be where the first step begins."""
        first = self._places[0][0]
        return Op(kind, (source,), (target,), attributes, first.index, first.subgraph)

    def _new(self, each: _Each) -> int:
        """A computed tensor that stands for one of each step, with the quantisation of each where it differs."""
        key = next(self._fresh)
        steps = tuple(self._graph.tensors[tensor].quantisation for tensor in each)
        like = replace(self._graph.tensors[each[0]], data=None)
        self._tensors[key] = like if len(set(steps)) == 1 else replace(like, per_step=steps)
        return key

    def _line(self, each: _Each) -> tuple[int, int, int]:
        """The array whose rows these tensors are, the first row, and the rows from one to the next."""
        makers = [self._makers.get(tensor) for tensor in each]
        rows = [op and row_of(self._graph, op, tensor) for op, tensor in zip(makers, each, strict=True)]
        if None in rows or len({array for array, _ in rows}) > 1:
            raise _CannotRollError
        line = affine([number for _, number in rows])
        if line is None:
            raise _CannotRollError
        return rows[0][0], *line

    def _show(self, each: _Each, made: int) -> None:
        """Puts what the steps make where operators outside of the loop read it."""
        shown = [tensor for tensor in each if tensor in self._read_outside]
        if not shown or self._as_pack(each, made):
            return
        if shown == [each[-1]]:
            self._carries.append(self._op("copy", made, each[-1]))
            return
        like = self._tensors[made]
        array = next(self._fresh)
        shape = (self._count, *like.shape)
        self._tensors[array] = replace(like, name=f"{like.name} of all steps", shape=shape, per_step=())
        self._store(each, array, 0, 1)
        for number, tensor in enumerate(each):
            if tensor in shown:
                self._views.append(view_of_row(array, number, tensor, self._places[0][0]))

    def _store(self, each: _Each, array: int, start: int, stride: int) -> None:
        row = self._new(each)
        self._stores.append(self._op("row", array, row, start=start, stride=stride))
        self._stores.append(self._op("copy", self._made[each], row))

    def _as_pack(self, each: _Each, made: int) -> bool:
        """Whether a PACK is all that reads these; then the loop writes its rows."""
        readers = [op for op in self._outside if not set(each).isdisjoint(op.inputs)]
        if len(readers) != 1 or readers[0].kind != "PACK" or not set(each).isdisjoint(self._graph.outputs):
            return False
        (pack,) = readers
        array = pack.outputs[0]
        once = all(pack.inputs.count(tensor) == 1 for tensor in each)
        line = affine([pack.inputs.index(tensor) for tensor in each]) if once else None
        if line is None or id(pack) in self._instead or not in_rows(self._tensors[array], pack):
            return False
        self._store(each, array, *line)
        self._instead[id(pack)] = list(self._other_rows(pack, each))
        return True

    def _other_rows(self, pack: Op, written: Sequence[int | None]) -> Iterator[Op]:
        """The copying that is left of a PACK."""
        for number, tensor in enumerate(pack.inputs):
            if tensor not in written:
                row = self._new((tensor,))
                yield view_of_row(pack.outputs[0], number, row, pack)
                yield Op("copy", (tensor,), (row,), {}, pack.index, pack.subgraph)

    def _spread_unpacked(self) -> None:
        """An UNPACK whose rows the loop reads where they lie is left to others as views of rows."""
        arrays = {op.inputs[0] for op in self._rows}
        for op in self._outside:
            if op.kind == "UNPACK" and op.inputs[0] in arrays and in_rows(self._tensors[op.inputs[0]], op):
                self._instead[id(op)] = list(unpacked(op, self._read_outside))

    def _ordered(self, body: Sequence[Op]) -> list[Op]:
        """What the loop does not depend on, the loop, and what depends on it."""
        begin = self._places[0][0]
        loop = [
            *self._sets,
            Op("loop", (), (), {"count": self._count}, begin.index, begin.subgraph),
            *self._rows,
            *body,
            *self._stores,
            *self._carries,
            Op("end", (), (), {}, begin.index, begin.subgraph),
            *self._views,
        ]
        made = {tensor for each in self._made for tensor in each}
        before, behind, depending = around_loop(self._graph, self._tensors, self._outside, made)
        read = {tensor for op in loop for tensor in op.inputs} - {tensor for op in loop for tensor in op.outputs}
        stored = {op.inputs[0] for op in self._stores if op.kind == "row"}
        if not depending.isdisjoint(read - stored):
            raise _CannotRollError
        return [*self._replaced(before), *loop, *self._replaced(behind)]

    def _replaced(self, ops: Sequence[Op]) -> Iterator[Op]:
        for op in ops:
            yield from self._instead.get(id(op), (op,))


def _together(tensors: Iterator[Sequence[int | None]]) -> Iterator[_Each]:
    """From the tensors of one operator in each step to each of its tensors in all steps."""
    return zip(*tensors, strict=True)

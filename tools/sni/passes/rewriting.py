"""What the passes share: a walk over a graph that rewrites it, and what may be touched on the way.

Graphs hold more than values that are made once. Variables live on from one inference to the next, and what a loop or a
condition makes is written in several places. Such tensors are not *stable*: reading them elsewhere, or later, can give
another value. Passes look through and rename stable tensors only.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType, Graph, Op, Quantisation, Tensor
from tools.sni.lower import layer_of, problems
from tools.sni.operators import Layer
from tools.sni.options import Options

_OPTIONS = Options("model")
"""Checks ask for none of what can be chosen."""

RESHAPES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
"""The operators that give an array another shape and do nothing else."""


def is_control(op: Op) -> bool:
    """Whether the operator begins or ends a block: a loop or a condition (tools/sni/ops/control_flow.py)."""
    return op.kind.islower() and not op.outputs


@dataclass(frozen=True)
class _Maker:
    """position: of the operator in the new order. block: counts the beginnings and ends of loops in front of it."""

    position: int
    block: int


class Sweep:
    """A graph as it is rewritten, operator by operator in order of execution.

    A pass makes one, gives it each operator of the graph by `keep`, or something else in its place, and takes the
    result from `graph`. `tensors` is up to date throughout.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.tensors: dict[int, Tensor] = dict(graph.tensors)
        self._ops: list[Op] = []
        self._alias: dict[int, int] = {}
        self._made: dict[int, _Maker] = {}
        self._block = 0
        self._fresh = itertools.count(max(graph.tensors, default=-1) + 1)
        writers = Counter(tensor for op in graph.ops for tensor in op.outputs)
        given = {*graph.inputs, *(key for key, tensor in graph.tensors.items() if tensor.data is not None)}
        self._unstable = {tensor for tensor, count in writers.items() if count + (tensor in given) > 1}
        self._unstable |= _rewritten_by_row(graph, self._unstable)
        self._uses = Counter(tensor for op in graph.ops for tensor in op.inputs if tensor is not None)
        self._uses.update(graph.outputs)

    def stable(self, tensor: int) -> bool:
        """Whether the tensor has one value for the whole of an inference."""
        return tensor not in self._unstable and not self.tensors[tensor].variable

    def current(self, op: Op) -> Op:
        """The operator with its inputs as they are called by now."""
        return replace(op, inputs=tuple(None if tensor is None else self._resolved(tensor) for tensor in op.inputs))

    def producer(self, tensor: int | None, kinds: Collection[str]) -> Op | None:
        """The operator, already rewritten, that makes a stable tensor, if it is of one of these kinds."""
        if tensor is None or tensor not in self._made or not self.stable(tensor):
            return None
        op = self._ops[self._made[tensor].position]
        return op if op.kind in kinds else None

    def source(self, tensor: int, kinds: Collection[str]) -> int:
        """Where a tensor comes from, through a chain of operators of these kinds that are legal: their first input."""
        op = self.producer(tensor, kinds)
        while op is not None and self.stable(op.inputs[0]) and self.legal(op):
            tensor = op.inputs[0]
            op = self.producer(tensor, kinds)
        return tensor

    def mergeable(self, op: Op, kinds: Collection[str]) -> Op | None:
        """The producer of the operator's first input, if the two can become one by `merge`.

        It is of one of these kinds, nothing else reads what it makes, and no loop or condition begins or ends between.
        """
        (output,), between = op.outputs, op.inputs[0]
        producer = self.producer(between, kinds)
        if producer is None or len(producer.outputs) != 1 or not self.stable(output):
            return None
        alone = self._uses[between] == 1 and self._made[between].block == self._block
        return producer if alone else None

    def is_output(self, tensor: int) -> bool:
        return tensor in self._graph.outputs

    def legal(self, op: Op) -> bool:
        """Whether the operator's own check accepts it.

        What it does not accept stays as it is, so that the messages are about what the file says.
        """
        return not problems(Graph(self.tensors, (op,), (), ()), "", _OPTIONS)

    def layer(self, op: Op) -> Layer:
        """The operator with its tensors at hand."""
        return layer_of(Graph(self.tensors, (op,), (), ()), op, _OPTIONS)

    def constant_last(self, op: Op) -> Op:
        """ADD and MUL with a constant in front of what is computed the other way round, which is the same."""
        first = op.inputs[0] if op.inputs else None
        turns = op.kind in ("ADD", "MUL") and len(op.inputs) == 2 and first is not None
        return replace(op, inputs=op.inputs[::-1]) if turns and self.tensors[first].is_constant else op

    def keep(self, op: Op) -> None:
        """Adds an operator, the graph's own or one instead of it."""
        self._block += is_control(op)
        self._ops.append(op)
        for tensor in op.outputs:
            self._made[tensor] = _Maker(len(self._ops) - 1, self._block)

    def merge(self, producer: Op, op: Op) -> None:
        """Puts an operator in the place of a mergeable producer."""
        maker = self._made.pop(producer.outputs[0])
        self._ops[maker.position] = op
        self._made[op.outputs[0]] = maker

    def define(self, tensor: int, data: np.ndarray) -> None:
        """Makes a stable tensor a constant, instead of the operator that made it."""
        # Reshaped, because NumPy makes a contiguous scalar an array of one dimension.
        self.tensors[tensor] = replace(self.tensors[tensor], data=np.ascontiguousarray(data).reshape(data.shape))

    def constant(self, name: str, dtype: DType, data: np.ndarray, quantisation: Quantisation | None = None) -> int:
        """A new constant tensor."""
        key = next(self._fresh)
        array = np.ascontiguousarray(data, dtype.numpy)
        self.tensors[key] = Tensor(name, dtype, array.shape, quantisation, array)
        return key

    def computed(self, like: Tensor) -> int:
        """A new tensor that an operator makes, of the name, type and shape of another."""
        key = next(self._fresh)
        self.tensors[key] = replace(like, data=None, variable=False)
        return key

    def identify(self, source: int, copy: int) -> bool:
        """Makes two stable tensors of one type the same, instead of an operator that copies; False if they must differ.

        The network's inputs and outputs stay what they are.
        """
        x, y = self.tensors[source], self.tensors[copy]
        if replace(x, name="") != replace(y, name="") or not (self.stable(source) and self.stable(copy)):
            return False
        if not self.is_output(copy):
            self._alias[copy] = source
            self._uses[source] += self._uses[copy] - 1
            return True
        if self.is_output(source) or source not in self._made:
            return False
        self._alias[source] = copy
        self._uses[copy] += self._uses[source] - 1
        self._made[copy] = self._made.pop(source)
        position = self._made[copy].position
        self._ops[position] = self._renamed(self._ops[position])
        return True

    def graph(self) -> Graph:
        """The graph that has come about."""
        changed = replace(self._graph, tensors=self.tensors)
        return changed.with_ops(tuple(self._renamed(op) for op in self._ops))

    def _resolved(self, tensor: int) -> int:
        while tensor in self._alias:
            tensor = self._alias[tensor]
        return tensor

    def _renamed(self, op: Op) -> Op:
        return replace(self.current(op), outputs=tuple(map(self._resolved, op.outputs)))


def _rewritten_by_row(graph: Graph, unstable: Collection[int]) -> set[int]:
    """The arrays of which some row is written, and all their rows (see passes/rows_in_loops.py)."""
    rows = [(op.inputs[0], op.outputs[0]) for op in graph.ops if op.kind == "row"]
    found: set[int] = set()
    while True:
        more = {tensor for pair in rows if any(t in unstable or t in found for t in pair) for tensor in pair} - found
        if not more:
            return found
        found |= more

"""WHILE and IF become blocks of one list of operators: a body from `loop` to `end`, branches from `if` to `end`.

A value that a loop carries from one iteration to the next is a tensor that is written twice, by a `copy` in front of
the loop and by one at the end of its body; what the branches of a condition make is written by one in each.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.passes.constant_folding import fold_constants
from tools.sni.passes.float16_weights import keep_float16_weights
from tools.sni.passes.loop_bounds import Bound, loop_bound
from tools.sni.passes.rows_in_loops import rows_in_body

_Names = dict[int, int]
"""What a graph's tensors are called in the one that it is put into."""


def inline_subgraphs(graph: Graph) -> Graph:
    """WHILE and IF become what they call, in the C a `for` and an `if`; a WHILE that ends before it has run a number of
    times that can be told leaves the `for` on its condition.
    """
    if not graph.subgraphs:
        return graph
    # What a loop starts from is often computed from constants alone.
    folded = {number: _folded(part) for number, part in graph.subgraphs.items()}
    inliner = _Inliner(replace(_folded(graph), subgraphs=folded))
    inliner.put(inliner.graph, {key: key for key in inliner.graph.tensors})
    return replace(graph, tensors=inliner.tensors).with_ops(tuple(inliner.ops))


def _folded(graph: Graph) -> Graph:
    """Folding would make float32 of all float16 constants."""
    return fold_constants(keep_float16_weights(graph))


class _Inliner:
    """The list of operators as it comes about, and its tensors."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.tensors: dict[int, Tensor] = dict(graph.tensors)
        self.ops: list[Op] = []
        self._fresh = itertools.count(max(graph.tensors, default=-1) + 1)

    def put(self, graph: Graph, names: _Names) -> None:
        """Adds the operators of a graph. names: is completed on the way where a tensor turns out to be another one."""
        for op in graph.ops:
            inlined = {"WHILE": self._while, "IF": self._if}.get(op.kind)
            called = replace(op, inputs=_named(op.inputs, names), outputs=_named(op.outputs, names))
            if inlined is None:
                self.ops.append(called)
                continue
            problem = inlined(called, lambda output, source, op=op: self._same(op, names, output, source))
            if problem:
                self.ops.append(replace(called, attributes={**op.attributes, "problem": problem}))

    def _same(self, op: Op, names: _Names, output: int, source: int) -> None:
        """An output turns out to be another tensor. The network's own outputs stay what they are, and are copied to."""
        if names[op.outputs[output]] in self.graph.outputs:
            self._copy(op, source, names[op.outputs[output]])
        else:
            names[op.outputs[output]] = source

    def _callee(self, op: Op, attribute: str) -> Graph:
        return self.graph.subgraphs[op.attributes[attribute]]

    def _names(self, graph: Graph, inputs: Sequence[int]) -> _Names:
        """Tensors for a subgraph that is called with these inputs."""
        names = dict(zip(graph.inputs, inputs, strict=True))
        for key, tensor in graph.tensors.items():
            if key not in names:
                names[key] = next(self._fresh)
                self.tensors[names[key]] = tensor
        return names

    def _copy(self, op: Op, source: int, target: int) -> None:
        self._add(op, "copy", (source,), (target,))

    def _add(
        self, op: Op, kind: str, inputs: tuple[int, ...] = (), outputs: tuple[int, ...] = (), **attributes
    ) -> None:
        self.ops.append(Op(kind, inputs, outputs, attributes, op.index, op.subgraph))

    def _differ(self, given: Sequence[int], callee: Graph, side: str) -> str:
        """What is wrong with the inputs or outputs of a subgraph that is called with these tensors."""
        keys = callee.inputs if side == "inputs" else callee.outputs
        if len(given) != len(keys):
            return f"calls a subgraph with {len(keys)} {side}; accepted: {len(given)}, as many as it has values"
        for position, (key, own) in enumerate(zip(given, keys, strict=True)):
            outer, inner = self.tensors[key], callee.tensors[own]
            if outer.dtype is not inner.dtype or outer.elements != inner.elements:
                return (
                    f"calls a subgraph whose {side} are other than its values: number {position} is {inner}; "
                    f"accepted: the type and size of {outer}"
                )
        return ""

    def _if(self, op: Op, same: Callable[[int, int], None]) -> str:
        condition, *inputs = op.inputs
        branches = [self._callee(op, name) for name in ("then_subgraph_index", "else_subgraph_index")]
        for branch in branches:
            problem = self._differ(inputs, branch, "inputs") or self._differ(op.outputs, branch, "outputs")
            if problem:
                return problem
        if self.tensors[condition].is_constant:
            taken = branches[0 if self.tensors[condition].data.any() else 1]
            names = self._names(taken, inputs)
            self.put(taken, names)
            for position, output in enumerate(taken.outputs):
                same(position, names[output])
            return ""
        for kind, branch in zip(("if", "else"), branches, strict=True):
            self._add(op, kind, (condition,) if kind == "if" else ())
            names = self._names(branch, inputs)
            self.put(branch, names)
            for output, target in zip(branch.outputs, op.outputs, strict=True):
                self._copy(op, names[output], target)
        self._add(op, "end")
        return ""

    def _while(self, op: Op, same: Callable[[int, int], None]) -> str:
        cond, body = (self._callee(op, name) for name in ("cond_subgraph_index", "body_subgraph_index"))
        for part, side in ((cond, "inputs"), (body, "inputs"), (body, "outputs")):
            problem = self._differ(op.inputs, part, side)
            if problem:
                return problem
        if len(cond.outputs) != 1 or cond.tensors[cond.outputs[0]].dtype is not DType.BOOL:
            return f"has a condition that makes {len(cond.outputs)} values; one bool is needed"
        bound = loop_bound(cond, body, [self.tensors[key] for key in op.inputs])
        if isinstance(bound, str):
            return bound
        kept = {position for position, (a, b) in enumerate(zip(body.inputs, body.outputs, strict=True)) if a == b}
        body, filled = rows_in_body(body, kept, bound)
        for position in kept:
            same(position, op.inputs[position])
        carried = [position for position in range(len(op.inputs)) if position not in kept]
        values = [
            op.inputs[position] if position in kept else op.outputs[position] for position in range(len(op.inputs))
        ]
        for position in carried:
            if not filled.get(position, False):
                self._copy(op, op.inputs[position], values[position])
        if bound.count:
            self._loop(op, cond, body, bound, values, [p for p in carried if p not in filled])
        return ""

    def _loop(
        self, op: Op, cond: Graph, body: Graph, bound: Bound, values: Sequence[int], carried: Sequence[int]
    ) -> None:
        """The loop itself. values: what it goes on with. carried: positions of those that its body makes anew."""
        self._add(op, "loop", count=bound.count)
        if not bound.certain:
            names = self._names(cond, values)
            self.put(cond, names)
            self._add(op, "leave", (names[cond.outputs[0]],))
        names = self._names(body, values)
        self.put(body, names)
        made = {position: names[body.outputs[position]] for position in carried}
        overwritten = {values[position] for position in carried}
        for position, source in made.items():
            if source in overwritten and source != values[position]:
                # Another of the loop's values, as it was before this copying begins.
                made[position] = next(self._fresh)
                self.tensors[made[position]] = self.tensors[source]
                self._copy(op, source, made[position])
        for position, source in made.items():
            self._copy(op, source, values[position])
        self._add(op, "end")


def _named(tensors: Sequence[int | None], names: Mapping[int, int]) -> tuple[int | None, ...]:
    return tuple(None if tensor is None else names[tensor] for tensor in tensors)

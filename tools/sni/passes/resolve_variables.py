"""VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE become a tensor that lives on, and copies from and to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.passes.evaluation import evaluate

_KINDS = ("VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE")


def resolve_variables(graph: Graph) -> Graph:
    """Each variable becomes a tensor of the caller's state, which holds at first what CALL_ONCE assigns, or what TFLM
    sets it to; READ_VARIABLE and ASSIGN_VARIABLE become copies, which the memory planner makes views where it can.
    """
    if not any(op.kind in _KINDS for op in graph.ops):
        return replace(graph, subgraphs={})
    return replace(_Resolver(graph).graph(), subgraphs={})


class _Resolver:
    """handles: the name of the variable that a tensor is the handle of. keys: the tensor that a variable becomes."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tensors: dict[int, Tensor] = dict(graph.tensors)
        self._handles = _handles(graph)
        self._keys: dict[str, int] = {}
        fresh = itertools.count(max(graph.tensors, default=-1) + 1)
        for op in graph.ops:
            value = {"READ_VARIABLE": op.outputs[:1], "ASSIGN_VARIABLE": op.inputs[1:]}.get(op.kind, ())
            name = self._handles.get(op.inputs[0]) if value else None
            if name is not None and name not in self._keys:
                self._keys[name] = next(fresh)
                like = graph.tensors[value[0]]
                self._tensors[self._keys[name]] = replace(like, name=name, data=None, variable=True)

    def graph(self) -> Graph:
        used: set[str] = set()
        depth = 0
        ops = []
        for op in self._graph.ops:
            depth += (op.kind in ("loop", "if")) - (op.kind == "end")
            ops += self._once(op, used, depth) if op.kind == "CALL_ONCE" else self._resolved(op, used)
        return replace(self._graph, tensors=self._tensors).with_ops(tuple(ops))

    def _resolved(self, op: Op, used: set[str]) -> Iterator[Op]:
        if op.kind not in ("READ_VARIABLE", "ASSIGN_VARIABLE"):
            if op.kind != "VAR_HANDLE":
                yield op
            return
        name = self._handles.get(op.inputs[0])
        if name is None:
            problem = f"has the handle {self._graph.tensors[op.inputs[0]]}, which is not simply that of a VAR_HANDLE"
            yield replace(op, outputs=op.outputs or op.inputs[1:], attributes={"problem": problem})
            return
        used.add(name)
        key = self._keys[name]
        if op.kind == "READ_VARIABLE":
            yield replace(op, inputs=(key,), attributes={})
        else:
            yield replace(op, inputs=op.inputs[1:], outputs=(key,), attributes={})

    def _once(self, op: Op, used: set[str], depth: int) -> Iterator[Op]:
        """Nothing, if what a CALL_ONCE does can be done when the state is made; else the operator, with the reason."""
        first = self._graph.subgraphs[op.attributes["init_subgraph_index"]]
        handles, values = _handles(first), evaluate(first, {})
        problem = "stands in a loop or a condition; accepted: at the beginning of the network" if depth else ""
        for inner in first.ops:
            if inner.kind != "ASSIGN_VARIABLE":
                continue
            name, value = handles.get(inner.inputs[0]), values.get(inner.inputs[1])
            if name is None or value is None:
                tensor = first.tensors[inner.inputs[1]]
                problem = f"assigns {tensor}, which is computed, or to no known variable; accepted: constants"
            elif name in used:
                problem = f'sets the variable "{name}" after it was used; accepted: before anything uses it'
            elif name in self._keys:
                problem = problem or self._set(name, value)
        if problem:
            yield replace(op, attributes={**op.attributes, "problem": problem})

    def _set(self, name: str, value: np.ndarray) -> str:
        tensor = self._tensors[self._keys[name]]
        if value.size != tensor.elements or value.dtype != tensor.dtype.numpy:
            return f'sets the variable "{name}" to {value.dtype.name}{list(value.shape)}, which is read as {tensor}'
        self._tensors[self._keys[name]] = replace(tensor, data=value.reshape(tensor.shape))
        return ""


def _handles(graph: Graph) -> dict[int, str]:
    """The variable's name for each handle; a container, if there is one, is part of it."""
    handles = {}
    for op in graph.ops:
        if op.kind == "VAR_HANDLE":
            container, name = (op.attributes.get(key) or "" for key in ("container", "shared_name"))
            handles[op.outputs[0]] = f"{container}/{name}" if container else name
    return handles

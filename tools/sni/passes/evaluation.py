"""What can be known of a graph's values without its inputs: counters of loops, what variables are set to at first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import numpy as np

from tools.sni.ir import Graph, Op

Values = Mapping[int, np.ndarray]
"""By tensor; what is not there is not known."""

_LARGEST = 64
"""Elements of a value that is worth following: indices, shapes, counters."""

_LOGICAL = ("LOGICAL_AND", "LOGICAL_OR")
"""Kinds for which one of the inputs can be enough."""

_ELEMENTWISE: dict[str, Callable[..., np.ndarray]] = {
    "ADD": np.add,
    "SUB": np.subtract,
    "MUL": np.multiply,
    "MINIMUM": np.minimum,
    "MAXIMUM": np.maximum,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
    "LOGICAL_NOT": np.logical_not,
}


def evaluate(graph: Graph, known: Values) -> dict[int, np.ndarray]:
    """The values of a graph's tensors that follow from its constants and from `known`."""
    values = {key: tensor.data for key, tensor in graph.tensors.items() if tensor.is_constant}
    values.update(known)
    for op in graph.ops:
        try:
            result = _result(graph, op, values)
            if result is not None:
                output = graph.tensors[op.outputs[0]]
                values[op.outputs[0]] = np.asarray(result, output.dtype.numpy).reshape(output.shape)
        except (ValueError, IndexError):
            # Shapes that do not fit: the operator's own check will say so.
            continue
    return values


def knowable(graph: Graph, known: Collection[int]) -> set[int]:
    """The tensors that can follow from constants and from those that are known, whatever their values are."""
    found = {key for key, tensor in graph.tensors.items() if tensor.is_constant}.union(known)
    for op in graph.ops:
        enough = any if op.kind in _LOGICAL else all
        if enough(tensor in found for tensor in op.inputs):
            found.update(op.outputs)
    return found


def _result(graph: Graph, op: Op, values: Values) -> np.ndarray | None:
    """The output of an operator; None where it cannot be known, or is not worth knowing."""
    inputs = [values.get(tensor) for tensor in op.inputs]
    if op.kind in _LOGICAL:
        return _logical(op.kind, inputs)
    if len(op.outputs) != 1 or any(value is None or value.size > _LARGEST for value in inputs):
        return None
    tensors = [graph.tensors[tensor] for tensor in (*op.inputs, *op.outputs)]
    plain = all(tensor.quantisation is None for tensor in tensors)
    unfused = op.attributes.get("fused_activation_function", "NONE") == "NONE"
    if op.kind in _ELEMENTWISE and plain and unfused:
        with np.errstate(over="ignore"):
            return _ELEMENTWISE[op.kind](*inputs)
    if op.kind in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS", "CAST"):
        return inputs[0]
    if op.kind == "CONCATENATION":
        return np.concatenate(inputs, axis=op.attributes.get("axis", 0))
    if op.kind == "PACK":
        return np.stack(inputs, axis=op.attributes.get("axis", 0))
    return None


def _logical(kind: str, inputs: list[np.ndarray | None]) -> np.ndarray | None:
    """False and anything is false, true or anything is true: one input can be enough."""
    decisive = kind == "LOGICAL_OR"
    alone = [value for value in inputs if value is not None and value.size == 1 and bool(value.all()) is decisive]
    if alone:
        return alone[0]
    if any(value is None for value in inputs):
        return None
    return np.logical_or(*inputs) if decisive else np.logical_and(*inputs)

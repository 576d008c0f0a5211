"""Handles and what reads and writes through them become tensors of the state."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, assert_same_bits, assert_untouched, kinds
from tests.support.models import chain, constant, network, quantised, tensor
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.passes.resolve_variables import resolve_variables

Q = {FLOAT: None, INT8: quantised(0.1, -7)}


def value(name: str, dtype: DType) -> Tensor:
    return tensor(name, dtype, (2, 5), Q[dtype])


def handle() -> Tensor:
    return tensor("handle", DType.RESOURCE, ())


NAME = {"shared_name": "sum", "container": ""}


def accumulator(dtype: DType, first: np.ndarray | None = None) -> Graph:
    """y = the sum of all x so far, and `first`."""
    h, before, x, y = handle(), value("before", dtype), value("x", dtype), value("y", dtype)
    layers = [
        ("VAR_HANDLE", [], [h], NAME),
        ("READ_VARIABLE", [h], [before], {}),
        ("ADD", [before, x], [y], {}),
        ("ASSIGN_VARIABLE", [h, y], [], {}),
    ]
    if first is None:
        return network(layers, [x], [y])
    h, data = handle(), constant("first", dtype, first, Q[dtype])
    start = network([("VAR_HANDLE", [], [h], NAME), ("ASSIGN_VARIABLE", [h, data], [], {})], [], [])
    return network([("CALL_ONCE", [], [], {"init_subgraph_index": 1}), *layers], [x], [y], {1: start})


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_reading_and_writing_name_the_tensor_itself(dtype: DType) -> None:
    resolved = resolve_variables(accumulator(dtype))
    assert kinds(resolved) == ["READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"]
    (variable,) = (key for key, t in resolved.tensors.items() if t.variable)
    read, _, written = resolved.ops
    assert (read.inputs, written.outputs) == ((variable,), (variable,))
    assert not any(t.dtype is DType.RESOURCE for t in resolved.tensors.values())
    assert_same_bits(accumulator(dtype))


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_what_is_assigned_once_is_what_it_holds_at_first(dtype: DType) -> None:
    first = np.arange(10).reshape(2, 5)
    resolved = resolve_variables(accumulator(dtype, first))
    assert kinds(resolved) == ["READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"]
    (variable,) = (t for t in resolved.tensors.values() if t.variable)
    np.testing.assert_array_equal(variable.data, first)
    assert_same_bits(accumulator(dtype, first))


def test_not_a_graph_without_variables() -> None:
    a, b, c = (value(name, FLOAT) for name in "abc")
    assert_untouched(resolve_variables, chain([("ADD", [a, b], [c], {})]))

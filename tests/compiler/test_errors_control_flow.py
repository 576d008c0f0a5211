"""What the command says about loops: those without a bound, those whose operators do not fit, and what a loop costs."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import constant, network, tensor
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.inspection import inspect_model
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.options import Options

BOOL, FLOAT, INT32 = DType.BOOL, DType.FLOAT32, DType.INT32


def whole(name: str, value: int) -> Tensor:
    return constant(name, INT32, np.array(value))


def loop(change: Tensor, limit: Tensor | None = None) -> Graph:
    """A counter from 0 by `change` while it is less than `limit`, which is an input if not given, and a dense layer."""

    def values() -> list[Tensor]:
        return [tensor("i", INT32, ()), tensor("limit", INT32, ()), tensor("x", FLOAT, (1, 3))]

    i, bound, x = values()
    holds = tensor("holds", BOOL, ())
    condition = network([("LESS", [i, bound], [holds], {})], [i, bound, x], [holds])
    i, bound, x = values()
    after, y = tensor("i after", INT32, ()), tensor("y", FLOAT, (1, 3))
    w = constant("w", FLOAT, np.ones((3, 3)))
    layers = [("ADD", [i, change], [after], {}), ("FULLY_CONNECTED", [x, w], [y], {})]
    body = network(layers, [i, bound, x], [after, bound, y])
    given, made = values(), values()
    inputs = [given[2]] if limit else given[1:]
    call = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    layers = [("WHILE", [whole("0", 0), limit or given[1], given[2]], made, call)]
    return network(layers, inputs, [made[2]], {1: condition, 2: body})


def problem(graph: Graph) -> str:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(graph), "m.tflite", Options("m"))
    (found,) = map(str, caught.value.problems)
    return found


def test_a_limit_that_is_computed() -> None:
    text = problem(loop(whole("1", 1)))
    assert text.startswith("m.tflite: operator 0 WHILE")
    assert 'depends on value 1 of the loop, which starts as "limit" int32[], computed at run time; accepted: ' in text


def test_a_counter_that_stands_still() -> None:
    assert "never ends: its condition always holds; accepted: " in problem(loop(whole("0", 0), whole("5", 5)))


def test_a_counter_that_is_changed_by_something_of_another_shape() -> None:
    """What cannot be computed is not known: then there is no bound."""
    change = constant("change", INT32, np.ones((2, 2)))
    text = problem(loop(change, whole("5", 5)))
    assert "could run any number of times" in text
    assert "is set to what operator 2:0 ADD computes" in text


def test_inspection_counts_what_runs_several_times() -> None:
    text = inspect_model(write_tflite(loop(whole("1", 1), whole("5", 5))), "m.tflite")
    (dense,) = [line for line in text.splitlines() if "FULLY_CONNECTED" in line]
    assert dense.split()[0] == "2:1"
    assert "45" in dense.split()
    assert "45 MACs" in text
    assert "everything in it is supported" in text


def test_inspection_shows_a_loop_without_a_bound() -> None:
    text = inspect_model(write_tflite(loop(whole("1", 1))), "m.tflite")
    assert "not supported: 1" in text
    assert "could run any number of times" in text

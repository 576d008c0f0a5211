"""WHILE and IF become blocks among the operators of one graph; more of them are in test_control_flow.py."""

from __future__ import annotations

import numpy as np

from tests.compiler.passes.checking import BOOL, FLOAT, INT32, assert_same_bits, assert_untouched, kinds
from tests.support.models import chain, constant, network, tensor
from tools.sni.ir import Graph, Tensor
from tools.sni.passes.inline_subgraphs import inline_subgraphs

SHAPE = (2, 3)


def floats(name: str) -> Tensor:
    return tensor(name, FLOAT, SHAPE)


def number(value: int) -> Tensor:
    return constant("number", INT32, np.array(value))


def loop(count: int) -> Graph:
    """x doubled `count` times."""
    i, x, holds = tensor("i", INT32, ()), floats("x"), tensor("holds", BOOL, ())
    cond = network([("LESS", [i, number(count)], [holds], {})], [i, x], [holds])
    i, x, after, y = tensor("i", INT32, ()), floats("x"), tensor("after", INT32, ()), floats("y")
    body = network([("ADD", [x, x], [y], {}), ("ADD", [i, number(1)], [after], {})], [i, x], [after, y])
    call = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    x, y, last = floats("x"), floats("y"), tensor("last", INT32, ())
    return network([("WHILE", [number(0), x], [last, y], call)], [x], [y], {1: cond, 2: body})


def branches(condition: Tensor) -> Graph:
    """x + x or x * x."""
    x, y = floats("x"), floats("y")
    then = network([("ADD", [x, x], [y], {})], [x], [y])
    x, y = floats("x"), floats("y")
    otherwise = network([("MUL", [x, x], [y], {})], [x], [y])
    call = {"then_subgraph_index": 1, "else_subgraph_index": 2}
    x, y = floats("x"), floats("y")
    inputs = [x] if condition.is_constant else [condition, x]
    return network([("IF", [condition, x], [y], call)], inputs, [y], {1: then, 2: otherwise})


def test_a_loop_whose_count_is_known() -> None:
    inlined = inline_subgraphs(loop(3))
    made = kinds(inlined)
    assert (made.count("loop"), made.count("end"), "WHILE" in made, "leave" in made) == (1, 1, False, False)
    (begin,) = (op for op in inlined.ops if op.kind == "loop")
    assert begin.attributes["count"] == 3
    assert_same_bits(loop(3), runs=3)


def test_a_condition_that_is_computed() -> None:
    condition = tensor("condition", BOOL, (1,))
    made = kinds(inline_subgraphs(branches(condition)))
    assert [kind for kind in made if kind in ("if", "else", "end")] == ["if", "else", "end"]
    assert {"ADD", "MUL"} <= set(made)
    assert_same_bits(branches(condition))


def test_a_condition_that_is_known() -> None:
    condition = constant("condition", BOOL, np.array([False]))
    made = kinds(inline_subgraphs(branches(condition)))
    assert "MUL" in made
    assert not {"ADD", "if"} & set(made)
    assert_same_bits(branches(condition))


def test_not_a_graph_that_calls_nothing() -> None:
    assert_untouched(inline_subgraphs, chain([("ADD", [floats("a"), floats("b")], [floats("c")], {})]))

"""Dead code: what no output needs goes, what something may need stays."""

from __future__ import annotations

from dataclasses import replace

from tests.compiler.passes.checking import INT8, assert_same_bits, kinds, with_outputs
from tests.support.models import chain, quantised, tensor
from tools.sni.ir import Graph, Op
from tools.sni.passes.dead_code import remove_dead_code


def branches() -> Graph:
    q = quantised(0.1)
    a, b, c, d = (tensor(n, INT8, (1, 9), q) for n in "abcd")
    return with_outputs(chain([("RELU", [a], [b], {}), ("RELU6", [a], [c], {}), ("RELU", [c], [d], {})]), "b")


def test_what_no_output_needs_goes() -> None:
    cleaned = remove_dead_code(branches())
    assert [op.index for op in cleaned.ops] == [0]
    assert len(cleaned.tensors) == 2
    assert_same_bits(branches())


def test_what_an_output_needs_stays() -> None:
    graph = with_outputs(branches(), "b", "c")
    assert [op.index for op in remove_dead_code(graph).ops] == [0, 1]
    assert_same_bits(graph)


def test_operators_without_outputs_stay_with_what_they_read() -> None:
    graph = branches()
    (d,) = graph.ops[2].outputs
    assigning = replace(graph, ops=(*graph.ops, Op("ASSIGN_VARIABLE", (d,), (), {}, 3)))
    assert remove_dead_code(assigning) == assigning


def variable_state(read: bool) -> Graph:
    """Something that may write the variable it is given, and something else that reads it, or not."""
    q = quantised(0.1)
    a, b, c, d = (tensor(n, INT8, (1, 9), q) for n in "abcd")
    state = replace(tensor("state", INT8, (1, 9), q), variable=True)
    layers = [("SVDF", [a, state], [b], {}), ("RELU", [a], [c], {})]
    return with_outputs(chain([*layers, *([("ADD", [c, state], [d], {})] if read else [])]), "d" if read else "c")


def test_what_may_write_a_variable_that_is_read_stays() -> None:
    assert kinds(remove_dead_code(variable_state(read=True))) == ["SVDF", "RELU", "ADD"]


def test_what_writes_a_variable_that_nothing_reads_goes() -> None:
    assert kinds(remove_dead_code(variable_state(read=False))) == ["RELU"]


def test_what_writes_a_row_writes_the_array() -> None:
    q = quantised(0.1)
    a, b = tensor("a", INT8, (1, 4), q), tensor("b", INT8, (1, 3, 4), q)
    c, d = tensor("c", INT8, (1, 4), q), tensor("d", INT8, (1, 3, 4), q)
    ops = (
        Op("RELU", (1,), (3,), {}, 0),
        Op("loop", (), (), {"count": 3}, 1),
        Op("row", (3,), (2,), {"start": 0, "stride": 1}, 2),
        Op("copy", (0,), (2,), {}, 3),
        Op("end", (), (), {}, 4),
    )
    graph = Graph({0: a, 1: b, 2: c, 3: d}, ops, (0, 1), (3,))
    assert remove_dead_code(graph) == graph


def test_in_a_loop_the_last_may_write_what_the_first_reads() -> None:
    q = quantised(0.1)
    a, b, c = (tensor(n, INT8, (1, 9), q) for n in "abc")
    ops = (
        Op("RELU", (0,), (1,), {}, 0),
        Op("loop", (), (), {"count": 3}, 1),
        Op("RELU6", (1,), (2,), {}, 2),
        Op("RELU", (2,), (1,), {}, 3),
        Op("end", (), (), {}, 4),
    )
    graph = Graph({0: a, 1: b, 2: c}, ops, (0,), (2,))
    assert remove_dead_code(graph) == graph

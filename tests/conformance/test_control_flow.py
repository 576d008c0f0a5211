"""WHILE and IF against TFLM: counters, values that go round, rows of arrays, blocks within blocks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.conformance.conformance import BOOL, FLOAT, INT8, INT32, INT64, assert_conforms, assert_gives, numbers
from tests.support.model_writer import write_tflite
from tests.support.models import Layers, constant, network, quantised, tensor
from tests.support.native import Native
from tools.sni.ir import DType, Graph, Tensor

Body = Callable[..., tuple[Layers, Sequence[Tensor]]]
"""From the counter and the other values of a loop: operators, and what the values become."""


def counter(name: str = "i", dtype: DType = INT32) -> Tensor:
    return tensor(name, dtype, ())


def loop(
    values: Sequence[Tensor],
    body: Body,
    *,
    start: int = 0,
    limit: int = 4,
    change: tuple[str, int] = ("ADD", 1),
    comparison: str = "LESS",
    limit_first: bool = False,
    dtype: DType = INT32,
    further: Callable[..., tuple[Layers, Tensor]] | None = None,
    subgraphs: dict[int, Graph] | None = None,
) -> Graph:
    """A network whose inputs are the values of a loop besides its counter, and whose outputs are what they become.

    further: gives a second condition, of the values.
    """

    def copies() -> list[Tensor]:
        return [tensor(value.name, value.dtype, value.shape, value.quantisation) for value in values]

    def fixed(value: int) -> Tensor:
        return constant("c", dtype, np.array(value))

    i, others, holds = counter(dtype=dtype), copies(), tensor("holds", BOOL, ())
    compared = [fixed(limit), i] if limit_first else [i, fixed(limit)]
    layers: list = [(comparison, compared, [holds], {})]
    if further:
        more, other = further(*others)
        both = tensor("both", BOOL, ())
        layers += [*more, ("LOGICAL_AND", [holds, other], [both], {})]
        holds = both
    cond = network(layers, [i, *others], [holds])
    i, others, after = counter(dtype=dtype), copies(), counter("i after", dtype)
    layers, made = body(i, *others)
    layers = [*layers, (change[0], [i, fixed(change[1])], [after], {})]
    bodies = {1: cond, 2: network(layers, [i, *others], [after, *made])}
    results, last = copies(), counter("last", dtype)
    call = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    whole = [("WHILE", [fixed(start), *values], [last, *results], call)]
    return network(whole, values, [last, *results], bodies | (subgraphs or {}))


def doubled(i: Tensor, x: Tensor) -> tuple[Layers, Sequence[Tensor]]:
    del i
    y = tensor("y", x.dtype, x.shape, x.quantisation)
    return [("ADD", [x, x], [y], {})], [y]


def floats(name: str = "x", shape: Sequence[int] = (2, 3)) -> Tensor:
    return tensor(name, FLOAT, shape)


@pytest.mark.parametrize("limit", [0, 1, 2, 9])
def test_iterations(limit: int) -> None:
    assert_conforms(loop([floats()], doubled, limit=limit), runs=5)


@pytest.mark.parametrize(
    ("comparison", "change", "start", "limit", "limit_first"),
    [
        ("LESS", ("ADD", 2), 1, 8, False),
        ("LESS_EQUAL", ("ADD", 3), -4, 8, False),
        ("GREATER", ("SUB", 1), 6, 2, False),
        ("GREATER_EQUAL", ("ADD", -2), 6, 1, False),
        ("NOT_EQUAL", ("ADD", 5), 0, 20, False),
        ("GREATER", ("ADD", 1), 0, 5, True),
        ("LESS", ("MUL", 2), 1, 100, False),
        ("EQUAL", ("ADD", 1), 3, 3, False),
    ],
)
def test_counters(comparison: str, change: tuple[str, int], start: int, limit: int, limit_first: bool) -> None:
    graph = loop(
        [floats()], doubled, start=start, limit=limit, change=change, comparison=comparison, limit_first=limit_first
    )
    assert_conforms(graph, runs=3)


def test_a_counter_of_int64() -> None:
    """TFLM adds no int64."""
    assert_gives(loop([floats()], doubled, dtype=INT64), lambda x: [np.array(4), 16 * x])


def test_quantised_values() -> None:
    q = quantised(0.1, 5)
    w = constant("w", INT8, np.random.default_rng(0).integers(-90, 90, (6, 6)), quantised(0.02))

    def body(i: Tensor, x: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        y, z = tensor("y", INT8, (1, 6), q), tensor("z", INT8, (1, 6), q)
        return [("FULLY_CONNECTED", [x, w], [y], {}), ("RELU", [y], [z], {})], [z]

    assert_conforms(loop([tensor("x", INT8, (1, 6), q)], body))


def test_values_that_change_places() -> None:
    def body(i: Tensor, a: Tensor, b: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        c = floats("c")
        return [("ADD", [a, b], [c], {})], [b, c]

    assert_conforms(loop([floats("a"), floats("b")], body, limit=7))


def test_values_that_go_round_without_an_operator() -> None:
    def body(i: Tensor, a: Tensor, b: Tensor, c: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        return [], [b, c, a]

    assert_conforms(loop([floats("a"), floats("b"), floats("c")], body, limit=4))


@pytest.mark.parametrize("kind", ["RESHAPE", "STRIDED_SLICE"])
def test_a_view_of_a_value_that_changes_before_it_is_used(kind: str) -> None:
    """The slice is one of everything."""
    shape = (3, 2) if kind == "RESHAPE" else (2, 3)
    slicing = [numbers("begin", [0, 0]), numbers("end", [2, 3]), numbers("strides", [1, 1])]

    def body(i: Tensor, a: Tensor, b: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        view, c = floats("view", shape), floats("c")
        layer = (kind, [a], [view], {"new_shape": shape}) if kind == "RESHAPE" else (kind, [a, *slicing], [view], {})
        return [layer, ("MUL", [a, a], [c], {})], [c, view]

    assert_conforms(loop([floats("a"), floats("b", shape)], body, limit=3), runs=4)


def test_values_that_never_change_and_ones_that_become_constants() -> None:
    def body(i: Tensor, a: Tensor, b: Tensor, c: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        d, e = floats("d"), constant("e", FLOAT, np.arange(6.0).reshape(2, 3))
        return [("MUL", [a, b], [d], {})], [d, b, e]

    assert_conforms(loop([floats("a"), floats("b"), floats("c")], body))


def test_a_body_that_reads_its_counter() -> None:
    def body(i: Tensor, x: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        number, y = floats("number", ()), floats("y")
        return [("CAST", [i], [number], {"in_data_type": "INT32", "out_data_type": "FLOAT32"}),
                ("ADD", [x, number], [y], {})], [y]  # fmt: skip

    assert_conforms(loop([floats()], body))


def test_a_loop_that_is_left_on_a_computed_condition() -> None:
    """At the latest when the counter says so."""

    def small(x: Tensor) -> tuple[Layers, Tensor]:
        holds = tensor("small", BOOL, ())
        return [("LESS", [x, constant("c", FLOAT, np.array(10.0))], [holds], {})], holds

    graph = loop([floats("x", ())], doubled, limit=6, further=small)
    values = [[np.array(v, np.float32)] for v in (0.01, 1.0, 3.0, 9.99, 10.0, 50.0, -1.0)]
    assert_conforms(graph, values=values)
    assert "break" in Native(write_tflite(graph)).files["model.c"]


def test_a_loop_in_a_loop() -> None:
    inner = loop([floats()], doubled, limit=3)

    def body(i: Tensor, x: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        one, y, last = constant("one", FLOAT, np.array(1.0)), floats("y"), counter("last")
        z = floats("z")
        call = {"cond_subgraph_index": 3, "body_subgraph_index": 4}
        return [("SUB", [x, one], [z], {}), ("WHILE", [numbers("0", 0), z], [last, y], call)], [y]

    parts = {3: inner.subgraphs[1], 4: inner.subgraphs[2]}
    assert_conforms(loop([floats()], body, limit=2, subgraphs=parts))


def rows(dtype: DType, kind: str) -> Graph:
    """y[last - t] = f(x[t], y so far) over the rows of x, with y's rows by DYNAMIC_UPDATE_SLICE."""
    q = None if dtype is FLOAT else quantised(0.1, 3)
    count = 5

    def body(i: Tensor, x: Tensor, y: Tensor, state: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        row, made = tensor("row", dtype, (1, 4), q), tensor("made", dtype, (1, 4), q)
        wide, after = tensor("wide", dtype, (1, 1, 4), q), tensor("after", dtype, (count, 1, 4), q)
        mirrored, start, where = counter("mirrored"), tensor("start", INT32, (1,)), tensor("where", INT32, (3,))
        layers = [
            ("GATHER", [x, i], [row], {"axis": 0}),
            (kind, [row, state], [made], {}),
            ("RESHAPE", [made], [wide], {"new_shape": (1, 1, 4)}),
            ("SUB", [numbers("last", count - 1), i], [mirrored], {}),
            ("RESHAPE", [mirrored], [start], {"new_shape": (1,)}),
            ("CONCATENATION", [start, numbers("0 0", [0, 0])], [where], {"axis": 0}),
            ("DYNAMIC_UPDATE_SLICE", [y, wide, where], [after], {}),
        ]
        return layers, [x, after, made]

    values = [tensor("x", dtype, (count, 1, 4), q), tensor("y", dtype, (count, 1, 4), q), tensor("s", dtype, (1, 4), q)]
    return loop(values, body, limit=count)


@pytest.mark.parametrize(("dtype", "kind"), [(FLOAT, "ADD"), (FLOAT, "SUB"), (INT8, "MAXIMUM")])
def test_rows_are_read_and_written_where_they_lie(dtype: DType, kind: str) -> None:
    graph = rows(dtype, kind)
    assert_conforms(graph)
    code = Native(write_tflite(graph)).files["model.c"]
    assert "* step]" in code
    assert "gather" not in code
    assert "dynamic_update" not in code


def test_rows_of_an_array_that_is_read_in_between_are_copied_with_it() -> None:
    """Not in place: an iteration needs the array as it was."""

    def body(i: Tensor, y: Tensor, total: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        row, wide, after, sums = (
            floats(n, s) for n, s in (("row", (3,)), ("wide", (1, 3)), ("after", (4, 3)), ("sums", (4, 3)))
        )
        start, where = tensor("start", INT32, (1,)), tensor("where", INT32, (2,))
        layers = [
            ("GATHER", [y, numbers("0", 0)], [row], {"axis": 0}),
            ("RESHAPE", [row], [wide], {"new_shape": (1, 3)}),
            ("RESHAPE", [i], [start], {"new_shape": (1,)}),
            ("CONCATENATION", [start, numbers("0", [0])], [where], {"axis": 0}),
            ("DYNAMIC_UPDATE_SLICE", [y, wide, where], [after], {}),
            ("ADD", [total, y], [sums], {}),
        ]
        return layers, [after, sums]

    assert_conforms(loop([floats("y", (4, 3)), floats("t", (4, 3))], body))


def test_a_tensor_array_as_the_converter_writes_it() -> None:
    """What is in front of a row, the row, what is behind it: TFLM has no arrays of sizes that change, NumPy has."""
    count, width = 4, 3

    def body(i: Tensor, x: Tensor, y: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        row, square, wide = floats("row", (width,)), floats("square", (width,)), floats("wide", (1, width))
        next_i, here, there = counter("next"), tensor("here", INT32, (1,)), tensor("there", INT32, (1,))
        size, begin = tensor("size", INT32, (2,)), tensor("begin", INT32, (2,))
        front, back, after = floats("front", (1, 1)), floats("back", (1, width)), floats("after", (count, width))
        layers = [
            ("GATHER", [x, i], [row], {"axis": 0}),
            ("MUL", [row, row], [square], {}),
            ("RESHAPE", [square], [wide], {"new_shape": (1, width)}),
            ("ADD", [i, numbers("1", 1)], [next_i], {}),
            ("RESHAPE", [i], [here], {"new_shape": (1,)}),
            ("CONCATENATION", [here, numbers("-1", [-1])], [size], {"axis": 0}),
            ("SLICE", [y, numbers("0 0", [0, 0]), size], [front], {}),
            ("RESHAPE", [next_i], [there], {"new_shape": (1,)}),
            ("CONCATENATION", [there, numbers("0", [0])], [begin], {"axis": 0}),
            ("SLICE", [y, begin, numbers("-1 -1", [-1, -1])], [back], {}),
            ("CONCATENATION", [front, wide, back], [after], {"axis": 0}),
        ]
        return layers, [x, after]

    graph = loop([floats("x", (count, width)), floats("y", (count, width))], body, limit=count)
    assert_gives(graph, lambda x, y: [np.array(count, np.int32), x, x * x])
    # The last iterations are missing, and what is in these rows stays.
    graph = loop([floats("x", (count, width)), floats("y", (count, width))], body, limit=count - 2)
    assert_gives(graph, lambda x, y: [np.array(count - 2, np.int32), x, np.concatenate([x[:2] ** 2, y[2:]])])


def branches(dtype: DType = FLOAT, condition: Tensor | None = None) -> Graph:
    """(x + y, y) if the condition holds, else (x * y, x)."""
    q = None if dtype is FLOAT else quantised(0.1, -3)

    def ends() -> list[Tensor]:
        return [tensor(name, dtype, (2, 5), q) for name in "xyz"]

    x, y, z = ends()
    then = network([("ADD", [x, y], [z], {})], [x, y], [z, y])
    x, y, z = ends()
    otherwise = network([("MUL", [x, y], [z], {})], [x, y], [z, x])
    x, y, _ = ends()
    results = ends()[:2]
    given = condition or tensor("condition", BOOL, (1,))
    call = {"then_subgraph_index": 1, "else_subgraph_index": 2}
    inputs = [x, y] if condition else [given, x, y]
    return network([("IF", [given, x, y], results, call)], inputs, results, {1: then, 2: otherwise})


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_branches(dtype: DType) -> None:
    assert_conforms(branches(dtype))


@pytest.mark.parametrize("taken", [False, True])
def test_a_branch_that_is_known_is_the_only_one_in_the_code(taken: bool) -> None:
    graph = branches(condition=constant("condition", BOOL, np.array([taken])))
    assert_conforms(graph)
    code = Native(write_tflite(graph)).files["model.c"]
    assert ("_mul(" in code, "_add(" in code, "if (" in code) == (not taken, taken, False)


def test_branches_of_branches() -> None:
    inner = branches()
    first, second, x, y, a, b = tensor("c", BOOL, (1,)), tensor("d", BOOL, (1,)), *(floats(n, (2, 5)) for n in "xyab")
    call = {"then_subgraph_index": 3, "else_subgraph_index": 4}
    then = network([("IF", [second, x, y], [a, b], {"then_subgraph_index": 1, "else_subgraph_index": 2})],
                   [second, x, y], [b, a])  # fmt: skip
    d, p, q, r = tensor("d", BOOL, (1,)), *(floats(n, (2, 5)) for n in "pqr")
    otherwise = network([("SUB", [p, q], [r], {})], [d, p, q], [r, r])
    s, t, u, v = (floats(n, (2, 5)) for n in "stuv")
    graph = network([("IF", [first, second, s, t], [u, v], call)], [first, second, s, t], [u, v],
                    {**inner.subgraphs, 3: then, 4: otherwise})  # fmt: skip
    drawn = np.random.default_rng(3).normal(size=(2, 2, 5)).astype(np.float32)
    flags = [np.array([flag]) for flag in (False, True)]
    assert_conforms(graph, values=[[a, b, *drawn] for a, b in itertools.product(flags, flags)])


def test_a_branch_in_a_loop() -> None:
    """Each iteration takes its own."""

    def body(i: Tensor, x: Tensor, limit: Tensor) -> tuple[Layers, Sequence[Tensor]]:
        small, a, b = tensor("small", BOOL, ()), floats("a", ()), floats("b", ())
        call = {"then_subgraph_index": 3, "else_subgraph_index": 4}
        del b
        return [("LESS", [x, limit], [small], {}), ("IF", [small, x], [a], call)], [a, limit]

    x, y = floats("x", ()), floats("y", ())
    then = network([("MUL", [x, constant("3", FLOAT, np.array(3.0))], [y], {})], [x], [y])
    x, y = floats("x", ()), floats("y", ())
    otherwise = network([("SUB", [x, constant("7", FLOAT, np.array(7.0))], [y], {})], [x], [y])
    graph = loop([floats("x", ()), floats("l", ())], body, limit=8, subgraphs={3: then, 4: otherwise})
    values = [[np.array(x, np.float32), np.array(10, np.float32)] for x in (0.5, 2.0, 9.0, 10.0, 40.0)]
    assert_conforms(graph, values=values)


def test_a_loop_in_a_branch() -> None:
    inner = loop([floats()], doubled, limit=3)
    x, y, last = floats("x"), floats("y"), counter("last")
    call = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    then = network([("WHILE", [numbers("0", 0), x], [last, y], call)], [x], [y])
    p, q = floats("p"), floats("q")
    otherwise = network([("NEG", [p], [q], {})], [p], [q])
    c, u, v = tensor("c", BOOL, ()), floats("u"), floats("v")
    graph = network([("IF", [c, u], [v], {"then_subgraph_index": 3, "else_subgraph_index": 4})], [c, u], [v],
                    {**inner.subgraphs, 3: then, 4: otherwise})  # fmt: skip
    assert_conforms(graph)

"""Chains of reshapes are one, and one that changes nothing is none."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from tests.compiler.passes.checking import (
    INT8,
    INT32,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.models import chain, constant, quantised, single, tensor
from tools.sni.ir import Graph, Op
from tools.sni.passes.merge_reshapes import merge_reshapes

Q = quantised(0.05, -4)


def reshapes(*shapes: tuple[int, ...], before: bool = True, after: bool = True) -> Graph:
    """RELU, RESHAPE from shape to shape, RELU6."""
    values = [tensor(f"t{i}", INT8, shape, Q) for i, shape in enumerate(shapes)]
    layers = [("RESHAPE", [a], [b], {}) for a, b in itertools.pairwise(values)]
    if before:
        layers.insert(0, ("RELU", [tensor("x", INT8, shapes[0], Q)], [values[0]], {}))
    if after:
        layers.append(("RELU6", [values[-1]], [tensor("y", INT8, shapes[-1], Q)], {}))
    return chain(layers)


def test_a_chain_becomes_one() -> None:
    graph = reshapes((2, 6), (12,), (3, 4), (1, 12))
    merged = merge_reshapes(graph)
    assert [op.inputs for op in merged.ops[1:4]] == [graph.ops[1].inputs] * 3
    assert optimised_kinds(graph) == ["RELU", "RESHAPE", "RELU6"]
    assert_same_bits(graph)


def test_there_and_back_is_nothing() -> None:
    graph = reshapes((2, 6), (12,), (2, 6))
    assert optimised_kinds(graph) == ["RELU", "RELU6"]
    assert_same_bits(graph)


def test_to_the_same_shape_in_front_of_an_output() -> None:
    """The output keeps its name, and the operator in front of it makes it."""
    graph = reshapes((2, 6), (2, 6), after=False)
    (op,) = merge_reshapes(graph).ops
    assert (op.kind, op.outputs) == ("RELU", graph.outputs)
    assert merge_reshapes(graph).tensors[graph.outputs[0]].name == "t1"
    assert_same_bits(graph)


def test_not_from_an_input_to_an_output() -> None:
    graph = reshapes((2, 6), (2, 6), before=False, after=False)
    assert_untouched(merge_reshapes, graph)
    assert_same_bits(graph)


def test_not_from_one_output_to_another() -> None:
    graph = with_outputs(reshapes((2, 6), (2, 6), after=False), "t0", "t1")
    assert_untouched(merge_reshapes, graph)
    assert_same_bits(graph)


def test_an_output_that_is_read_as_well() -> None:
    graph = with_outputs(reshapes((2, 6), (2, 6)), "t1", "y")
    assert kinds(merge_reshapes(graph)) == ["RELU", "RELU6"]
    assert_same_bits(graph)


def test_several_readers_of_either_side() -> None:
    x, a, b, c, d = (tensor(name, INT8, (2, 6), Q) for name in "xabcd")
    graph = chain(
        [("RELU", [x], [a], {}), ("RESHAPE", [a], [b], {}), ("RELU6", [a], [c], {}), ("MAXIMUM", [b, c], [d], {})]
    )
    assert kinds(merge_reshapes(graph)) == ["RELU", "RELU6", "MAXIMUM"]
    assert_same_bits(graph)


def test_not_where_the_quantisation_is_another() -> None:
    """The same bits mean something else behind it."""
    x, a, b, y = (tensor(n, INT8, (2, 6), q) for n, q in zip("xaby", (Q, Q, quantised(0.1), Q), strict=True))
    graph = chain([("RELU", [x], [a], {}), ("RESHAPE", [a], [b], {}), ("RELU", [b], [y], {})])
    assert_untouched(merge_reshapes, graph)
    assert_same_bits(graph)


def test_a_computed_shape_is_not_needed() -> None:
    x, shape, y = tensor("x", INT8, (2, 6), Q), tensor("s", INT32, (1,)), tensor("y", INT8, (12,), Q)
    graph = single("RESHAPE", [x, shape], [y])
    (op,) = merge_reshapes(graph).ops
    assert op.inputs == graph.inputs[:1]


def test_not_a_value_of_a_loop() -> None:
    """What it is in the next iteration is not what it was."""
    x, carried, before, y = (tensor(name, INT8, (2, 6), Q) for name in "xcby")
    ops = (
        Op("copy", (0,), (1,), {}, 0),
        Op("loop", (), (), {"count": 3}, 1),
        Op("RESHAPE", (1,), (2,), {}, 2),
        Op("RELU", (1,), (3,), {}, 3),
        Op("copy", (3,), (1,), {}, 4),
        Op("end", (), (), {}, 5),
    )
    graph = Graph({0: x, 1: carried, 2: before, 3: y}, ops, (0,), (2,))
    assert_untouched(merge_reshapes, graph)


def test_not_a_row_that_is_written() -> None:
    """What the array was before is not what it is behind."""
    values = {key: tensor(name, INT8, (1, 6), Q) for key, name in enumerate(("array", "source", "row", "before", "y"))}
    ops = (
        Op("RESHAPE", (0,), (3,), {}, 0),
        Op("row", (0,), (2,), {"start": 0, "stride": 0}, 1),
        Op("copy", (1,), (2,), {}, 2),
        Op("RELU", (3,), (4,), {}, 3),
    )
    graph = Graph(values, ops, (0, 1), (4, 0))
    assert_untouched(merge_reshapes, graph)


def test_not_a_variable() -> None:
    graph = reshapes((2, 6), (2, 6), before=False)
    key = graph.inputs[0]
    tensors = {**graph.tensors, key: replace(graph.tensors[key], variable=True)}
    assert_untouched(merge_reshapes, replace(graph, tensors=tensors))


def test_not_what_is_wrong() -> None:
    graph = reshapes((2, 6), (2, 5), (2, 6))
    assert_untouched(merge_reshapes, graph)
    assert np.prod((2, 6)) != np.prod((2, 5))


def test_a_constant_is_copied_to_an_output() -> None:
    x, y = tensor("x", INT8, (2, 2), Q), tensor("y", INT8, (2, 2), Q)
    data, a, b = constant("d", INT8, np.arange(4), Q), tensor("a", INT8, (2, 2), Q), tensor("b", INT8, (4,), Q)
    graph = chain([("RESHAPE", [data], [a], {}), ("RESHAPE", [a], [b], {}), ("RELU", [x], [y], {})])
    assert optimised_kinds(graph) == ["RESHAPE", "RELU"]
    assert_same_bits(graph)

"""Float16 constants stay as they are for the operators that take them."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    BOOL,
    FLOAT,
    FLOAT16,
    INT32,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
)
from tests.support.models import chain, constant, network, single, tensor
from tools.sni.ir import Graph
from tools.sni.passes import float16_weights, optimise
from tools.sni.passes.float16_weights import keep_float16_weights

HALF = np.random.default_rng(5).normal(0, 1, (4, 6)).astype(np.float16)


def layer() -> Graph:
    x, w, y = tensor("x", FLOAT, (1, 6)), tensor("w", FLOAT, (4, 6)), tensor("y", FLOAT, (1, 4))
    return chain([("DEQUANTIZE", [constant("h", FLOAT16, HALF)], [w], {}), ("FULLY_CONNECTED", [x, w], [y], {})])


def test_for_an_operator_that_takes_them() -> None:
    graph = layer()
    assert optimised_kinds(graph) == ["FULLY_CONNECTED"]
    op = keep_float16_weights(graph).ops[1]
    assert op.inputs == (graph.inputs[0], graph.ops[0].inputs[0])
    assert keep_float16_weights(graph).tensors[op.inputs[1]].dtype is FLOAT16


def test_not_if_the_operator_does_not_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its check decides."""
    monkeypatch.setattr(float16_weights, "POSITIONS", {"FULLY_CONNECTED": (0,)})
    assert_untouched(keep_float16_weights, layer())


def test_not_for_other_operators() -> None:
    x, w, y = tensor("x", FLOAT, (4, 6)), tensor("w", FLOAT, (4, 6)), tensor("y", FLOAT, (4, 6))
    graph = chain([("DEQUANTIZE", [constant("h", FLOAT16, HALF)], [w], {}), ("ADD", [x, w], [y], {})])
    assert_untouched(keep_float16_weights, graph)
    assert optimised_kinds(graph) == ["ADD"]
    assert_same_bits(graph, same=single("ADD", [x, constant("w", FLOAT, HALF.astype(np.float32))], [y]))


def test_the_bits_are_those_of_the_same_weights_in_float32() -> None:
    graph = layer()
    x, w, y = tensor("x", FLOAT, (1, 6)), constant("w", FLOAT, HALF.astype(np.float32)), tensor("y", FLOAT, (1, 4))
    assert_same_bits(graph, same=single("FULLY_CONNECTED", [x, w], [y]))


def test_an_output_of_the_network_is_widened_where_it_is() -> None:
    x, y = tensor("x", FLOAT, (1, 1)), tensor("y", FLOAT, (1, 1))
    wide, half = tensor("w", FLOAT, (4, 6)), constant("h", FLOAT16, HALF)
    graph = chain([("DEQUANTIZE", [half], [wide], {}), ("RELU", [x], [y], {})])
    assert kinds(graph) == optimised_kinds(graph)
    copied = chain([("RESHAPE", [constant("h", FLOAT, HALF.astype(np.float32))], [wide], {}), ("RELU", [x], [y], {})])
    assert_same_bits(graph, same=copied)


def test_in_the_body_of_a_loop() -> None:
    """Inlining folds constants, after it has kept these."""
    one, four = constant("1", INT32, np.array(1)), constant("4", INT32, np.array(4))
    count, x, less = tensor("i", INT32, ()), tensor("x", FLOAT, (1, 6)), tensor("less", BOOL, ())
    condition = network([("LESS", [count, four], [less], {})], [count, x], [less])
    more, w, y = tensor("i", INT32, ()), tensor("w", FLOAT, (6, 6)), tensor("y", FLOAT, (1, 6))
    half = constant("h", FLOAT16, np.random.default_rng(6).normal(0, 0.3, (6, 6)))
    body = network(
        [
            ("DEQUANTIZE", [half], [w], {}),
            ("FULLY_CONNECTED", [x, w], [y], {}),
            ("ADD", [count, one], [more], {"fused_activation_function": "NONE"}),
        ],
        [count, x],
        [more, y],
    )
    ends = [tensor("i", INT32, ()), tensor("y", FLOAT, (1, 6))]
    attributes = {"cond_subgraph_index": 1, "body_subgraph_index": 2}
    zero, given = constant("0", INT32, np.array(0)), tensor("x", FLOAT, (1, 6))
    graph = network([("WHILE", [zero, given], ends, attributes)], [given], ends[1:], subgraphs={1: condition, 2: body})
    optimised = optimise(graph)
    (layer,) = (op for op in optimised.ops if op.kind == "FULLY_CONNECTED")
    assert optimised.tensors[layer.inputs[1]].dtype is FLOAT16

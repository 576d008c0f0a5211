"""Activations become part of the operator in front of them, where that is the same."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, INT16, INT32, INT64, assert_same_bits, assert_untouched, kinds
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import Attribute, DType, Graph, Quantisation, Tensor
from tools.sni.operators import OPERATORS
from tools.sni.passes.fuse_activation import FUSING, fuse_activations

Q = quantised(0.05, -4)
KINDS = [
    "FULLY_CONNECTED",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "ADD",
    "SUB",
    "MUL",
    "DIV",
    "AVERAGE_POOL_2D",
    "MAX_POOL_2D",
    "TRANSPOSE_CONV",
]
OF_FLOATS = [*KINDS, "L2_POOL_2D"]
WINDOW = {"stride_h": 1, "stride_w": 1, "padding": "SAME"}


def operator(
    kind: str, dtype: DType, q: Quantisation | None, fused: str = "NONE"
) -> tuple[str, list[Tensor], list[Tensor], dict[str, Attribute]]:
    """A layer whose output is called y."""
    rng = np.random.default_rng(len(kind))
    shape = (1, 3, 4, 2)
    pool = "POOL" in kind
    x = tensor("x", dtype, shape, q if pool else q and quantised(0.1, 0 if dtype is INT16 else 7))
    y = tensor("y", dtype, shape, q)
    attributes: dict[str, Attribute] = {"fused_activation_function": fused}
    if kind in ("ADD", "SUB", "MUL"):
        return kind, [x, tensor("x2", dtype, shape, x.quantisation)], [y], attributes
    if kind == "DIV":
        # A constant without zeros: what TFLM makes of them is left to the processor.
        return kind, [x, constant("x2", dtype, rng.integers(20, 100, shape), x.quantisation)], [y], attributes
    if pool:
        return kind, [x], [y], {**attributes, **WINDOW, "filter_height": 2, "filter_width": 2}
    weights_shape = {"FULLY_CONNECTED": (2, 2), "DEPTHWISE_CONV_2D": (1, 2, 2, 2)}.get(kind, (2, 2, 2, 2))
    if kind != "FULLY_CONNECTED":
        attributes |= WINDOW
    if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        attributes |= {"dilation_h_factor": 1, "dilation_w_factor": 1}
    if kind == "DEPTHWISE_CONV_2D":
        attributes["depth_multiplier"] = 1
    if q is None:
        w, b = constant("w", FLOAT, rng.normal(0, 1, weights_shape)), constant("b", FLOAT, rng.normal(0, 1, 2))
    else:
        w = constant("w", INT8, rng.integers(-127, 128, weights_shape), quantised(0.01))
        b = constant("b", INT64 if dtype is INT16 else INT32, rng.integers(-500, 500, 2), quantised(0.001))
    if kind == "TRANSPOSE_CONV":
        return kind, [constant("shape", INT32, np.array(shape)), w, x, b], [y], attributes
    return kind, [x, w, b], [y], attributes


def then(kind: str, activation: str, dtype: DType = INT8, after: Quantisation | None = Q, fused: str = "NONE") -> Graph:
    q = None if dtype is FLOAT else quantised(0.001) if dtype is INT16 else Q
    layer = operator(kind, dtype, q, fused)
    z = tensor("z", dtype, layer[2][0].shape, None if dtype is FLOAT else q if dtype is INT16 else after)
    return chain([layer, (activation, [layer[2][0]], [z], {})])


def assert_fused(graph: Graph, activation: str) -> None:
    (op,) = fuse_activations(graph).ops
    assert (op.kind, op.attributes["fused_activation_function"]) == (graph.ops[0].kind, activation)
    assert (op.outputs, op.index) == (graph.outputs, 0)


@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
@pytest.mark.parametrize("kind", KINDS)
def test_int8(kind: str, activation: str) -> None:
    graph = then(kind, activation)
    assert_fused(graph, activation)
    assert_same_bits(graph)


@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
@pytest.mark.parametrize("kind", OF_FLOATS)
def test_float(kind: str, activation: str) -> None:
    graph = then(kind, activation, FLOAT)
    assert_fused(graph, activation)
    assert_same_bits(graph)


@pytest.mark.parametrize("kind", ["FULLY_CONNECTED", "CONV_2D", "TRANSPOSE_CONV", "ADD", "MAX_POOL_2D"])
def test_int16(kind: str) -> None:
    graph = then(kind, "RELU6", INT16)
    assert_fused(graph, "RELU6")
    assert_same_bits(graph)


@pytest.mark.parametrize("kind", KINDS)
def test_between_minus_1_and_1(kind: str) -> None:
    """Fused TFLM knows it, as an operator of its own it does not."""
    graph = then(kind, "RELU_N1_TO_1")
    assert_fused(graph, "RELU_N1_TO_1")
    fused = operator(kind, INT8, Q, "RELU_N1_TO_1")
    assert_same_bits(graph, same=chain([fused]))


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [("RELU", "RELU6", "RELU6"), ("RELU6", "RELU", "RELU6"), ("RELU", "RELU", "RELU")],
)
def test_two_clamps_are_one(first: str, second: str, both: str) -> None:
    graph = then("ADD", second, fused=first)
    assert_fused(graph, both)
    assert_same_bits(graph)


def test_a_chain_of_activations_is_fused_into_one() -> None:
    layer = operator("ADD", INT8, Q)
    a, b = tensor("a", INT8, (1, 3, 4, 2), Q), tensor("b", INT8, (1, 3, 4, 2), Q)
    graph = chain([layer, ("RELU", layer[2], [a], {}), ("RELU6", [a], [b], {})])
    assert_fused(graph, "RELU6")
    assert_same_bits(graph)


def test_not_two_clamps_without_a_common_name() -> None:
    """Between 0 and 1."""
    assert_untouched(fuse_activations, then("ADD", "RELU_N1_TO_1", fused="RELU"))


def test_not_where_the_activation_rescales() -> None:
    graph = then("FULLY_CONNECTED", "RELU", after=quantised(0.03, -4))
    assert_untouched(fuse_activations, graph)
    assert_same_bits(graph)


def test_not_where_something_else_reads_the_value() -> None:
    layer = operator("ADD", INT8, Q)
    z, other = tensor("z", INT8, (1, 3, 4, 2), Q), tensor("o", INT8, (1, 3, 4, 2), quantised(1 / 128))
    graph = chain([layer, ("RELU", layer[2], [z], {}), ("TANH", layer[2], [other], {})])
    assert_untouched(fuse_activations, graph)
    assert_same_bits(graph)


def test_not_what_is_no_mere_clamp() -> None:
    layer = operator("ADD", INT8, Q)
    z = tensor("z", INT8, (1, 3, 4, 2), quantised(1 / 128))
    assert_untouched(fuse_activations, chain([layer, ("TANH", layer[2], [z], {})]))


def test_not_where_the_operator_takes_no_notice_of_it() -> None:
    """TFLM's int32 ADD ignores a fused activation."""
    a, b, c, d = (tensor(name, INT32, (1, 5)) for name in "abcd")
    assert_untouched(fuse_activations, chain([("ADD", [a, b], [c], {}), ("RELU", [c], [d], {})]))


def test_each_that_fuses_is_tested() -> None:
    assert set(OF_FLOATS) == set(FUSING)
    assert set(FUSING) <= set(OPERATORS)
    assert kinds(then("ADD", "RELU")) == ["ADD", "RELU"]

"""Factors and summands of channels go into the weights and the bias of float layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    FLOAT,
    INT8,
    INT32,
    assert_close,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.models import chain, constant, quantised, tensor
from tests.support.narrow_weights import with_float16, with_int8
from tools.sni.ir import Attribute, Graph, Tensor
from tools.sni.passes import optimise
from tools.sni.passes.fold_batch_norm import fold_batch_norms

CHANNELS = 6
WEIGHTS = {"CONV_2D": (CHANNELS, 3, 3, 2), "DEPTHWISE_CONV_2D": (1, 3, 3, CHANNELS), "FULLY_CONNECTED": (CHANNELS, 4)}
INPUTS = {"CONV_2D": (1, 4, 5, 2), "DEPTHWISE_CONV_2D": (1, 4, 5, CHANNELS), "FULLY_CONNECTED": (3, 4)}
RNG = np.random.default_rng(8)
FACTOR, SUMMAND = RNG.uniform(0.3, 2, CHANNELS), RNG.normal(0, 1, CHANNELS)


def normalised(
    kind: str, *steps: tuple[str, np.ndarray], bias: float | None = 0.3, fused: str = "NONE", last: str = "NONE"
) -> Graph:
    """A layer, then the steps with their constants."""
    rng = np.random.default_rng(2)
    window: dict[str, Attribute] = {"stride_h": 1, "stride_w": 1, "padding": "SAME"}
    window |= {"dilation_h_factor": 1, "dilation_w_factor": 1}
    extra = {"DEPTHWISE_CONV_2D": {**window, "depth_multiplier": 1}, "CONV_2D": window}.get(kind, {})
    x, w = tensor("x", FLOAT, INPUTS[kind]), constant("w", FLOAT, rng.normal(0, 1, WEIGHTS[kind]))
    shape = (*INPUTS[kind][:-1], CHANNELS)
    values: list[Tensor] = [tensor(f"t{i}", FLOAT, shape) for i in range(len(steps) + 1)]
    inputs = [x, w, *([] if bias is None else [constant("b", FLOAT, rng.normal(0, bias, CHANNELS))])]
    layers = [(kind, inputs, values[:1], {**extra, "fused_activation_function": fused})]
    for number, (step, c) in enumerate(steps):
        activation = last if number == len(steps) - 1 else "NONE"
        given = [values[number], constant("c", FLOAT, np.asarray(c))]
        layers.append((step, given, [values[number + 1]], {"fused_activation_function": activation}))
    return chain(layers)


@pytest.mark.parametrize("kind", WEIGHTS)
@pytest.mark.parametrize("bias", [None, 0.3])
def test_a_factor_and_a_summand(kind: str, bias: float | None) -> None:
    graph = normalised(kind, ("MUL", FACTOR), ("ADD", SUMMAND), bias=bias, last="RELU6")
    (op,) = fold_batch_norms(graph).ops
    assert (op.kind, op.attributes["fused_activation_function"], op.outputs) == (kind, "RELU6", graph.outputs)
    assert_close(graph)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_less_the_mean_through_the_deviation(kind: str) -> None:
    graph = normalised(kind, ("SUB", SUMMAND.reshape(1, CHANNELS)), ("DIV", FACTOR))
    assert optimised_kinds(graph) == [kind]
    assert_close(graph)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_constants_in_front(kind: str) -> None:
    graph = normalised(kind, ("MUL", FACTOR), ("ADD", SUMMAND))
    ops = (graph.ops[0], *(replace(op, inputs=op.inputs[::-1]) for op in graph.ops[1:]))
    turned = replace(graph, ops=ops)
    assert optimised_kinds(turned) == [kind]
    assert_close(turned)


@pytest.mark.parametrize("step", ["SUB", "DIV"])
def test_not_a_constant_less_or_through_the_sum(step: str) -> None:
    graph = normalised("CONV_2D", (step, FACTOR))
    ops = (graph.ops[0], replace(graph.ops[1], inputs=graph.ops[1].inputs[::-1]))
    assert_untouched(fold_batch_norms, replace(graph, ops=ops))


def test_one_number_for_all_channels() -> None:
    graph = normalised("CONV_2D", ("MUL", np.array(0.7)), ("ADD", np.array([0.1])))
    assert optimised_kinds(graph) == ["CONV_2D"]
    assert_close(graph)


@pytest.mark.parametrize("kind", WEIGHTS)
def test_a_summand_alone_is_a_bias_to_the_last_bit(kind: str) -> None:
    graph = normalised(kind, ("ADD", SUMMAND), bias=None)
    assert optimised_kinds(graph) == [kind]
    assert_same_bits(graph)


def test_an_activation_behind_it_is_fused() -> None:
    graph = normalised("CONV_2D", ("MUL", FACTOR), ("ADD", SUMMAND))
    y = tensor("y", FLOAT, graph.tensors[graph.outputs[0]].shape)
    key = max(graph.tensors) + 1
    relu = replace(graph.ops[0], kind="RELU", inputs=graph.outputs, outputs=(key,), attributes={}, index=3)
    longer = replace(graph, tensors={**graph.tensors, key: y}, ops=(*graph.ops, relu), outputs=(key,))
    assert optimised_kinds(longer) == ["CONV_2D"]
    assert_close(longer)


def test_not_integers() -> None:
    """A weight times a factor would have to be rounded to a whole step."""
    q = quantised(0.1, 3)
    x, y, z = tensor("x", INT8, (1, 4), q), tensor("y", INT8, (1, 6), q), tensor("z", INT8, (1, 6), q)
    w = constant("w", INT8, RNG.integers(-127, 128, (6, 4)), quantised(0.01))
    c = constant("c", INT8, RNG.integers(1, 127, 6), quantised(0.01))
    b = constant("b", INT32, RNG.integers(-99, 99, 6), quantised(0.001))
    layers = [("FULLY_CONNECTED", [x, w, b], [y], {}), ("MUL", [y, c], [z], {})]
    assert_untouched(fold_batch_norms, chain(layers))
    assert_same_bits(chain(layers))


def test_not_behind_an_activation() -> None:
    assert_untouched(fold_batch_norms, normalised("CONV_2D", ("MUL", FACTOR), fused="RELU"))


def test_not_where_something_else_reads_the_sum() -> None:
    graph = with_outputs(normalised("CONV_2D", ("MUL", FACTOR)), "t0", "t1")
    assert_untouched(fold_batch_norms, graph)
    assert_same_bits(graph)


def test_not_a_factor_for_each_pixel() -> None:
    assert_untouched(fold_batch_norms, normalised("CONV_2D", ("MUL", RNG.normal(0, 1, (5, 1)))))
    assert_untouched(fold_batch_norms, normalised("CONV_2D", ("MUL", RNG.normal(0, 1, (1, 4, 5, CHANNELS)))))


def test_not_a_computed_factor() -> None:
    graph = normalised("FULLY_CONNECTED", ("MUL", FACTOR))
    key = graph.ops[1].inputs[1]
    tensors = {**graph.tensors, key: tensor("c", FLOAT, (CHANNELS,))}
    assert_untouched(fold_batch_norms, replace(graph, tensors=tensors, inputs=(*graph.inputs, key)))


def test_not_a_division_by_zero() -> None:
    graph = normalised("CONV_2D", ("DIV", FACTOR * (np.arange(CHANNELS) > 0)))
    assert_untouched(fold_batch_norms, graph)


def test_not_where_digits_cancel() -> None:
    """A bias of 1e6, and 1e6 taken away again: TFLM rounds the sums to multiples of 1/16 between."""
    bias = normalised("CONV_2D", ("SUB", np.full(CHANNELS, 1e6)))
    data = bias.tensors[bias.ops[0].inputs[2]].data
    data[:] = 1e6 + data
    assert_untouched(fold_batch_norms, bias)
    assert_same_bits(bias)
    assert kinds(bias) == ["CONV_2D", "SUB"]


def test_not_into_weights_of_fewer_bits() -> None:
    """They would take more flash as float32, and hybrid layers are no sums of products of floats."""
    graph = normalised("CONV_2D", ("MUL", FACTOR), ("ADD", SUMMAND))
    for narrow in (with_float16(graph), with_int8(graph)):
        kept = optimise(narrow)
        assert kinds(kept) == ["CONV_2D", "MUL", "ADD"]
        assert kept.tensors[kept.ops[0].inputs[1]].dtype is not FLOAT

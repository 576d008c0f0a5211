"""PAD becomes the padding of the windows that read it, where they would not tell the difference."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    FLOAT,
    INT8,
    INT16,
    INT32,
    INT64,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import Attribute, DType, Graph, Quantisation, Tensor
from tools.sni.passes.fold_padding import fold_padding

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
Q = {INT8: quantised(0.1, -9), INT16: quantised(0.001), FLOAT: None}
AFTER = {INT8: quantised(0.2, 11), INT16: quantised(0.004), FLOAT: None}
Layer = tuple[str, list[Tensor], list[Tensor], dict[str, Attribute]]


def windows(
    kind: str, x: Tensor, taps: tuple[int, int], stride: int = 1, dilation: int = 1, padding: str = "VALID"
) -> Layer:
    """A convolution or a pooling of x."""
    rng = np.random.default_rng(3)
    _, rows, columns, channels = x.shape
    spans = [(n - 1) * dilation + 1 for n in taps]
    sizes = [
        -(-n // stride) if padding == "SAME" else (n - s) // stride + 1
        for n, s in zip((rows, columns), spans, strict=True)
    ]
    attributes: dict[str, Attribute] = {"stride_h": stride, "stride_w": stride, "padding": padding}
    attributes["fused_activation_function"] = "NONE"
    if kind not in CONVOLUTIONS:
        y = tensor("y", x.dtype, (1, *sizes, channels), x.quantisation)
        return kind, [x], [y], {**attributes, "filter_height": taps[0], "filter_width": taps[1]}
    outputs = 3 if kind == "CONV_2D" else channels
    shape = (outputs, *taps, channels) if kind == "CONV_2D" else (1, *taps, outputs)
    if x.dtype is FLOAT:
        w, b = constant("w", FLOAT, rng.normal(0, 1, shape)), constant("b", FLOAT, rng.normal(0, 1, outputs))
    else:
        w = constant("w", INT8, rng.integers(-127, 128, shape), quantised(0.01))
        b = constant("b", INT64 if x.dtype is INT16 else INT32, rng.integers(-99, 99, outputs), quantised(0.001))
    attributes |= {"dilation_h_factor": dilation, "dilation_w_factor": dilation}
    if kind == "DEPTHWISE_CONV_2D":
        attributes["depth_multiplier"] = 1
    return kind, [x, w, b], [tensor("y", x.dtype, (1, *sizes, outputs), AFTER[x.dtype])], attributes


Around = tuple[tuple[int, int], tuple[int, int]]


def pad(x: Tensor, rows: tuple[int, int], columns: tuple[int, int], value: Tensor | None = None) -> Layer:
    sides = constant("p", INT32, np.array([(0, 0), rows, columns, (0, 0)]))
    _, height, width, channels = x.shape
    y = tensor("padded", x.dtype, (1, height + sum(rows), width + sum(columns), channels), x.quantisation)
    return ("PAD", [x, sides], [y], {}) if value is None else ("PADV2", [x, sides, value], [y], {})


def padded(
    kind: str,
    dtype: DType = INT8,
    around: Around = ((1, 1), (1, 1)),
    taps: tuple[int, int] = (3, 3),
    size: tuple[int, int] = (5, 6),
    value: Tensor | None = None,
    **steps: object,
) -> Graph:
    first = pad(tensor("x", dtype, (1, *size, 2), Q[dtype]), *around, value)
    return chain([first, windows(kind, first[2][0], taps, **steps)])


def assert_folded(graph: Graph, padding: str) -> None:
    op = fold_padding(graph).ops[-1]
    assert op.attributes["padding"] == padding
    assert op.inputs[0] == graph.inputs[0]
    assert "PAD" not in optimised_kinds(graph)
    assert_same_bits(graph)


@pytest.mark.parametrize(("kind", "dtype"), [*itertools.product(CONVOLUTIONS, (INT8, INT16, FLOAT))])
def test_as_same(kind: str, dtype: DType) -> None:
    assert_folded(padded(kind, dtype), "SAME")


@pytest.mark.parametrize(("kind", "dtype"), [*itertools.product(CONVOLUTIONS, (INT8, INT16, FLOAT))])
def test_as_explicit(kind: str, dtype: DType) -> None:
    assert_folded(padded(kind, dtype, ((2, 0), (0, 1))), "EXPLICIT")


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@pytest.mark.parametrize(
    ("around", "taps", "stride", "dilation", "padding"),
    [
        # What MobileNet does in front of a stride of 2.
        (((0, 1), (0, 1)), (3, 3), 2, 1, "SAME"),
        (((1, 1), (1, 1)), (3, 3), 2, 1, "EXPLICIT"),
        (((2, 2), (2, 2)), (3, 3), 1, 2, "SAME"),
        (((1, 2), (2, 1)), (2, 3), 1, 2, "EXPLICIT"),
        (((3, 3), (3, 3)), (7, 7), 2, 1, "EXPLICIT"),
        (((0, 3), (3, 0)), (4, 4), 3, 1, "EXPLICIT"),
    ],
)
def test_geometries(kind: str, around: Around, taps: tuple[int, int], stride: int, dilation: int, padding: str) -> None:
    graph = padded(kind, around=around, taps=taps, size=(6, 8), stride=stride, dilation=dilation)
    assert_folded(graph, padding)


def test_in_front_of_a_convolution_that_pads_itself() -> None:
    assert_folded(padded("CONV_2D", around=((1, 0), (0, 1)), padding="SAME"), "EXPLICIT")


def test_two_pads_in_a_row() -> None:
    first = pad(tensor("x", INT8, (1, 5, 6, 2), Q[INT8]), (1, 0), (0, 0))
    second = pad(first[2][0], (0, 1), (1, 1))
    graph = chain([first, second, windows("CONV_2D", second[2][0], (3, 3))])
    assert optimised_kinds(graph) == ["CONV_2D"]
    assert_same_bits(graph)


def test_for_all_that_read_it() -> None:
    first = pad(tensor("x", INT8, (1, 5, 6, 2), Q[INT8]), (1, 1), (1, 1))
    both = [windows(kind, first[2][0], (3, 3)) for kind in CONVOLUTIONS]
    assert optimised_kinds(chain([first, *both])) == [*CONVOLUTIONS]
    assert_same_bits(chain([first, *both]))


def test_a_given_value_that_is_zero() -> None:
    zero = constant("v", INT8, np.array([-9]), Q[INT8])
    assert_folded(padded("CONV_2D", value=zero), "SAME")


def test_not_another_value() -> None:
    graph = padded("CONV_2D", value=constant("v", INT8, np.array([0]), Q[INT8]))
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_where_the_border_stands_for_something_else_than_the_image() -> None:
    """A PAD leaves integers as they are, whatever it calls them: what the convolution reads has the other scale."""
    graph = padded("CONV_2D")
    tensors = {k: replace(t, quantisation=quantised(0.3, -9)) if t.name == "x" else t for k, t in graph.tensors.items()}
    graph = replace(graph, tensors=tensors)
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_an_output() -> None:
    graph = with_outputs(padded("CONV_2D"), "padded", "y")
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_where_something_else_reads_it() -> None:
    first = pad(tensor("x", INT8, (1, 5, 6, 2), Q[INT8]), (1, 1), (1, 1))
    padded_ = first[2][0]
    other = tensor("o", INT8, padded_.shape, Q[INT8])
    graph = chain([first, windows("CONV_2D", padded_, (3, 3)), ("RELU", [padded_], [other], {})])
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_channels() -> None:
    x, y = tensor("x", INT8, (1, 5, 6, 2), Q[INT8]), tensor("padded", INT8, (1, 5, 6, 3), Q[INT8])
    sides = constant("p", INT32, np.array([(0, 0), (0, 0), (0, 0), (0, 1)]))
    graph = chain([("PAD", [x, sides], [y], {}), windows("CONV_2D", y, (3, 3))])
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_where_a_window_sees_the_border_alone() -> None:
    graph = padded("CONV_2D", around=((3, 0), (0, 0)), taps=(2, 2))
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_where_a_weight_makes_a_nan_of_zero() -> None:
    graph = padded("CONV_2D", FLOAT)
    graph.tensors[graph.ops[1].inputs[1]].data[0, 0, 0, 0] = np.inf
    assert_untouched(fold_padding, graph)


def test_not_an_average() -> None:
    """It would count fewer pixels at the border."""
    graph = padded("AVERAGE_POOL_2D")
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def maximum(dtype: DType, activation: str, producer: str = "CONV_2D", q: Quantisation | None = None) -> Graph:
    """A maximum over a padded image that an activation clamped at 0, or not."""
    x = tensor("x", dtype, (1, 5, 6, 2), Q[dtype])
    if producer == "CONV_2D":
        layer = windows("CONV_2D", x, (1, 1))
        layer[3]["fused_activation_function"] = activation
    else:
        y = tensor("y", dtype, x.shape, Q[dtype])
        layer = (producer, [x, x], [y], {"fused_activation_function": activation})
    border = pad(layer[2][0], (1, 1), (1, 1))
    return chain([layer, border, windows("MAX_POOL_2D", border[2][0], (3, 3), stride=2)])


@pytest.mark.parametrize(("dtype", "activation"), [*itertools.product((INT8, FLOAT), ("RELU", "RELU6"))])
def test_a_maximum_of_what_is_not_negative(dtype: DType, activation: str) -> None:
    graph = maximum(dtype, activation)
    assert kinds(fold_padding(graph))[-1] == "MAX_POOL_2D"
    assert optimised_kinds(graph) == ["CONV_2D", "MAX_POOL_2D"]
    assert_same_bits(graph)


def test_a_maximum_of_a_sum_that_is_not_negative() -> None:
    graph = maximum(INT8, "RELU", "ADD")
    assert optimised_kinds(graph) == ["ADD", "MAX_POOL_2D"]
    assert_same_bits(graph)


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
def test_not_a_maximum_of_what_may_be_negative(dtype: DType) -> None:
    graph = maximum(dtype, "NONE")
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_not_a_maximum_of_floats_that_may_be_minus_zero() -> None:
    graph = maximum(FLOAT, "RELU", "ADD")
    assert_untouched(fold_padding, graph)
    assert_same_bits(graph)


def test_a_maximum_over_a_border_of_the_smallest_value() -> None:
    lowest = constant("v", FLOAT, np.array([np.finfo(np.float32).min]))
    graph = padded("MAX_POOL_2D", FLOAT, value=lowest)
    assert_folded(graph, "SAME")

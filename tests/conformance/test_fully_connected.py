"""FULLY_CONNECTED against TFLM: types, shapes, activations, quantisation extremes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, INT32, INT64, assert_conforms, assert_same_bits
from tests.support.dense import float_layer, integer_layer
from tests.support.models import quantised
from tools.sni.ir import DType, Graph

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
SHAPES = [(1, 1, 1), (1, 7, 3), (1, 8, 128), (1, 128, 8), (3, 5, 4), (2, 33, 65), (1, 640, 36)]
"""(rows, inputs, outputs)."""


@pytest.mark.parametrize(("shape", "activation"), [*itertools.product(SHAPES, ACTIVATIONS)])
def test_float(shape: tuple[int, int, int], activation: str) -> None:
    assert_conforms(float_layer(*shape, activation, bias=True))


def test_float_without_bias() -> None:
    assert_conforms(float_layer(2, 9, 40, "RELU", bias=False))


def test_float_with_fused_multiply_add_stays_within_the_contract() -> None:
    assert_conforms(float_layer(1, 640, 128, "RELU", bias=True), flags=("-O3", "-march=x86-64-v3"))


@pytest.mark.parametrize(("shape", "activation", "channels"), [*itertools.product(SHAPES, ACTIVATIONS, (False, True))])
def test_int8(shape: tuple[int, int, int], activation: str, channels: bool) -> None:
    assert_conforms(integer_layer(shape, activation=activation, channels=channels))


@pytest.mark.parametrize(
    ("channels", "flags"), [*itertools.product((False, True), (("-O3",), ("-O3", "-march=x86-64-v3")))]
)
def test_int8_vectorised(channels: bool, flags: tuple[str, ...]) -> None:
    assert_conforms(integer_layer((2, 640, 37), channels=channels), flags=flags)


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_int8_zero_points_at_both_ends(zero_points: tuple[int, int]) -> None:
    assert_conforms(integer_layer((1, 40, 12), zero_points=zero_points))


@pytest.mark.parametrize("output_scale", [1e-12, 1e-7, 2e-4, 1.0, 1e4, 1e9])
@pytest.mark.parametrize("channels", [False, True])
def test_int8_output_scales_from_tiny_to_huge(output_scale: float, channels: bool) -> None:
    # TFLM refuses a bias whose scale is far from the product of the others, measured in output steps.
    assert_conforms(integer_layer((1, 40, 12), output_scale=output_scale, channels=channels, bias=False))


@pytest.mark.parametrize("channels", [False, True])
def test_int8_without_bias(channels: bool) -> None:
    for inputs in (3, 16, 100):
        assert_conforms(integer_layer((1, inputs, 9), bias=False, channels=channels, input_scale=0.0123 * inputs))


@pytest.mark.parametrize(
    ("shape", "channels", "bias_type"), [*itertools.product(SHAPES, (False, True), (INT32, INT64))]
)
def test_int16x8(shape: tuple[int, int, int], channels: bool, bias_type: object) -> None:
    assert_conforms(integer_layer(shape, types=(INT16, bias_type), channels=channels, zero_points=(0, 0)))


@pytest.mark.parametrize("bias_type", [INT32, INT64])
def test_int16x8_without_bias(bias_type: object) -> None:
    assert_conforms(integer_layer((1, 50, 10), types=(INT16, bias_type), bias=False, zero_points=(0, 0)))


def test_int16x8_sums_beyond_32_bits() -> None:
    assert_conforms(
        integer_layer((1, 700, 6), types=(INT16, INT64), zero_points=(0, 0), full_range=True, output_scale=0.9)
    )


def test_int8_sums_that_wrap_round_do_so_as_in_tflm() -> None:
    graph = integer_layer((1, 8, 4))
    key = graph.ops[0].inputs[2]
    graph.tensors[key].data[:] = [2**31 - 1, -(2**31), 2**31 - 5, 7]
    assert_conforms(graph)


@pytest.mark.parametrize("output_scale", [5e-4, 3.0, 4.77e5])
def test_int8_sums_that_just_fit_32_bits(output_scale: float) -> None:
    """What rounds them would overflow: half of 2^shift on top of nearly 2^31."""
    graph = integer_layer((1, 8, 4), output_scale=output_scale)
    graph.tensors[graph.ops[0].inputs[2]].data[:] = [2**31 - 200_000, -(2**31) + 200_000, 2**30, -(2**30)]
    assert_conforms(graph)


RANKS = [((2, 3, 4), (2, 3, 5)), ((1, 2, 2, 6), (4, 3)), ((12,), (3, 7)), ((2, 1, 3, 2, 5), (2, 1, 3, 2, 4))]
"""(input, output): as they are with keep_num_dims, and flattened."""


@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT16])
@pytest.mark.parametrize(("given", "made"), RANKS)
def test_all_ranks(given: tuple[int, ...], made: tuple[int, ...], dtype: DType) -> None:
    inputs, outputs = int(np.prod(given)) // int(np.prod(made[:-1])), made[-1]
    shape = (int(np.prod(made[:-1])), inputs, outputs)
    types = (dtype, INT64 if dtype is INT16 else INT32)
    zero_points = (0, 0) if dtype is INT16 else (3, -5)
    flat = (
        float_layer(*shape, "NONE", bias=True)
        if dtype is FLOAT
        else integer_layer(shape, types=types, zero_points=zero_points)
    )
    x, y = flat.inputs[0], flat.outputs[0]
    flat.tensors[x] = replace(flat.tensors[x], shape=given)
    flat.tensors[y] = replace(flat.tensors[y], shape=made)
    flat.ops[0].attributes["keep_num_dims"] = len(given) == len(made)
    assert_conforms(flat)


COMPUTED = [("w",), ("b",), ("w", "b")]


def computed(graph: Graph, names: tuple[str, ...], weights_zero_point: int = 0) -> Graph:
    """The same layer with weights or bias that are inputs of the network."""
    for key, value in graph.tensors.items():
        if value.name in names:
            q = value.quantisation
            if value.name == "w" and q:
                q = quantised(q.scale, weights_zero_point)
            graph.tensors[key] = replace(value, data=None, quantisation=q)
    inputs = tuple(key for key, value in graph.tensors.items() if value.data is None and key not in graph.outputs)
    return replace(graph, inputs=inputs)


@pytest.mark.parametrize("names", COMPUTED)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 3), (3, 16, 20), (2, 33, 65)])
def test_float_computed_operands(shape: tuple[int, int, int], names: tuple[str, ...]) -> None:
    assert_conforms(computed(float_layer(*shape, "RELU6", bias=True), names))
    assert_same_bits(computed(float_layer(*shape, "NONE", bias=True), names))


@pytest.mark.parametrize("names", COMPUTED)
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 3), (3, 16, 20), (2, 33, 65)])
def test_int8_computed_operands(shape: tuple[int, int, int], names: tuple[str, ...]) -> None:
    assert_conforms(computed(integer_layer(shape, activation="RELU"), names))


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_int8_computed_weights_without_bias(zero_points: tuple[int, int]) -> None:
    for shape in ((1, 40, 12), (2, 300, 5)):
        assert_conforms(computed(integer_layer(shape, bias=False, zero_points=zero_points), ("w",)))


@pytest.mark.parametrize("names", COMPUTED)
def test_int16_computed_operands(names: tuple[str, ...]) -> None:
    assert_conforms(computed(integer_layer((2, 30, 7), types=(INT16, INT32), zero_points=(0, 0)), names))


@pytest.mark.parametrize("bias", [True, False])
def test_int16_computed_weights_with_wide_sums(bias: bool) -> None:
    assert_conforms(computed(integer_layer((2, 30, 7), types=(INT16, INT64), bias=bias, zero_points=(0, 0)), ("w",)))


@pytest.mark.parametrize("zero_point", [-128, -3, 127])
def test_int8_weights_with_a_zero_point(zero_point: int) -> None:
    """As another layer computes them, or as a constant."""
    for shape in ((1, 7, 3), (2, 33, 20)):
        assert_conforms(computed(integer_layer(shape), ("w",), zero_point))
        assert_conforms(computed(integer_layer(shape, bias=False), (), zero_point))

"""int4 weights with int8 activations against TFLM: packed two to a byte, in rows of any length."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from tests.conformance.conformance import CHECKED, INT8, assert_conforms, assert_same_bits
from tests.support.convolutions import Convolution, conv, depthwise
from tests.support.dense import integer_layer as dense
from tests.support.model_writer import write_tflite
from tests.support.narrow_weights import with_int4
from tests.support.oracle import Oracle

VECTORS = ("-O3", "-march=x86-64-v3")
SHAPES = [(1, 1, 1), (1, 7, 3), (2, 8, 128), (1, 129, 8), (3, 5, 4), (2, 33, 65), (1, 640, 36), (1, 31, 17)]
"""(rows, inputs, outputs)."""


@pytest.mark.parametrize(("shape", "activation"), [*itertools.product(SHAPES, ("NONE", "RELU"))])
def test_fully_connected(shape: tuple[int, int, int], activation: str) -> None:
    assert_conforms(with_int4(dense(shape, activation=activation)))


@pytest.mark.parametrize("shape", SHAPES)
def test_fully_connected_with_a_scale_for_each_output(shape: tuple[int, int, int]) -> None:
    """TFLM has that for int8 alone; the same values as int8 give the same bits."""
    graph = dense(shape, channels=True)
    assert_same_bits(with_int4(graph), Oracle(write_tflite(with_int4(graph, INT8))), flags=CHECKED)


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_zero_points_at_both_ends(zero_points: tuple[int, int]) -> None:
    assert_conforms(with_int4(dense((2, 41, 18), zero_points=zero_points)))
    assert_conforms(with_int4(conv((1, 5, 4, 3), (3, 3), 7, zero_points=zero_points).graph()))
    assert_conforms(with_int4(depthwise((1, 5, 4, 3), (3, 3), 1, zero_points=zero_points).graph()))


@pytest.mark.parametrize("output_scale", [1e-9, 1e-4, 1.0, 1e9])
def test_output_scales_from_tiny_to_huge(output_scale: float) -> None:
    assert_conforms(with_int4(dense((1, 40, 12), output_scale=output_scale, bias=False)))
    assert_conforms(with_int4(conv((1, 4, 4, 3), (2, 2), 5, output_scale=output_scale, bias=False).graph()))


CONVOLUTIONS = [
    conv((1, 5, 5, 3), (3, 3), 5),
    conv((1, 1, 1, 1), (1, 1), 1),
    conv((1, 3, 3, 1), (2, 2), 1, padding="VALID"),
    conv((2, 8, 8, 16), (3, 3), 32, stride=(2, 2)),
    conv((2, 4, 4, 16), (1, 1), 70),
    conv((1, 4, 4, 7), (1, 1), 33),
    conv((1, 9, 7, 3), (3, 2), 20, dilation=(2, 3)),
    conv((1, 9, 9, 1), (10, 4), 24),
    conv((1, 5, 5, 4), (3, 3), 6, groups=2),
    conv((1, 5, 5, 6), (3, 3), 9, groups=3),
    conv((1, 4, 4, 8), (2, 2), 64, groups=2),
]
DEPTHWISE = [
    depthwise((1, 5, 5, 3), (3, 3), 1),
    depthwise((1, 1, 1, 1), (1, 1), 1),
    depthwise((1, 4, 4, 101), (3, 3), 1),
    depthwise((2, 6, 6, 130), (3, 3), 1, stride=(2, 2)),
    depthwise((1, 5, 5, 64), (5, 1), 1, padding="VALID"),
    depthwise((1, 5, 5, 70), (3, 3), 2),
    depthwise((1, 4, 4, 50), (2, 2), 3),
    depthwise((2, 4, 4, 2), (2, 2), 33),
    depthwise((1, 3, 3, 3), (2, 2), 70),
    depthwise((1, 9, 7, 5), (3, 2), 1, dilation=(2, 3)),
]


@pytest.mark.parametrize(("layer", "channels"), [*itertools.product((*CONVOLUTIONS, *DEPTHWISE), (False, True))])
def test_convolutions(layer: Convolution, channels: bool) -> None:
    assert_conforms(with_int4(replace(layer, channels=channels).graph()))


@pytest.mark.parametrize("activation", ["RELU", "RELU6", "RELU_N1_TO_1"])
def test_activations(activation: str) -> None:
    assert_conforms(with_int4(conv((1, 4, 4, 3), (3, 3), 18, activation=activation).graph()))
    assert_conforms(with_int4(depthwise((1, 4, 4, 18), (3, 3), 1, activation=activation).graph()))


@pytest.mark.parametrize("flags", [("-O3",), VECTORS])
def test_vectorised(flags: tuple[str, ...]) -> None:
    for graph in (
        dense((2, 641, 37)),
        dense((1, 30, 64)),
        conv((1, 8, 8, 16), (3, 3), 32).graph(),
        depthwise((1, 8, 8, 65), (3, 3), 1).graph(),
    ):
        assert_conforms(with_int4(graph), flags=flags)


@pytest.mark.parametrize("value", [-127, 127])
def test_sums_as_large_as_they_get(value: int) -> None:
    """Weights of -8, which int4 has and symmetric quantisation does not use, or of 7."""
    assert_conforms(with_int4(conv((1, 4, 4, 65), (3, 3), 17, weights=value, zero_points=(-128, 3)).graph()))
    assert_conforms(with_int4(depthwise((1, 8, 8, 65), (7, 7), 1, weights=value, zero_points=(127, 3)).graph()))

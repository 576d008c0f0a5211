"""DEPTHWISE_CONV_2D against TFLM: types, windows, multipliers, strides, dilations, activations, extremes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import assert_conforms, assert_conforms_on, assert_same_bits
from tests.support.convolutions import FLOATS, INT8S, INT16S, Convolution, depthwise

TYPES = {"float32": FLOATS, "int8": INT8S, "int16": INT16S}
SHAPES = {
    "one pixel": depthwise((1, 1, 1, 1), (1, 1), 1),
    "3 x 3": depthwise((1, 6, 5, 8), (3, 3), 1),
    "3 x 3 with stride": depthwise((1, 7, 6, 5), (3, 3), 1, stride=(2, 2)),
    "3 x 3, valid": depthwise((1, 7, 6, 20), (3, 3), 1, padding="VALID"),
    "along a line": depthwise((1, 12, 1, 40), (5, 1), 1, padding="VALID"),
    "across a line": depthwise((1, 1, 12, 3), (1, 4), 1),
    "the whole image": depthwise((1, 4, 5, 6), (4, 5), 1, padding="VALID"),
    "70 channels": depthwise((1, 4, 4, 70), (3, 3), 1),
    "67 channels, in two blocks": depthwise((1, 3, 3, 67), (2, 2), 1),
    "dilated": depthwise((1, 9, 8, 4), (3, 3), 1, dilation=(2, 3)),
    "dilated beyond the image": depthwise((1, 3, 2, 4), (3, 2), 1, dilation=(4, 7)),
    "stride larger than the window": depthwise((1, 9, 9, 3), (2, 2), 1, stride=(4, 3)),
    "several images": depthwise((3, 5, 4, 3), (3, 3), 1),
    "two outputs each": depthwise((1, 5, 6, 4), (3, 3), 2),
    "three outputs each, strided": depthwise((2, 7, 5, 3), (3, 2), 3, stride=(2, 1), dilation=(1, 2)),
    "sixteen outputs each": depthwise((1, 4, 4, 5), (3, 3), 16, padding="VALID"),
    "two outputs each, in several blocks": depthwise((1, 4, 3, 67), (3, 2), 2),
    "three outputs each, in several blocks": depthwise((1, 3, 4, 64), (2, 3), 3, padding="VALID"),
    "seventy outputs each": depthwise((1, 3, 3, 2), (2, 2), 70),
    "one channel to many": depthwise((1, 9, 8, 1), (5, 4), 24, stride=(2, 2)),
}


@pytest.mark.parametrize(("types", "shape"), [*itertools.product(TYPES, SHAPES)])
def test_shapes(types: str, shape: str) -> None:
    assert_conforms(replace(SHAPES[shape], types=TYPES[types]).graph(), runs=8)


@pytest.mark.parametrize(("types", "activation"), [*itertools.product(TYPES, ("RELU", "RELU6", "RELU_N1_TO_1"))])
def test_activations(types: str, activation: str) -> None:
    scale = 0.03 if types == "int8" else 0.0
    layer = depthwise((1, 5, 5, 6), (3, 3), 1, types=TYPES[types], activation=activation, output_scale=scale)
    assert_conforms(layer.graph())


@pytest.mark.parametrize("types", TYPES)
def test_without_bias(types: str) -> None:
    assert_conforms(depthwise((1, 5, 6, 6), (3, 3), 1, types=TYPES[types], bias=False).graph())


@pytest.mark.parametrize("types", ["int8", "int16"])
def test_one_scale_for_all_channels(types: str) -> None:
    for multiplier in (1, 2):
        assert_conforms(depthwise((1, 5, 6, 3), (3, 3), multiplier, types=TYPES[types], channels=False).graph())


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_zero_points_at_both_ends(zero_points: tuple[int, int]) -> None:
    for multiplier in (1, 3):
        assert_conforms(depthwise((1, 5, 5, 6), (3, 3), multiplier, zero_points=zero_points).graph())


@pytest.mark.parametrize("output_scale", [1e-12, 1e-7, 2e-4, 1.0, 1e4, 1e9])
def test_output_scales_from_tiny_to_huge(output_scale: float) -> None:
    assert_conforms(depthwise((1, 4, 5, 4), (3, 3), 1, output_scale=output_scale).graph())


@pytest.mark.parametrize("output_scale", [3e-6, 1e-3, 1e4, 1e9])
def test_output_scales_of_wide_sums(output_scale: float) -> None:
    assert_conforms(depthwise((1, 4, 5, 4), (3, 3), 1, types=INT16S, output_scale=output_scale).graph())


@pytest.mark.parametrize("weights", [-128, 127])
def test_weights_at_their_ends(weights: int) -> None:
    for zero_point in (-128, 127):
        assert_conforms(depthwise((1, 4, 4, 8), (3, 3), 1, weights=weights, zero_points=(zero_point, 0)).graph())


def test_int16_sums_beyond_32_bits() -> None:
    assert_conforms(depthwise((1, 24, 24, 2), (24, 24), 1, types=INT16S, weights=127, output_scale=1.0).graph())


def test_sums_that_wrap_round_do_so_as_in_tflm() -> None:
    graph = depthwise((1, 4, 4, 4), (3, 3), 1).graph()
    graph.tensors[graph.ops[0].inputs[2]].data[:] = [2**31 - 1, -(2**31), 2**31 - 5, 7]
    assert_conforms(graph)


@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-march=x86-64-v3")], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize(
    "layer",
    [
        depthwise((1, 6, 6, 8), (3, 3), 1, activation="RELU"),
        depthwise((1, 5, 5, 64), (3, 3), 1, activation="RELU"),
        depthwise((1, 5, 5, 6), (3, 3), 4),
    ],
    ids=["8 channels", "64 channels", "four outputs each"],
)
def test_vectorised(layer: Convolution, types: str, flags: tuple[str, ...]) -> None:
    assert_conforms(replace(layer, types=TYPES[types]).graph(), flags=flags, runs=10)


@pytest.mark.parametrize("shape", ["3 x 3", "dilated", "three outputs each, strided"])
def test_floats_are_equal_to_the_last_bit(shape: str) -> None:
    assert_same_bits(replace(SHAPES[shape], types=FLOATS).graph())


@pytest.mark.parametrize("seed", range(12))
def test_drawn_at_random(seed: int) -> None:
    rng = np.random.default_rng(seed)
    window = tuple(int(n) for n in rng.integers(1, 5, 2))
    dilation = tuple(int(n) for n in rng.integers(1, 3, 2))
    low = [(taps - 1) * step + 1 for taps, step in zip(window, dilation, strict=True)]
    layer = depthwise(
        (int(rng.integers(1, 3)), *(int(rng.integers(n, n + 6)) for n in low), int(rng.integers(1, 30))),
        window,
        int(rng.choice([1, 1, 2, 5])),
        types=list(TYPES.values())[seed % 3],
        stride=tuple(int(n) for n in rng.integers(1, 4, 2)),
        dilation=dilation,
        padding=str(rng.choice(["SAME", "VALID"])),
        activation=str(rng.choice(["NONE", "RELU", "RELU6"])),
        channels=bool(rng.integers(2)),
        zero_points=tuple(int(n) for n in rng.integers(-128, 128, 2)),
    )
    assert_conforms(layer.graph(), runs=6)


def test_few_taps_on_a_processor_with_mve() -> None:
    """GCC can assemble what it makes of unrolled loops: it must not have the weights as literals."""
    graph = depthwise((2, 2, 2, 19), (1, 2), 1, types=FLOATS, padding="VALID").graph()
    assert_conforms_on(graph, "cortex_m55")

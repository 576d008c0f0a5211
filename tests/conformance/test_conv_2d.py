"""CONV_2D against TFLM: types, windows, strides, dilations, paddings, groups, activations, quantisation extremes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import assert_conforms, assert_same_bits
from tests.support.convolutions import FLOATS, INT8S, INT16S, INT16S_NARROW, Convolution, conv

TYPES = {"float32": FLOATS, "int8": INT8S, "int16_bias32": INT16S_NARROW, "int16_bias64": INT16S}
SHAPES = {
    "rows that no window sees between two images": conv((2, 5, 3, 2), (2, 3), 4, stride=(2, 1), padding="VALID"),
    "one pixel": conv((1, 1, 1, 1), (1, 1), 1),
    "one channel to few": conv((1, 6, 5, 1), (3, 3), 4),
    "three channels, odd outputs": conv((1, 7, 6, 3), (3, 3), 7),
    "rows of 27 padded to 32": conv((1, 5, 5, 3), (3, 3), 16, stride=(2, 2)),
    "rows of 27 padded, nothing clipped": conv((1, 5, 6, 3), (3, 3), 6, dilation=(2, 2), padding="VALID"),
    "1 x 1, few inputs": conv((1, 5, 4, 8), (1, 1), 16),
    "1 x 1, few inputs, odd ones": conv((1, 5, 4, 7), (1, 1), 18),
    "1 x 1, many inputs": conv((1, 3, 4, 64), (1, 1), 12),
    "1 x 1, 70 outputs in two blocks": conv((1, 2, 3, 33), (1, 1), 70),
    "1 x 1 with stride": conv((1, 7, 6, 5), (1, 1), 6, stride=(2, 3)),
    "1 x 1 with stride, uneven inputs": conv((1, 5, 6, 40), (1, 1), 20, stride=(2, 2)),
    "valid": conv((1, 7, 6, 4), (3, 2), 5, padding="VALID"),
    "valid with stride": conv((1, 9, 7, 4), (3, 3), 5, stride=(2, 3), padding="VALID"),
    "the whole image": conv((1, 4, 5, 6), (4, 5), 9, padding="VALID"),
    "full rows": conv((1, 7, 4, 5), (3, 4), 6, padding="VALID"),
    "along a line": conv((1, 12, 1, 10), (5, 1), 8, padding="VALID"),
    "across a line": conv((1, 1, 12, 10), (1, 5), 8),
    "windows side by side": conv((1, 8, 3, 4), (2, 3), 6, stride=(2, 1), padding="VALID"),
    "windows side by side, rest unused": conv((1, 9, 3, 4), (2, 3), 6, stride=(2, 1), padding="VALID"),
    "overlaps that make up for gaps": conv((1, 2, 6, 4), (1, 3), 6, stride=(2, 1), padding="VALID"),
    "several images": conv((3, 5, 4, 3), (3, 3), 4),
    "several images, the whole of each": conv((3, 3, 2, 4), (3, 2), 5, padding="VALID"),
    "several images, 1 x 1": conv((2, 3, 3, 6), (1, 1), 5),
    "dilated": conv((1, 9, 8, 4), (3, 3), 5, dilation=(2, 3)),
    "dilated beyond the image": conv((1, 3, 2, 4), (3, 2), 5, dilation=(4, 7)),
    "dilated, valid": conv((1, 9, 8, 4), (3, 2), 5, dilation=(3, 4), padding="VALID"),
    "window larger than the image": conv((1, 3, 2, 2), (7, 6), 3),
    "stride larger than the window": conv((1, 9, 9, 3), (2, 2), 4, stride=(4, 3)),
    "keyword spotting's first": conv((1, 9, 10, 1), (10, 4), 64, stride=(2, 2)),
    "groups of one": conv((1, 5, 4, 6), (3, 3), 6, groups=6),
    "groups of one, two outputs each": conv((1, 5, 4, 3), (2, 3), 6, groups=3, padding="VALID"),
    "groups": conv((1, 5, 4, 8), (3, 3), 12, groups=2),
    "groups with many outputs": conv((1, 3, 3, 4), (3, 3), 40, groups=2),
    "groups, 1 x 1": conv((1, 4, 4, 12), (1, 1), 8, groups=4, stride=(1, 2)),
    "groups of 67 outputs": conv((1, 2, 2, 4), (1, 2), 134, groups=2),
}


@pytest.mark.parametrize(("types", "shape"), [*itertools.product(TYPES, SHAPES)])
def test_shapes(types: str, shape: str) -> None:
    assert_conforms(replace(SHAPES[shape], types=TYPES[types]).graph(), runs=8)


SIXTEENS = {
    "16 channels": conv((1, 6, 7, 16), (3, 3), 8, activation="RELU", zero_points=(3, -128)),
    "32 channels, stride": conv((1, 7, 9, 32), (3, 3), 12, stride=(2, 2)),
    "48 channels, in a loop": conv((1, 5, 5, 48), (3, 3), 4, activation="RELU6", output_scale=0.2),
    "nothing clipped": conv((1, 4, 9, 16), (2, 5), 4, padding="VALID"),
    "rows between windows": conv((1, 11, 4, 16), (2, 2), 4, stride=(4, 1)),
}
"""Channels that fill vectors, in windows of few taps."""


@pytest.mark.parametrize("shape", SIXTEENS)
def test_channels_by_sixteens(shape: str) -> None:
    assert_conforms(SIXTEENS[shape].graph(), runs=8)


@pytest.mark.parametrize(("types", "activation"), [*itertools.product(TYPES, ("RELU", "RELU6", "RELU_N1_TO_1"))])
def test_activations(types: str, activation: str) -> None:
    # Scales at which 6 lies inside the range and at which it does not.
    for scale in (0.03, 0.2) if types == "int8" else (0.0,):
        layer = conv((1, 5, 5, 4), (3, 3), 6, types=TYPES[types], activation=activation, output_scale=scale)
        assert_conforms(layer.graph())


@pytest.mark.parametrize(("types", "channels"), [*itertools.product(TYPES, (True, False))])
def test_without_bias(types: str, channels: bool) -> None:
    extra = {"quantized_bias_type": TYPES[types][1].value.upper()} if types.startswith("int16") else {}
    layer = conv((1, 5, 6, 3), (3, 3), 6, types=TYPES[types], bias=False, channels=channels, extra=extra)
    assert_conforms(layer.graph())


@pytest.mark.parametrize("types", ["int8", "int16_bias32", "int16_bias64"])
def test_one_scale_for_all_channels(types: str) -> None:
    assert_conforms(conv((1, 5, 6, 3), (3, 3), 6, types=TYPES[types], channels=False).graph())
    assert_conforms(conv((1, 4, 4, 16), (1, 1), 20, types=TYPES[types], channels=False, activation="RELU").graph())


@pytest.mark.parametrize("zero_points", [(-128, -128), (127, 127), (-128, 127), (0, 0)])
def test_zero_points_at_both_ends(zero_points: tuple[int, int]) -> None:
    for window, groups in (((3, 3), 1), ((1, 1), 1), ((3, 3), 2)):
        assert_conforms(conv((1, 5, 5, 6), window, 8, groups=groups, zero_points=zero_points).graph())


@pytest.mark.parametrize("output_scale", [1e-12, 1e-7, 2e-4, 1.0, 1e4, 1e9])
@pytest.mark.parametrize("types", ["int8", "int16_bias32"])
def test_output_scales_from_tiny_to_huge(types: str, output_scale: float) -> None:
    assert_conforms(conv((1, 4, 5, 4), (3, 3), 5, types=TYPES[types], output_scale=output_scale).graph())


@pytest.mark.parametrize("output_scale", [3e-6, 1e-3, 1e4, 1e9])
def test_output_scales_of_wide_sums(output_scale: float) -> None:
    assert_conforms(conv((1, 4, 5, 4), (3, 3), 5, types=INT16S, output_scale=output_scale).graph())


@pytest.mark.parametrize("weights", [-128, 127])
@pytest.mark.parametrize("shape", [((1, 4, 4, 3), (3, 3), 20), ((1, 4, 4, 8), (1, 1), 16), ((1, 3, 3, 64), (1, 1), 5)])
def test_weights_at_their_ends(shape: tuple, weights: int) -> None:
    """Products of two -128 are the ones whose sums by pairs would not fit 16 bits."""
    for zero_point in (-128, 127):
        assert_conforms(conv(*shape, weights=weights, zero_points=(zero_point, 0)).graph())


def test_int16_sums_beyond_32_bits() -> None:
    assert_conforms(conv((1, 3, 3, 100), (3, 3), 4, types=INT16S, weights=127, output_scale=1.5).graph())
    assert_conforms(conv((1, 3, 3, 100), (3, 3), 4, types=INT16S_NARROW, weights=127, output_scale=1.5).graph())


@pytest.mark.parametrize("types", ["int8", "int16_bias32"])
def test_sums_that_wrap_round_do_so_as_in_tflm(types: str) -> None:
    graph = conv((1, 4, 4, 3), (3, 3), 4, types=TYPES[types]).graph()
    graph.tensors[graph.ops[0].inputs[2]].data[:] = [2**31 - 1, -(2**31), 2**31 - 5, 7]
    assert_conforms(graph)


@pytest.mark.parametrize("types", ["int8", "int16_bias64"])
def test_what_a_window_shows_is_copied_to_the_arena_where_it_is_large(types: str) -> None:
    assert_conforms(conv((1, 4, 5, 40), (3, 3), 4, types=TYPES[types]).graph())
    assert_conforms(conv((1, 6, 5, 40), (3, 3), 4, dilation=(2, 2), types=TYPES[types], padding="VALID").graph())


OPTIMISED = [("-O3",), ("-O3", "-march=x86-64-v3")]


@pytest.mark.parametrize("flags", OPTIMISED, ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("types", TYPES)
@pytest.mark.parametrize(
    "layer",
    [
        conv((1, 6, 6, 3), (3, 3), 16, activation="RELU"),
        conv((1, 5, 5, 16), (3, 3), 33, activation="RELU"),
        conv((1, 5, 5, 8), (1, 1), 16),
        conv((1, 5, 5, 64), (1, 1), 64, activation="RELU"),
    ],
    ids=["3 channels", "16 channels", "1 x 1 of 8", "1 x 1 of 64"],
)
def test_vectorised(layer: Convolution, types: str, flags: tuple[str, ...]) -> None:
    assert_conforms(replace(layer, types=TYPES[types]).graph(), flags=flags, runs=10)


@pytest.mark.parametrize("shape", ["three channels, odd outputs", "dilated", "groups", "1 x 1 with stride"])
def test_floats_are_equal_to_the_last_bit(shape: str) -> None:
    assert_same_bits(replace(SHAPES[shape], types=FLOATS).graph())


@pytest.mark.parametrize("seed", range(24))
def test_drawn_at_random(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, share = (int(n) for n in rng.integers(1, 4, 2))
    window = tuple(int(n) for n in rng.integers(1, 5, 2))
    dilation = tuple(int(n) for n in rng.integers(1, 3, 2))
    low = [(taps - 1) * step + 1 for taps, step in zip(window, dilation, strict=True)]
    image = (int(rng.integers(1, 3)), *(int(rng.integers(n, n + 6)) for n in low), groups * int(rng.integers(1, 9)))
    layer = conv(
        image,
        window,
        groups * share * int(rng.integers(1, 12)),
        types=list(TYPES.values())[seed % 4],
        stride=tuple(int(n) for n in rng.integers(1, 4, 2)),
        dilation=dilation,
        padding=str(rng.choice(["SAME", "VALID"])),
        activation=str(rng.choice(["NONE", "RELU", "RELU6"])),
        groups=groups,
        channels=bool(rng.integers(2)),
        zero_points=tuple(int(n) for n in rng.integers(-128, 128, 2)),
    )
    assert_conforms(layer.graph(), runs=6)

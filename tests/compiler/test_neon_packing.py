"""How the weights of the neon kernels are packed, and what their lanes can hold."""

from __future__ import annotations

import numpy as np
import pytest

from tools.sni.neon import depthwise
from tools.sni.neon.mean import MOST_TAPS, reciprocal
from tools.sni.neon.packing import longest_chain, packed, table


def products(weights: np.ndarray, inputs: np.ndarray, outputs: int, chain: int) -> np.ndarray:
    """What the kernels' inner loop makes of packed weights, in lanes of 16 bits that must not overflow."""
    groups = -(-len(inputs) // 8)
    x = np.zeros(8 * groups, np.int64)
    x[: len(inputs)] = inputs
    vectors = weights.astype(np.int64).reshape(-1, groups, 4 // chain, chain, 16)
    repeated = np.tile(x.reshape(groups, 4 // chain, chain, 2), 8)
    lanes = (vectors * repeated).sum(axis=3)
    assert np.abs(np.cumsum(vectors * repeated, axis=3)).max() < 1 << 15
    return lanes.reshape(len(vectors), -1, 8, 2).sum(axis=(1, 3)).reshape(-1)[:outputs]


@pytest.mark.parametrize("shape", [(8, 8), (1, 1), (10, 27), (16, 40), (3, 9)])
def test_sums_are_those_of_the_matrix(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.integers(-30, 30, shape)
    inputs = rng.integers(-128, 128, shape[1])
    found = products(packed(matrix), inputs, shape[0], longest_chain(matrix))
    np.testing.assert_array_equal(found, matrix @ inputs)


@pytest.mark.parametrize(
    ("first_lane", "chain"),
    [((64, 64, 64, 63), 4), ((64, 64, 64, 64), 2), ((127, 128, 0, 0), 4), ((128, 128, 0, 0), 1), ((128, 1, 0, 127), 2)],
)
def test_a_lane_adds_up_as_many_products_as_fit(first_lane: tuple[int, ...], chain: int) -> None:
    matrix = np.zeros((8, 8), np.int64)
    matrix[2, 0::2] = -np.array(first_lane)
    assert longest_chain(matrix) == chain
    products(packed(matrix), np.full(8, -128), 8, chain)


def test_what_goes_with_the_outputs_lies_around_their_weights() -> None:
    weights = np.arange(16, dtype=np.int8).reshape(2, 8)
    words = table(np.arange(10), np.arange(10) + 100, -np.arange(10), weights).reshape(2, 26)
    starts, packed_weights, scales = words[:, :8], words[:, 8:10], words[:, 10:].reshape(2, 2, 8)
    np.testing.assert_array_equal(starts, [np.arange(8), [8, 9, 0, 0, 0, 0, 0, 0]])
    assert packed_weights.astype("<i4").tobytes() == weights.tobytes()
    np.testing.assert_array_equal(scales[0], [np.arange(8) + 100, -np.arange(8)])
    np.testing.assert_array_equal(scales[1, :, :2], [[108, 109], [-8, -9]])
    assert not scales[1, :, 2:].any()


def test_a_start_beyond_32_bits_wraps_round() -> None:
    assert table(np.array([(1 << 31) + 5]), np.array([1]), np.array([-1]), np.zeros((1, 4), np.int8))[0] == 5 - (
        1 << 31
    )


@pytest.mark.parametrize(
    ("taps", "chain"), [((85, 85, 85), 3), ((100, 155, 127), 2), ((128, 128, 1), 1), ((1, 254), 2)]
)
def test_a_lane_adds_up_as_many_taps_as_fit(taps: tuple[int, ...], chain: int) -> None:
    assert depthwise.longest_chain(np.array([np.zeros(len(taps), np.int64), -np.array(taps)])) == chain


def test_products_divide_all_that_there_is_to_divide() -> None:
    sums = np.arange(1 << 15)
    for count in range(2, MOST_TAPS + 1):
        factor, shift = reciprocal(count)
        assert factor < 1 << 16
        np.testing.assert_array_equal(sums * factor >> (16 + shift), sums // count)

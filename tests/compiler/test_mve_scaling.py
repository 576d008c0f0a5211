"""Requantisation of the mve kernels against TFLM's definition, and how their weights are packed."""

from __future__ import annotations

import numpy as np
import pytest

from tools.sni.mve.packing import Steps, packed, stream
from tools.sni.mve.scaling import Scaling, scaling_of
from tools.sni.numerics.multiplier import multiply, quantise_multiplier

FULL = (-128, 127)


def check(
    reals: list[float], starts: list[int], reach: int, zero_point: int, clamp: tuple[int, int], rounding: str
) -> Scaling:
    """Every sum that can be, or 200,000 of them and the ends."""
    multipliers = [quantise_multiplier(real) for real in reals]
    scaling = scaling_of(multipliers, np.array(starts), np.full(len(reals), reach), zero_point, clamp, rounding)
    assert scaling is not None
    products = np.arange(-reach, reach + 1)
    if products.size > 200_000:
        drawn = np.random.default_rng(0).integers(-reach, reach, 200_000, endpoint=True)
        products = np.concatenate([drawn, [-reach, reach]])
    ours = scaling.apply(np.where(scaling.constant[:, None], 0, products))
    for channel, (m, start) in enumerate(zip(multipliers, starts, strict=True)):
        expected = np.clip(multiply(products + start, m, rounding) + zero_point, *clamp)
        sums = 0 * products if scaling.constant[channel] else products
        largest = np.abs(scaling.biases[channel]) + scaling.multiplier * np.abs(sums).max()
        assert largest < 1 << 31, "what is scaled must fit 32 bits"
        np.testing.assert_array_equal(np.clip(ours[channel], *clamp), expected)
    return scaling


@pytest.mark.parametrize("rounding", ["double", "single"])
@pytest.mark.parametrize("zero_point", [-128, -5, 0, 127])
@pytest.mark.parametrize("seed", range(6))
def test_all_sums_of_a_layer(seed: int, zero_point: int, rounding: str) -> None:
    rng = np.random.default_rng(seed)
    reals = list(2.0 ** rng.uniform(-11, -7, 8))
    starts = rng.integers(-20_000, 20_000, 8).tolist()
    scaling = check(reals, starts, 90_000, zero_point, FULL, rounding)
    assert scaling.signed == (rounding == "double" and -128 < zero_point < 127)


@pytest.mark.parametrize("rounding", ["double", "single"])
@pytest.mark.parametrize("clamp", [(-128, 127), (-3, 127), (0, 60), (-128, -127)])
def test_sums_up_to_the_largest(clamp: tuple[int, int], rounding: str) -> None:
    check([0.0007, 0.00031, 0.00049], [123_456, -77, 0], 8_000_000, -3, clamp, rounding)


def test_factors_of_a_power_of_two_have_ties() -> None:
    for exponent in range(5, 14):
        check([2.0**-exponent], [0], 60_000, 0, FULL, "double")


def test_biases_that_no_output_can_make_up_for() -> None:
    """As dead channels have them."""
    scaling = check([2.0**-9.3, 1e-9], [5, 1 << 30], 3_000_000, -128, FULL, "double")
    assert scaling.constant.tolist() == [False, True]


@pytest.mark.parametrize("zero_point", [-128, -7])
def test_layers_whose_outputs_never_change(zero_point: int) -> None:
    assert check([1e-9, 2e-9], [1 << 30, -5], 3_000_000, zero_point, FULL, "double").constant.all()
    assert check([1e-9, 2e-3], [1 << 30, -5], 30_000, zero_point, FULL, "double").constant.tolist() == [True, False]


def test_what_does_not_fit_is_refused() -> None:
    one = [quantise_multiplier(0.001)]
    for start, reach in ((1 << 31, 5), ((1 << 31) - 10, 100)):
        assert scaling_of(one, np.array([start]), np.array([reach]), 0, FULL, "double") is None
    assert scaling_of([quantise_multiplier(1e6)], np.array([0]), np.array([1 << 22]), 0, FULL, "double") is None
    assert scaling_of([quantise_multiplier(0.5)], np.array([0]), np.array([1 << 17]), 0, FULL, "double") is None


def test_steps_of_sixteen() -> None:
    assert Steps.of(64, 4, 2) == Steps(4, 0, tail=False)
    assert Steps.of(7, 4, 2) == Steps(0, 0, tail=True)
    assert Steps.of(16 * 7 + 1, 4, 2) == Steps(1, 2, tail=True)
    assert Steps.of(16 * 8, 4, 2) == Steps(2, 2, tail=False), "the first step begins the sums, so there is one"


def test_weights_stand_in_the_order_of_use() -> None:
    matrix = np.arange(4 * 17).reshape(4, 17).astype(np.int8)
    table = packed(matrix, ((0, 2), (1, 3))).view(np.int8).reshape(2, 2, 2, 16)
    assert table[0, 0].tolist() == [list(range(16)), list(range(34, 50))], "outputs 0 and 2"
    assert table[0, 1, :, 0].tolist() == [16, 50], "the last input, filled up with zeros"
    assert not table[:, 1, :, 1:].any()
    assert table[1, 0, :, 0].tolist() == [17, 51], "outputs 1 and 3"


def test_outputs_that_are_missing_are_zeros() -> None:
    scaling = Scaling(1, 0, np.arange(5), np.arange(5) + 10, None, np.zeros(5, bool))
    words = stream(np.ones((5, 3), np.int8), scaling, ((0, 1, 2, 3),)).reshape(2, 16 + 8)
    assert words[0, -8:].tolist() == [0, 1, 2, 3, 10, 11, 12, 13]
    assert words[1, -8:].tolist() == [4, 0, 0, 0, 14, 0, 0, 0]
    assert not words[1, 4:16].any()

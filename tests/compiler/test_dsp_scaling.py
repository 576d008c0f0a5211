"""Requantisation of the dsp kernels against TFLM's definition, and how their weights are packed."""

from __future__ import annotations

import numpy as np
import pytest

from tools.sni.dsp.packing import packed, stream
from tools.sni.dsp.scaling import scaling_of
from tools.sni.numerics.multiplier import multiply, quantise_multiplier

FULL = (-128, 127)


def check(reals: list[float], starts: list[int], reach: int, zero_point: int, clamp: tuple[int, int], rounding: str):
    """Every sum that can be, or 200,000 of them and the ends."""
    multipliers = [quantise_multiplier(real) for real in reals]
    scaling = scaling_of(multipliers, np.array(starts), np.full(len(reals), reach), zero_point, clamp, rounding)
    assert scaling is not None
    products = np.arange(-reach, reach + 1)
    if products.size > 200_000:
        drawn = np.random.default_rng(0).integers(-reach, reach, 200_000, endpoint=True)
        products = np.concatenate([drawn, [-reach, reach]])
    for channel, (m, start) in enumerate(zip(multipliers, starts, strict=True)):
        expected = np.clip(multiply(products + start, m, rounding) + zero_point, *clamp)
        used = 0 if scaling.constant[channel] else products
        sums = used + scaling.starts[channel]
        assert (np.abs(sums) < 1 << 23).all(), "256 times a sum must fit 32 bits"
        ours = scaling.apply(np.broadcast_to(sums, (len(reals), products.size)))[channel]
        np.testing.assert_array_equal(np.clip(ours, *clamp), expected)
    return scaling


@pytest.mark.parametrize("rounding", ["double", "single"])
@pytest.mark.parametrize("zero_point", [-128, -5, 0, 127])
@pytest.mark.parametrize("seed", range(6))
def test_all_sums_of_a_layer(seed: int, zero_point: int, rounding: str) -> None:
    rng = np.random.default_rng(seed)
    reals = list(2.0 ** rng.uniform(-11, -5, 8))
    starts = rng.integers(-20_000, 20_000, 8).tolist()
    scaling = check(reals, starts, 90_000, zero_point, FULL, rounding)
    assert scaling.signed == (rounding == "double" and zero_point > -128)


@pytest.mark.parametrize("rounding", ["double", "single"])
@pytest.mark.parametrize("clamp", [(-128, 127), (-3, 127), (0, 60), (-128, -127)])
def test_sums_up_to_the_largest(clamp: tuple[int, int], rounding: str) -> None:
    check([0.0007, 0.00031, 0.00049], [123_456, -77, 0], 8_000_000, -3, clamp, rounding)


def test_factors_of_a_power_of_two_have_ties() -> None:
    for exponent in range(1, 12):
        check([2.0**-exponent], [0], 60_000, 0, FULL, "double")


def test_biases_that_no_output_can_make_up_for() -> None:
    """As dead channels have them: one whose output never changes, and one whose output does a little."""
    scaling = check([2.0**-6.3, 1e-9, 2.0**-27.3], [5, 1 << 30, (1 << 30) + 4], 3_000_000, -128, FULL, "double")
    assert scaling.constant.tolist() == [False, True, False]


def test_layers_whose_outputs_never_change() -> None:
    scaling = check([1e-9, 2e-9], [1 << 30, -5], 3_000_000, -7, FULL, "double")
    assert scaling.constant.all()


def test_what_does_not_fit_is_refused() -> None:
    one = [quantise_multiplier(0.001)]
    for start, reach in ((0, 1 << 23), (1 << 31, 5), ((1 << 31) - 10, 100)):
        assert scaling_of(one, np.array([start]), np.array([reach]), 0, FULL, "double") is None
    assert scaling_of([quantise_multiplier(1e6)], np.array([0]), np.array([1 << 22]), 0, FULL, "double") is None


def test_a_word_holds_two_inputs_of_two_outputs() -> None:
    weights = np.array([[1, 2, 3, 4], [-5, 6, -7, 8]], np.int8)
    words = packed(weights, 2)
    assert words is not None
    halves = words.view(np.int16).reshape(-1, 2)
    assert halves.tolist() == [[256 * -5 + 1, 256 * -7 + 3], [256 * 6 + 2, 256 * 8 + 4]]
    assert (halves.astype(np.int8)).tolist() == [[1, 3], [2, 4]], "the lower bytes, as SXTB16 sees them"


def test_weights_that_leave_16_bits_are_refused() -> None:
    assert packed(np.array([[-1], [-128]], np.int8), 2) is None
    assert packed(np.array([[0], [-128]], np.int8), 2) is not None


def test_rows_and_columns_that_are_missing_are_zeros() -> None:
    words = stream(np.ones((3, 5), np.int8), np.array([7, 8, 9]), np.array([[1, 2], [3, 4], [5, 6]]), 2)
    assert words is not None
    assert words.size == 2 * (2 + 2 * 2 + 4)
    first, second = words.reshape(2, -1)
    assert first[:2].tolist() == [7, 256 * 8 + 7]
    assert first[-4:].tolist() == [1, 2, 3, 4]
    assert second[-4:].tolist() == [5, 6, 0, 0]

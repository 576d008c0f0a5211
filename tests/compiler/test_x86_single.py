"""Requantisation by one multiplication of floats against TFLM's definition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.sni.dsp.scaling import scaling_of
from tools.sni.numerics.multiplier import multiply, quantise_multiplier
from tools.sni.x86.products import Scaled
from tools.sni.x86.single import Single, single_of

FULL = (-128, 127)


def scaled(real: float, starts: list[int], reach: int, zero_point: int, clamp: tuple[int, int]) -> Scaled | None:
    """A layer of as many outputs as there are starts, all with this factor."""
    multipliers = [quantise_multiplier(real)] * len(starts)
    found = scaling_of(multipliers, np.array(starts), np.full(len(starts), reach), zero_point, clamp, "double")
    if found is None:
        return None
    kind = "signed" if found.signed else ""
    weights = np.zeros((len(starts), 1), np.int64)
    return Scaled(kind, clamp, weights, found.starts, found.factors, found.addends, found.shift, found.middle)


def of_layer(real: float, zero_point: int, clamp: tuple[int, int], reach: int = 1 << 22) -> Single | None:
    held = scaled(real, [0], reach, zero_point, clamp)
    return held and single_of(held)


def assert_tflms(single: Single, sums: np.ndarray, real: float, zero_point: int, clamp: tuple[int, int]) -> None:
    expected = np.clip(multiply(sums, quantise_multiplier(real), "double") + zero_point, *clamp)
    np.testing.assert_array_equal(np.clip(single.apply(sums), *clamp), expected)


@settings(deadline=None, max_examples=60)
@given(
    exponent=st.floats(-14, -1),
    zero_point=st.integers(-128, 127),
    clamp=st.sampled_from([FULL, (-3, 127), (0, 60), (-128, 5)]),
)
def test_sums_around_each_output_of_any_layer(exponent: float, zero_point: int, clamp: tuple[int, int]) -> None:
    real = 2.0**exponent
    single = of_layer(real, zero_point, clamp)
    if single is None:
        return
    begins = np.arange(-129, 129) - zero_point
    around = np.round((begins[:, None] - 0.5) / real).astype(np.int64) + np.arange(-40, 41)
    sums = np.append(around.reshape(-1), [-(1 << 22), 0, 1 << 22])
    assert_tflms(single, sums[np.abs(sums) <= 1 << 22], real, zero_point, clamp)


@pytest.mark.parametrize("zero_point", [-128, -5, 127])
def test_every_sum(zero_point: int) -> None:
    single = of_layer(0.00731, zero_point, FULL)
    assert single is not None
    assert (single.below != single.offset) == (zero_point > -128)
    assert_tflms(single, np.arange(-(1 << 20), 1 << 20), 0.00731, zero_point, FULL)


def test_most_layers_have_such_floats() -> None:
    """Those whose sums are in the hundred thousands may not: a float holds them, but not what is behind the point."""
    reals = 2.0 ** np.random.default_rng(0).uniform(-9, -3, 40)
    assert sum(of_layer(real, zero_point, FULL) is not None for real in reals for zero_point in (-128, -3)) >= 76


def test_ties_are_away_from_zero_as_tflms_are() -> None:
    """Factors of a power of two have sums that are a half of the step: no rounding to even may meet one."""
    for exponent in range(2, 12):
        single = of_layer(2.0**-exponent, -3, FULL)
        assert single is not None
        assert_tflms(single, np.arange(-(1 << 16), 1 << 16), 2.0**-exponent, -3, FULL)


def test_outputs_that_never_change_start_from_a_sum_that_has_their_value() -> None:
    for bias, clamp in ((-3_000_000, FULL), (3_000_000, FULL), (-3_000_000, (-100, 127))):
        held = scaled(0.003, [0, bias], 60_000, -128, clamp)
        assert held is not None
        assert held.factors.tolist()[1] == 0
        single = single_of(held)
        assert single is not None
        (expected,) = np.clip(multiply(np.array([bias]), quantise_multiplier(0.003), "double") - 128, *clamp)
        assert np.clip(single.apply(single.starts[1:]), *clamp) == expected


def test_layers_that_are_not_scaled_alike_have_none() -> None:
    held = scaled(0.003, [0, 5], 60_000, -128, FULL)
    assert held is not None
    assert single_of(held) is not None
    assert single_of(replace(held, factors=held.factors + np.array([0, 1]))) is None

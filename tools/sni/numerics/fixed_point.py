"""Fixed-point exp, tanh and logistic on int32, bit for bit those of gemmlowp, on which TFLM's int8 kernels stand.

A value with k integer bits is raw * 2^(k - 31). All functions take and give int64 arrays that hold int32 values. The
polynomial and the Newton steps are gemmlowp's (fixedpoint/fixedpoint.h), whose documentation derives them.
"""

from __future__ import annotations

import numpy as np

from tools.sni.numerics.multiplier import rounding_divide_by_power_of_two, rounding_doubling_high_multiply

ONE = (1 << 31) - 1
"""1.0 with no integer bits: saturated, as in gemmlowp."""


def _high(a: np.ndarray | int, b: np.ndarray | int) -> np.ndarray:
    return rounding_doubling_high_multiply(np.asarray(a), np.asarray(b))


def _rounding_half_sum(a: np.ndarray, b: np.ndarray | int) -> np.ndarray:
    total = np.asarray(a, np.int64) + np.asarray(b, np.int64)
    sign = np.where(total >= 0, 1, -1)
    nudged = total + sign
    return np.where(nudged >= 0, nudged // 2, -((-nudged) // 2))


def saturating_shift_left(x: np.ndarray, exponent: int) -> np.ndarray:
    """x * 2^exponent, saturated to int32."""
    return np.clip(np.asarray(x, np.int64) << exponent, -(1 << 31), ONE)


def _exp_on_interval_between_negative_one_quarter_and_zero(a: np.ndarray) -> np.ndarray:
    constant_term = 1895147668  # exp(-1/8)
    constant_1_over_3 = 715827883
    x = a + (1 << 28)
    x2 = _high(x, x)
    x3 = _high(x2, x)
    x4 = _high(x2, x2)
    x4_over_4 = rounding_divide_by_power_of_two(x4, 2)
    tail = rounding_divide_by_power_of_two(_high(x4_over_4 + x3, constant_1_over_3) + x2, 1)
    return constant_term + _high(constant_term, x + tail)


def exp_on_negative_values(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """exp(a) for a <= 0 with `integer_bits` integer bits; the result has none."""
    a = np.asarray(a, np.int64)
    fractional_bits = 31 - integer_bits
    one_quarter = 1 << (fractional_bits - 2)
    mask = one_quarter - 1
    a_mod_quarter_minus_one_quarter = (a & mask) - one_quarter
    result = _exp_on_interval_between_negative_one_quarter_and_zero(
        saturating_shift_left(a_mod_quarter_minus_one_quarter, integer_bits)
    )
    remainder = a_mod_quarter_minus_one_quarter - a
    # exp(-2^k) for k = -2 .. 4, without integer bits.
    factors = {-2: 1672461947, -1: 1302514674, 0: 790015084, 1: 290630308, 2: 39332535, 3: 720401, 4: 242}
    for exponent, factor in factors.items():
        if integer_bits > exponent:
            bit = 1 << (fractional_bits + exponent)
            result = np.where(remainder & bit != 0, _high(result, factor), result)
    if integer_bits > 5:
        clamp = -(1 << (fractional_bits + 5))
        result = np.where(a < clamp, 0, result)
    return np.where(a == 0, ONE, result)


def _newton_reciprocal_of_half_denominator(half_denominator: np.ndarray) -> np.ndarray:
    """1 / d for d in [1/2, 1), with two integer bits: three Newton-Raphson steps from 48/17 - 32/17 d."""
    constant_48_over_17 = 1515870810
    constant_neg_32_over_17 = -1010580540
    x = constant_48_over_17 + _high(half_denominator, constant_neg_32_over_17)
    for _ in range(3):
        error = (1 << 29) - _high(half_denominator, x)
        x = x + saturating_shift_left(_high(x, error), 2)
    return x


def one_over_one_plus_x(a: np.ndarray) -> np.ndarray:
    """1 / (1 + a) for a in [0, 1], no integer bits in or out."""
    x = _newton_reciprocal_of_half_denominator(_rounding_half_sum(a, ONE))
    return saturating_shift_left(x, 1)


def one_minus_x_over_one_plus_x(a: np.ndarray) -> np.ndarray:
    """(1 - a) / (1 + a) for a in [0, 1], no integer bits in or out."""
    x = _newton_reciprocal_of_half_denominator(_rounding_half_sum(a, ONE))
    return saturating_shift_left(x - (1 << 29), 2)


def logistic(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """1 / (1 + exp(-a)); the result has no integer bits."""
    a = np.asarray(a, np.int64)
    positive = one_over_one_plus_x(exp_on_negative_values(-np.abs(a), integer_bits))
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, ONE - positive))


def tanh(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """tanh(a); the result has no integer bits."""
    a = np.asarray(a, np.int64)
    # gemmlowp reads the same raw value with one more integer bit to take exp(-2|a|).
    positive = one_minus_x_over_one_plus_x(exp_on_negative_values(-np.abs(a), integer_bits + 1))
    return np.where(a == 0, 0, np.where(a > 0, positive, -positive))


def input_radius(integer_bits: int, left_shift: int, total_signed_bits: int) -> int:
    """The largest quantised difference that the fixed-point input can hold: TFLM's CalculateInputRadius."""
    return (((1 << integer_bits) - 1) << (total_signed_bits - integer_bits)) >> left_shift

"""Real multipliers as integers: m * 2^shift, m in [2^30, 2^31), and what they do to a sum.

The conventions are TFLM's (kernels/internal/quantization_util.cc and common.cc): QuantizeMultiplier turns a double into
(multiplier, shift); MultiplyByQuantizedMultiplier applies it with two roundings, or with one where TFLM is built with
TFLITE_SINGLE_ROUNDING.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

ROUNDINGS = ("double", "single")


@dataclass(frozen=True)
class Multiplier:
    """value * 2^(shift - 31) approximates a real factor.

    value: 0, or in [2^30, 2^31). shift: -31..30, positive to the left.
    """

    value: int
    shift: int


def quantise_multiplier(real: float) -> Multiplier:
    """The integer form of a non-negative real factor; factors below 2^-32 become 0, as in TFLM.

    real: computed in double precision by the caller, in the order that TFLM computes it.
    """
    if real == 0.0:
        return Multiplier(0, 0)
    fraction, shift = math.frexp(real)
    value = round_half_away(fraction * (1 << 31))
    if value == 1 << 31:
        value //= 2
        shift += 1
    if shift < -31:
        return Multiplier(0, 0)
    return Multiplier(value, shift)


def round_half_away(x: float) -> int:
    """C's round(): to the nearest integer, halves away from zero."""
    return math.floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


def float32(x: float) -> float:
    """x rounded to single precision, for sums that TFLM makes in float."""
    return float(np.float32(x))


def rounding_doubling_high_multiply(x: np.ndarray, multiplier: np.ndarray | int) -> np.ndarray:
    """(x * multiplier + 2^30) >> 31 in 64 bits: gemmlowp's SaturatingRoundingDoublingHighMul.

    gemmlowp nudges by the sign and divides towards zero, which is the same as this floor for every pair but
    (-2^31, -2^31), where it saturates; here too.
    """
    a, b = np.asarray(x, np.int64), np.asarray(multiplier, np.int64)
    return np.minimum((a * b + (1 << 30)) >> 31, (1 << 31) - 1)


def rounding_divide_by_power_of_two(x: np.ndarray, exponent: int) -> np.ndarray:
    """x / 2^exponent, halves away from zero: gemmlowp's RoundingDivideByPOT."""
    x = np.asarray(x, np.int64)
    if exponent == 0:
        return x
    return (x + (1 << (exponent - 1)) - (x < 0)) >> exponent


def multiply(x: np.ndarray, multiplier: Multiplier, rounding: str = "double") -> np.ndarray:
    """TFLM's MultiplyByQuantizedMultiplier of 32-bit sums."""
    x = np.asarray(x, np.int64)
    if rounding == "single":
        total = 31 - multiplier.shift
        return (x * multiplier.value + (1 << (total - 1))) >> total
    left, right = max(multiplier.shift, 0), max(-multiplier.shift, 0)
    shifted = wrap_int32(x << left)
    return rounding_divide_by_power_of_two(rounding_doubling_high_multiply(shifted, multiplier.value), right)


def wrap_int32(x: np.ndarray) -> np.ndarray:
    """x modulo 2^32, as int32 holds it."""
    return ((np.asarray(x, np.int64) + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def reduced(multiplier: Multiplier) -> int:
    """The 15-bit multiplier that TFLM uses on 64-bit sums (int16 activations)."""
    return (multiplier.value + (1 << 15)) >> 16 if multiplier.value < 0x7FFF0000 else 0x7FFF

"""Requantisation factors from scales as the C of loops computes them, where quantisation differs from step to step.

TFLM forms a * b / c in double and rounds it to a multiplier of 31 bits. A core without double precision gets there by
integers: the quotient of two scales to 63 bits, times the third to 64 bits, rounded. That is not the same for every
three scales, so whoever uses it compares all factors that will be needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_SMALLEST = 2.0**-126
"""Scales below are stored otherwise, with less than 24 bits."""


@dataclass(frozen=True)
class Factors:
    """Multipliers and shifts (to the left, as numerics.multiplier has them), one for each element."""

    values: np.ndarray
    shifts: np.ndarray

    def equal(self, other: Factors) -> bool:
        return np.array_equal(self.values, other.values) and np.array_equal(self.shifts, other.shifts)


def factors_of(reals: np.ndarray) -> Factors:
    """What TFLM's QuantizeMultiplier makes of real factors, for all at once: see numerics.multiplier."""
    fractions, exponents = np.frexp(np.asarray(reals, np.float64))
    values = np.floor(fractions * (1 << 31) + 0.5).astype(np.int64)
    full = values == 1 << 31
    return Factors(np.where(full, values >> 1, values), exponents + full)


def computed_factors(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> Factors | None:
    """What sni_scale_factor(a, b, c) gives; None for scales that it does not take."""
    a, b, c = (np.asarray(x, np.float32) for x in (a, b, c))
    if any((x < _SMALLEST).any() or not np.isfinite(x).all() for x in (a, b, c)):
        return None
    (a_mantissa, a_exponent), (b_mantissa, b_exponent), (c_mantissa, c_exponent) = map(_parts, (a, b, c))
    whole = a_mantissa >= c_mantissa
    rest = np.where(whole, a_mantissa - c_mantissa, a_mantissa)
    quotient = np.zeros_like(rest)
    for _ in range(8):
        rest = rest << np.uint64(8)
        quotient = quotient << np.uint64(8) | rest // c_mantissa
        rest = rest % c_mantissa
    quotient = np.where(whole, quotient >> np.uint64(1) | np.uint64(1 << 63), quotient)
    exponent = a_exponent - c_exponent - 64 + whole
    m = b_mantissa << np.uint64(8)
    product = m * (quotient >> np.uint64(32)) + (m * (quotient & np.uint64(0xFFFFFFFF)) >> np.uint64(32))
    high = product >> np.uint64(63)
    rounded = (product >> (np.uint64(32) + high)) + (product >> (np.uint64(31) + high) & np.uint64(1))
    full = rounded >> np.uint64(31)
    shifts = exponent + b_exponent + 87 + high.astype(np.int64) + full.astype(np.int64)
    return Factors((rounded >> full).astype(np.int64), shifts)


def _parts(scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mantissas of 24 bits and the exponents that belong to them."""
    bits = scales.view(np.uint32)
    mantissas = (bits & 0x7FFFFF | 0x800000).astype(np.uint64)
    return mantissas, (bits >> 23).astype(np.int64) - 150

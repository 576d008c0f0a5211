"""ADD of int8 in two multiplications, proved at build time by trying all pairs of inputs.

TFLM brings both inputs to one scale, adds, and rescales, with a rounding each time. The result is nearly linear:

    y = clamp((addend + (256 a * first >> 16) + (256 b * second >> 16)) >> shift)

and there are only 65,536 pairs (a, b). So factors are looked for that agree on all of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

_SHIFT = 22
"""The largest for which a factor of 1 fits: 2^(shift + 8)."""


@dataclass(frozen=True)
class Addition:
    """The numbers above; all fit an int32_t."""

    first: int
    second: int
    addend: int
    shift: int

    def apply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (self.addend + ((256 * a * self.first) >> 16) + ((256 * b * self.second) >> 16)) >> self.shift


def addition_of(
    expected: np.ndarray, reals: tuple[float, float], zero_points: tuple[int, int, int], clamp: tuple[int, int]
) -> Addition | None:
    """The addition that gives `expected`, [256 of a][256 of b] from -128 on, after the clamp; None if none is found.

    reals: input scale / output scale of a and of b. zero_points: of a, b and the output.
    """
    largest = max(reals)
    if not 2**-12 < largest < 2**7:
        return None
    shift = _SHIFT - max(0, int(np.ceil(np.log2(largest))) + 1)
    a, b = np.arange(-128, 128)[:, None], np.arange(-128, 128)[None, :]
    factors = [round(real * 2 ** (shift + 8)) for real in reals]
    offset = zero_points[2] - reals[0] * zero_points[0] - reals[1] * zero_points[1]
    addend = round((offset + 0.5) * 2**shift)
    # Each of the two products loses half of a last bit on average.
    for addend_step in (1, 0, 2, -1, 3, -2, 4):
        for first, second in itertools.product((0, 1, -1, 2, -2), repeat=2):
            tried = Addition(factors[0] + first, factors[1] + second, addend + addend_step, shift)
            bound = abs(tried.addend) + 128 * (abs(tried.first) + abs(tried.second)) // 256 + 2
            small = max(map(abs, (tried.first, tried.second))) < 1 << 31 and bound < 1 << 31
            if small and np.array_equal(np.clip(tried.apply(a, b), *clamp), expected):
                return tried
    return None

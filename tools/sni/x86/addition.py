"""ADD of int8 in two multiplications of 32 bits, proved at build time by trying all pairs of inputs.

TFLM brings both inputs to one scale, adds, and rescales, with a rounding each time. The result is nearly linear:

    y = clamp((addend + a * first + b * second) >> shift)

and there are only 65,536 pairs (a, b). So factors are looked for that agree on all of them.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

_LARGEST_SHIFT = 24


@dataclass(frozen=True)
class Sum:
    """The numbers above. For any inputs the sum fits an int32_t."""

    first: int
    second: int
    addend: int
    shift: int

    def apply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (self.addend + a * self.first + b * self.second) >> self.shift

    @property
    def fits(self) -> bool:
        return abs(self.addend) + 128 * (abs(self.first) + abs(self.second)) < 1 << 31


def sum_of(
    expected: np.ndarray, reals: tuple[float, float], zero_points: tuple[int, int, int], clamp: tuple[int, int]
) -> Sum | None:
    """The sum that gives `expected`, [256 of a][256 of b] from -128 on, after the clamp; None if none is found.

    reals: input scale / output scale of a and of b. zero_points: of a, b and the output.
    """
    a, b = np.arange(-128, 128)[:, None], np.arange(-128, 128)[None, :]
    offset = zero_points[2] - reals[0] * zero_points[0] - reals[1] * zero_points[1]
    for shift in range(_LARGEST_SHIFT, 8, -1):
        factors = [round(real * 2**shift) for real in reals]
        addend = round((offset + 0.5) * 2**shift)
        if not Sum(*factors, addend, shift).fits:
            continue
        for step, first, second in itertools.product((0, 1, -1, 4, -4, 16, -16), (0, 1, -1), (0, 1, -1)):
            tried = Sum(factors[0] + first, factors[1] + second, addend + step, shift)
            if tried.fits and np.array_equal(np.clip(tried.apply(a, b), *clamp), expected):
                return tried
        return None
    return None

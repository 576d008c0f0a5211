"""ADD of int8 in two multiplications, proved at build time by trying all pairs of inputs.

TFLM brings both inputs to one scale, adds, and rescales, with a rounding each time. The result is nearly linear:

    y = clamp((a * first + b * second + addend) >> shift)

and there are only 65,536 pairs (a, b). For given factors each pair allows a range of addends; one that is in all ranges
gives TFLM's bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_LIMIT = 1 << 31
_FARTHEST = 6
"""How far from the quotients of the scales factors are looked for."""


@dataclass(frozen=True)
class Addition:
    """The numbers above; nothing that is computed with them leaves an int32_t."""

    first: int
    second: int
    addend: int
    shift: int

    def apply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a * self.first + b * self.second + self.addend) >> self.shift


def addition_of(
    expected: np.ndarray, reals: tuple[float, float], zero_points: tuple[int, int, int], clamp: tuple[int, int]
) -> Addition | None:
    """The addition that gives `expected`, [256 of a][256 of b] from -128 on, after the clamp; None if none is found.

    reals: input scale / output scale of a and of b. zero_points: of a, b and the output.
    """
    offset = abs(zero_points[2]) + sum(real * abs(z) for real, z in zip(reals, zero_points, strict=False)) + 1
    largest = 129 * sum(reals) + offset
    if not 2**-12 < max(reals) < 2**7:
        return None
    shift = int(np.floor(np.log2(_LIMIT / largest)))
    a, b = np.arange(-128, 128)[:, None], np.arange(-128, 128)[None, :]
    steps = sorted(range(-_FARTHEST, _FARTHEST + 1), key=abs)
    least = np.where(expected > clamp[0], expected << shift, -_LIMIT * 4)
    most = np.where(expected < clamp[1], ((expected + 1) << shift) - 1, _LIMIT * 4)
    for first in (round(reals[0] * 2**shift) + step for step in steps):
        from_first = (least - a * first, most - a * first)
        for second in (round(reals[1] * 2**shift) + step for step in steps):
            low, high = int((from_first[0] - b * second).max()), int((from_first[1] - b * second).min())
            addend = (low + high) // 2
            if low <= high and 128 * (abs(first) + abs(second)) + abs(addend) < _LIMIT:
                return Addition(first, second, addend, shift)
    return None

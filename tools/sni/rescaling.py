"""Multiplication of an integer by a real factor, as TFLM's MultiplyByQuantizedMultiplier does it: in C, and here."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.sni.emit.literals import factor
from tools.sni.numerics.multiplier import Multiplier, multiply, quantise_multiplier

_LARGEST_SHIFT = 30


@dataclass(frozen=True)
class Rescaling:
    """x * 2^left * real, rounded, for |x| <= bound."""

    real: float
    bound: int
    left: int = 0

    @property
    def multiplier(self) -> Multiplier:
        return quantise_multiplier(self.real)

    @property
    def _power(self) -> int | None:
        """k where the factor is 2^-k and leaves no fraction, so that there is nothing to round."""
        fraction, exponent = math.frexp(self.real)
        return 1 - exponent if fraction == 0.5 and 0 <= 1 - exponent <= self.left else None

    @property
    def _helper(self) -> str:
        """The fast function only where its additions are proved not to overflow."""
        shift = -self.multiplier.shift
        proved = shift >= 1 and (self.bound << self.left) + (1 << (shift - 1)) < 1 << 31
        return "requantise" if proved else "requantise_any"

    def expression(self, x: str) -> str:
        """C for the product, an int32_t. x: C for an int32_t, a sum or simpler."""
        power = self._power
        scale = 1 << (self.left if power is None else self.left - power)
        scaled = x if scale == 1 else f"{factor(x)} * {scale}"
        if power is not None:
            return scaled
        return f"sni_{self._helper}({scaled}, {self.multiplier.value}, {-self.multiplier.shift})"

    def of(self, x: np.ndarray | int, rounding: str) -> np.ndarray:
        """The product of known integers."""
        return multiply(np.asarray(x, np.int64) << self.left, self.multiplier, rounding)


def factor_problems(what: str, *reals: float) -> Iterator[str]:
    """The largest factor there is: TFLM shifts an int32 left by at most 30 bits, as nothing could be right beyond."""
    for real in reals:
        if quantise_multiplier(real).shift > _LARGEST_SHIFT:
            yield f"{what} would multiply by {real:.6g}; at most 2^{_LARGEST_SHIFT} is possible"

"""Requantisation of four sums at a time in three instructions, proved at build time to give TFLM's bits.

TFLM multiplies a sum by a 31-bit multiplier, rounds, divides by a power of two, rounds again, adds the zero point and
clamps. Here a vector of sums s becomes

    u = bias + multiplier * s             VMLA, vector by scalar
    t = u * factor >> 31                  VQDMULH
    y = clamp(t >> 16)                    the upper halves, which VSRI brings together; VQMOVN

with a bias and a factor for each channel. y is monotone in s, as TFLM's output is: so both are the same for all sums
if, for each output value, they begin at the same sum. That gives for each value a range of biases that are right, and
any bias in all ranges will do. The multiplier is a power of two: it gives the bias bits below a sum's last.

TFLM rounds halves away from zero, so that below zero each output value begins one step of the first rounding later.
Where such values are not clamped away, negative u get a further addend for each channel, `steps`; the zero point, which
u then must not hold, is added with the product (VQDMLASH).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.scaling import first_sums, outputs_of
from tools.sni.numerics.multiplier import Multiplier

FRACTION = 16
"""Bits of t behind the output's last."""

_LIMIT = 1 << 31
_MULTIPLIER_BITS = 10
"""Of the multiplier that is tried first: few, so that factors keep most bits, but enough for 255 ranges to overlap."""

_FACTOR_STEPS = (0, 1, -1, 2, -2, 3, -3, 4, -4)


@dataclass(frozen=True)
class Scaling:
    """biases, factors, steps: for each channel, int64; steps are None where none are needed.

    constant: channels whose output is the same for all inputs; their weights must be taken for zeros.
    """

    multiplier: int
    addend: int
    biases: np.ndarray
    factors: np.ndarray
    steps: np.ndarray | None
    constant: np.ndarray

    @property
    def signed(self) -> bool:
        return self.steps is not None

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """What the kernels compute before they clamp. sums: [channel][any], without the layer's bias."""
        steps = None if self.steps is None else self.steps[:, None]
        return _apply(sums, self.multiplier, self.addend, self.biases[:, None], self.factors[:, None], steps)


def scaling_of(
    multipliers: Sequence[Multiplier],
    starts: np.ndarray,
    reach: np.ndarray,
    zero_point: int,
    clamp: tuple[int, int],
    rounding: str,
    bits: int | None = None,
) -> Scaling | None:
    """The scaling that does what TFLM does for sums from `starts - reach` to `starts + reach`; None if none is found.

    multipliers, starts, reach: for each channel. The scaling is for sums that start from 0. bits: of the multiplier,
    where a kernel knows it.
    """
    starts, reach = np.asarray(starts, np.int64), np.asarray(reach, np.int64)
    low, high = starts - reach, starts + reach
    ends = outputs_of(multipliers, low, high, zero_point, clamp, rounding)
    if ends is None:
        return None
    constant = ends[0] == ends[1]
    half = 1 << (FRACTION - 1)
    # A channel of one output: any factor, and the bias that gives this output alone.
    factors = np.full(len(starts), _LIMIT - 1, np.int64)
    biases = np.where(constant, (ends[0] << FRACTION) + half, 0)
    left = np.flatnonzero(~constant)
    if not left.size:
        return Scaling(1 << (bits or 0), 0, biases, factors, None, constant)
    values = np.arange(clamp[0] + 1, clamp[1] + 1, dtype=np.int64)
    used = [multipliers[channel] for channel in left]
    known = {m: first_sums(values - zero_point, m, rounding) for m in set(used)}
    if any(first is None for first in known.values()):
        return None
    first = np.array([known[m] for m in used], np.int64).reshape(len(used), len(values)) - starts[left, None]
    reals = np.array([m.value * 2.0 ** (m.shift - 31) for m in used])
    most = int((_LIMIT - 1) // reach[left].max()).bit_length() - 1
    allowed = range(most + 1) if bits is None else range(bits, min(bits, most) + 1)
    for signed in (False, True):
        addend = (zero_point << FRACTION) + half if signed else 0
        steps = _Steps(values, first, reach[left, None], zero_point, addend)
        for bits in sorted(allowed, key=lambda bits: abs(bits - _MULTIPLIER_BITS)):
            found = steps.search(reals * 2.0 ** (31 + FRACTION - bits), 1 << bits, signed=signed)
            if found is not None:
                biases[left], factors[left], further = found
                all_steps = np.zeros(len(starts), np.int64)
                all_steps[left] = further
                biases[constant] -= addend
                return Scaling(1 << bits, addend, biases, factors, all_steps if signed else None, constant)
    return None


@dataclass(frozen=True)
class _Steps:
    """Where TFLM's outputs begin. values: those above the lowest. first: [channel][value], the smallest sums.

    reach: [channel][1], of the sums, which are from -reach to reach.
    """

    values: np.ndarray
    first: np.ndarray
    reach: np.ndarray
    zero_point: int
    addend: int

    def search(
        self, exact: np.ndarray, multiplier: int, *, signed: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Biases, factors and steps of all channels. exact: the real numbers that the factors approximate."""
        channels = len(exact)
        biases, factors, steps = (np.zeros(channels, np.int64) for _ in range(3))
        if (exact >= _LIMIT - len(_FACTOR_STEPS)).any():
            return None
        left = np.arange(channels)
        for step in _FACTOR_STEPS:
            tried = np.floor(exact[left] + 0.5).astype(np.int64) + step
            positive = tried > 0
            tried = np.where(positive, tried, 1)
            part = _Steps(self.values, self.first[left], self.reach[left], self.zero_point, self.addend)
            bias, further = part.biases(tried, multiplier, signed=signed)
            good = positive & part.agree(bias, tried, further if signed else None, multiplier)
            biases[left[good]], factors[left[good]], steps[left[good]] = bias[good], tried[good], further[good]
            left = left[~good]
            if not left.size:
                return biases, factors, steps
        return None

    def biases(self, factors: np.ndarray, multiplier: int, *, signed: bool) -> tuple[np.ndarray, np.ndarray]:
        """For each channel a bias in the range that is right for all values, as far as there is one; and a step."""
        # The smallest u that gives each value, and from it the smallest and the largest bias.
        wanted = -(((self.addend - (self.values << FRACTION)) << 31) // factors[:, None])
        least = wanted - multiplier * np.maximum(self.first, -self.reach)
        most = wanted - multiplier * (np.minimum(self.first, self.reach + 1) - 1) - 1
        least = np.where(self.first > self.reach, -_LIMIT, least)
        most = np.where(self.first <= -self.reach, _LIMIT, most)
        if not signed:
            return _Shared.of(least, most).middle, np.zeros(len(factors), np.int64)
        negative = self.values <= self.zero_point
        below = _Shared.of(least[:, negative], most[:, negative])
        above = _Shared.of(least[:, ~negative], most[:, ~negative])
        # A step of TFLM's first rounding, in units of u: where one side lacks an end, it follows the other by that.
        first_step = (multiplier / np.frexp(factors)[0]).astype(np.int64)
        bias = np.where(above.bounded, above.middle, np.clip(below.middle + first_step, above.low, above.high))
        other = np.where(below.bounded, below.middle, np.clip(above.middle - first_step, below.low, below.high))
        return bias, other - bias

    def agree(self, biases: np.ndarray, factors: np.ndarray, steps: np.ndarray | None, multiplier: int) -> np.ndarray:
        """For each channel, whether the outputs begin at the same sums, and nothing leaves 32 bits."""

        def apply(sums: np.ndarray) -> np.ndarray:
            held = np.clip(sums, -self.reach, self.reach)
            further = None if steps is None else steps[:, None]
            return _apply(held, multiplier, self.addend, biases[:, None], factors[:, None], further)

        reached = (apply(self.first) >= self.values) | (self.first > self.reach)
        not_before = (apply(self.first - 1) < self.values) | (self.first <= -self.reach)
        largest = np.abs(biases) + multiplier * self.reach[:, 0] + (0 if steps is None else np.abs(steps))
        return (reached & not_before).all(axis=1) & (largest < _LIMIT)


@dataclass(frozen=True)
class _Shared:
    """For each channel what all its ranges share; ends beyond 32 bits where there are none."""

    low: np.ndarray
    high: np.ndarray

    @staticmethod
    def of(least: np.ndarray, most: np.ndarray) -> _Shared:
        return _Shared(least.max(axis=1, initial=-_LIMIT), most.min(axis=1, initial=_LIMIT))

    @property
    def bounded(self) -> np.ndarray:
        return (self.low > -_LIMIT) & (self.high < _LIMIT)

    @property
    def middle(self) -> np.ndarray:
        return (self.low + self.high) // 2


def _apply(
    sums: np.ndarray,
    multiplier: int,
    addend: int,
    biases: np.ndarray,
    factors: np.ndarray,
    steps: np.ndarray | None,
) -> np.ndarray:
    u = biases + multiplier * sums
    if steps is not None:
        u = u + np.where(u < 0, steps, 0)
    scaled = np.clip((u * factors + (addend << 31)) >> 31, -_LIMIT, _LIMIT - 1)
    return scaled >> FRACTION

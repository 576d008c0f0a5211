"""Requantisation in three instructions, proved at build time to give TFLM's bits.

TFLM multiplies a sum by a 31-bit multiplier, rounds, divides by a power of two, rounds again, adds the zero point and
clamps. Here it is one product of which only the upper word is kept, with an addend (SMMLA), and a shift:

    y = clamp((addend + (256 * sum * factor >> 32)) >> shift)

Both are monotone in the sum. So they are the same for all sums if, for each output value, they agree on the smallest
sum that reaches it: at most 255 sums for each channel, and the sums just below, which are all tried. The 256 gives
eight bits below the sum's last, and it costs nothing, for the products make half of the sums 256 times as large anyway
(see packing.py).

TFLM rounds halves away from zero, so that below zero each output value begins one step of the first rounding later.
Where such values are not clamped away, `signed` says that twice (addend - middle), which is that step, must be taken
off the result of a negative sum.

A bias that no output can make up for, as dead channels have it, is moved from the sum to the addend; and a channel
whose output is the same for all inputs needs no sum at all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.numerics.multiplier import Multiplier, multiply

SUM_BITS = 23
"""Sums are below 2^23, so that 256 times a sum fits 32 bits."""

_LARGEST_SHIFT = 22
"""So that zero point and product, both shifted, add up to less than 2^31."""

_NEAR = 5
"""How far from the quotient of real numbers the smallest sum for an output can be: three roundings, of at most two."""

_BEYOND = 1 << 40
"""Stands for a sum that cannot be reached."""


@dataclass(frozen=True)
class Scaling:
    """factors, addends: for each channel, int64. middle: the addend without what stands for roundings.

    starts: of the sums, for each channel. constant: channels whose weights are not needed.
    """

    factors: np.ndarray
    addends: np.ndarray
    shift: int
    middle: int
    signed: bool
    starts: np.ndarray
    constant: np.ndarray

    @property
    def uniform(self) -> bool:
        """Whether one factor and one addend do for all channels."""
        return len(set(zip(self.factors.tolist(), self.addends.tolist(), strict=True))) == 1

    @property
    def table(self) -> np.ndarray:
        """[channel or 1][factor, addend]."""
        rows = np.stack([self.factors, self.addends], axis=1).astype(np.int32)
        return rows[:1] if self.uniform else rows

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """What the kernels compute before they clamp. sums: [channel][any], with these starts."""
        return apply_scaling(sums, self.factors[:, None], self.addends[:, None], self.shift, self.middle, self.signed)


def scaling_of(
    multipliers: Sequence[Multiplier],
    starts: np.ndarray,
    reach: np.ndarray,
    zero_point: int,
    clamp: tuple[int, int],
    rounding: str,
) -> Scaling | None:
    """The scaling that does what TFLM does for sums from `starts - reach` to `starts + reach`; None if none is found.

    multipliers, starts, reach: for each channel.
    """
    starts, reach = np.asarray(starts, np.int64), np.asarray(reach, np.int64)
    low, high = starts - reach, starts + reach
    ends = outputs_of(multipliers, low, high, zero_point, clamp, rounding)
    if ends is None:
        return None
    constant = ends[0] == ends[1]
    moved = np.where(np.maximum(-low, high) < 1 << SUM_BITS, 0, starts)
    if (~constant & (reach >= 1 << SUM_BITS)).any():
        return None
    used = [m for m, same in zip(multipliers, constant, strict=True) if not same]
    shift = min(min((-m.shift for m in used), default=1) + SUM_BITS - 16, _LARGEST_SHIFT)
    if shift < 1:
        return None
    factors, addends = np.zeros(len(starts), np.int64), ends[0].astype(np.int64) << shift
    if not used:
        return Scaling(factors, addends, shift, 0, False, np.zeros_like(starts), constant)
    steps = _Steps.of(used, low[~constant], high[~constant], moved[~constant], zero_point, clamp, rounding)
    if steps is None:
        return None
    middle = (zero_point << shift) + (1 << (shift - 1))
    for signed in (False, True):
        found = _search(used, steps, shift, middle, signed, rounding)
        if found is not None:
            factors[~constant], addends[~constant], moved[~constant] = found
            return Scaling(factors, addends, shift, middle, signed, np.where(constant, 0, starts - moved), constant)
    return None


def outputs_of(
    multipliers: Sequence[Multiplier],
    low: np.ndarray,
    high: np.ndarray,
    zero_point: int,
    clamp: tuple[int, int],
    rounding: str,
) -> list[np.ndarray] | None:
    """For each channel TFLM's outputs of its lowest and of its highest sum; None where sums between may wrap round."""
    # TFLM shifts sums to the left modulo 2^32 where a factor is above one; what wraps round is not monotone.
    room = np.array([1 << (31 - max(m.shift, 0)) for m in multipliers], np.int64)
    if (low < -room).any() or (high >= room).any():
        return None
    return [
        np.array(
            [np.clip(multiply(end, m, rounding) + zero_point, *clamp) for m, end in zip(multipliers, side, strict=True)]
        )
        for side in (low.tolist(), high.tolist())
    ]


@dataclass(frozen=True)
class _Steps:
    """Where TFLM's outputs begin. values: those above the lowest. first: [channel][value], the smallest sums.

    low, high: of the sums that there can be. moved: what is taken off a sum before it is scaled. All [channel][1].
    """

    values: np.ndarray
    first: np.ndarray
    low: np.ndarray
    high: np.ndarray
    moved: np.ndarray

    @staticmethod
    def of(
        multipliers: Sequence[Multiplier],
        low: np.ndarray,
        high: np.ndarray,
        moved: np.ndarray,
        zero_point: int,
        clamp: tuple[int, int],
        rounding: str,
    ) -> _Steps | None:
        values = np.arange(clamp[0] + 1, clamp[1] + 1, dtype=np.int64)
        known = {m: first_sums(values - zero_point, m, rounding) for m in set(multipliers)}
        if any(first is None for first in known.values()):
            return None
        first = np.array([known[m] for m in multipliers], np.int64).reshape(len(multipliers), len(values))
        return _Steps(values, first, low[:, None], high[:, None], moved[:, None])

    def of_channels(self, chosen: np.ndarray, moved: np.ndarray | None = None) -> _Steps:
        off = self.moved[chosen] if moved is None else moved[:, None]
        return _Steps(self.values, self.first[chosen], self.low[chosen], self.high[chosen], off)

    @property
    def small(self) -> np.ndarray:
        """For each channel, whether 256 times what is scaled fits 32 bits."""
        return (np.maximum(self.moved - self.low, self.high - self.moved) < 1 << SUM_BITS)[:, 0]

    def lacking(self, factors: np.ndarray, addends: np.ndarray, shift: int) -> np.ndarray:
        """What must be added to a channel's sums for the output in the middle of its range to begin where it should."""
        reached = (self.first > self.low) & (self.first <= self.high)
        distance = np.where(reached, np.abs(self.first - self.moved), _BEYOND)
        nearest = distance.argmin(axis=1)
        rows = np.arange(len(nearest))
        wanted = -(((addends - (self.values[nearest] << shift)) << 24) // factors)
        found = wanted - (self.first[rows, nearest] - self.moved[:, 0])
        return np.where(distance[rows, nearest] < _BEYOND, found, 0)

    def agree(self, factors: np.ndarray, addends: np.ndarray, shift: int, middle: int, signed: bool) -> np.ndarray:
        """For each channel, whether the outputs begin at the same sums with these factors and addends."""

        def apply(sums: np.ndarray) -> np.ndarray:
            held = np.clip(sums, self.low, self.high) - self.moved
            return apply_scaling(held, factors[:, None], addends[:, None], shift, middle, signed)

        reached = (apply(self.first) >= self.values) | (self.first > self.high)
        not_before = (apply(self.first - 1) < self.values) | (self.first <= self.low)
        return (reached & not_before).all(axis=1)


def first_sums(values: np.ndarray, m: Multiplier, rounding: str) -> np.ndarray | None:
    """The smallest sum whose output, without zero point, is at least each value; far outside where no 32-bit sum is."""
    if m.value == 0:
        return np.where(values <= 0, -_BEYOND, _BEYOND)
    limit = 1 << 31
    centre = np.clip(np.ceil((values - 0.5) / (m.value * 2.0 ** (m.shift - 31))), -limit, limit).astype(np.int64)
    near = centre[:, None] + np.arange(-_NEAR, _NEAR + 1)
    reached = multiply(near, m, rounding) >= values[:, None]
    first = np.take_along_axis(near, reached.argmax(axis=1)[:, None], axis=1)[:, 0]
    before, behind = reached[:, 0], ~reached[:, -1]
    if ((before | behind) & (np.abs(centre) < limit)).any():
        return None
    return np.where(before, -_BEYOND, np.where(behind, _BEYOND, first))


def _search(
    multipliers: Sequence[Multiplier], steps: _Steps, shift: int, middle: int, signed: bool, rounding: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Factors, addends, and what to take off the sums: those that follow from the definition, or close ones."""
    reals = np.array([m.value * 2.0 ** (m.shift - 31) for m in multipliers])
    exact = reals * 2.0 ** (shift + 24)
    # The first rounding adds half of its step, which is 2^shift / 2^(TFLM's shift) here.
    halves = np.array([2.0 ** (shift + m.shift - 1) if rounding == "double" else 0.0 for m in multipliers])
    nominal = np.floor(halves + steps.moved[:, 0] * reals * 2.0**shift).astype(np.int64)
    factors, addends, moved = (np.zeros(len(multipliers), np.int64) for _ in range(3))
    left = np.arange(len(multipliers))
    for addend_step, factor_step in itertools.product((0, 1, -1, 2, -2), repeat=2):
        tried = np.floor(exact[left] + 0.5).astype(np.int64) + factor_step
        added = middle + nominal[left] + addend_step
        fits = (tried > 0) & (tried < 1 << 31) & (np.abs(added) < 1 << 30)
        tried = np.where(fits, tried, 1)
        # Where a sum's last bit counts for less than the addend's, what the addend lacks is put into the sum.
        fine = reals[left] * 2.0**shift < 1
        off = steps.moved[left, 0] - np.where(fine, steps.of_channels(left).lacking(tried, added, shift), 0)
        there = steps.of_channels(left, off)
        good = there.agree(tried, added, shift, middle, signed) & there.small & fits
        factors[left[good]], addends[left[good]], moved[left[good]] = tried[good], added[good], off[good]
        left = left[~good]
        if not left.size:
            return factors, addends, moved
    return None


def apply_scaling(
    sums: np.ndarray, factors: np.ndarray, addends: np.ndarray, shift: int, middle: int, signed: bool
) -> np.ndarray:
    """What kernels make of sums, before they clamp. factors, addends: of as many channels as sums, or one."""
    total = addends + ((sums * 256 * factors) >> 32)
    if signed:
        total = total - np.where(sums < 0, 2 * (addends - middle), 0)
    return total >> shift

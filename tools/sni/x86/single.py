"""Requantisation by one multiplication of floats, proved at build time to give TFLM's bits.

    y = clamp(round(sum * scale + (below if sum < 0 else offset)))

with single precision, the multiplication and addition rounded once, and halves rounded to even. AVX-512 does this in
three instructions for 16 sums, five where there are two offsets, and names the rounding in each of them, so that no
mode of the processor matters. TFLM's first rounding, away from zero, is worth half of its step: the offsets contain it.

All steps are monotone in the sum, as TFLM's are. So both give the same for all sums if, for each output value, they
agree on the smallest sum that reaches it, as in tools/sni/dsp/scaling.py, whose scaling takes TFLM's place here: the
sums that it was proved for are those that can occur, and they fit the 24 bits of a float.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.scaling import SUM_BITS, apply_scaling
from tools.sni.x86.products import Scaled

_LEAST_SCALE = 2.0**-20
"""So that sum * scale + offset, near any output value, is exact in double precision, in which the proof is done."""

_OFFSETS, _SCALES = 16, 2
"""How many neighbours of an offset, by 2^-17, and of the scale, by its last bit, are tried on each side."""


@dataclass(frozen=True)
class Single:
    """scale, offset, below: float32 values. starts: of the sums of all outputs, which do for the integers as well."""

    scale: float
    offset: float
    below: float
    starts: np.ndarray

    def apply(self, sums: np.ndarray) -> np.ndarray:
        """What the kernels compute before they clamp. sums: int64, of 24 bits."""
        return np.where(sums < 0, _apply(sums, self.scale, self.below), _apply(sums, self.scale, self.offset))


@dataclass(frozen=True)
class _Steps:
    """Sums, and the values that their outputs must have reached, or must not have reached."""

    sums: np.ndarray
    values: np.ndarray
    reached: np.ndarray

    def agree(self, scale: float, offset: float) -> bool:
        return bool(((_apply(self.sums, scale, offset) >= self.values) == self.reached).all())

    def of(self, chosen: np.ndarray) -> _Steps:
        return _Steps(self.sums[chosen], self.values[chosen], self.reached[chosen])


def _apply(sums: np.ndarray, scale: float, offset: float) -> np.ndarray:
    # Products of 24 by 24 bits are exact in double precision.
    return np.rint(np.float32(sums.astype(np.float64) * scale + offset)).astype(np.int64)


def single_of(s: Scaled) -> Single | None:
    """For a layer all of whose outputs are scaled alike, or are constant; None where no floats give the same bits."""
    scaled = s.factors != 0
    alike = set(zip(s.factors[scaled].tolist(), s.addends[scaled].tolist(), strict=True))
    if s.kind == "exact" or len(alike) != 1:
        return None
    ((factor, addend),) = alike
    values = np.arange(s.clamp[0] + 1, s.clamp[1] + 1)
    first = _first_sums(values, factor, addend, s)
    starts = np.where(scaled, s.starts, 0)
    for output in np.flatnonzero(~scaled):
        # A sum that is the same for all inputs: one that has the value.
        value = int(np.clip(s.addends[output] >> s.shift, *s.clamp))
        starts[output] = first[value - values[0]] if value >= values[0] else first[0] - 1
        if abs(starts[output]) > 1 << SUM_BITS or (s.kind == "signed" and starts[output] < 0):
            return None
    steps = _Steps(np.append(first, first - 1), np.tile(values, 2), np.repeat([True, False], len(values)))
    steps = steps.of(np.abs(steps.sums) <= 1 << SUM_BITS)
    nominal = np.float32(float(factor) * 2.0 ** -(24 + s.shift))
    nearest = addend * 2.0**-s.shift - 0.5
    mirrored = (2 * s.middle - addend) * 2.0**-s.shift - 0.5 if s.kind == "signed" else nearest
    for step in _around(_SCALES):
        scale = float(nominal + np.float32(step) * np.spacing(nominal))
        if scale < _LEAST_SCALE:
            return None
        offset = _offset(steps.of(steps.sums >= 0), scale, nearest)
        below = _offset(steps.of(steps.sums < 0), scale, mirrored)
        if offset is not None and below is not None:
            same = steps.agree(scale, offset)
            return Single(scale, offset, offset if same else below, starts)
    return None


def _offset(steps: _Steps, scale: float, nominal: float) -> float | None:
    tried = (float(np.float32(nominal + step * 2.0**-17)) for step in _around(_OFFSETS))
    return next((offset for offset in tried if steps.agree(scale, offset)), None)


def _around(most: int) -> list[int]:
    """0, 1, -1, 2, -2, .."""
    return sorted(range(-most, most + 1), key=abs)


def _first_sums(values: np.ndarray, factor: int, addend: int, s: Scaled) -> np.ndarray:
    """The smallest sums whose outputs are at least the values; one too far where none is."""
    low = np.full(len(values), -(1 << SUM_BITS), np.int64)
    high = np.full(len(values), (1 << SUM_BITS) + 1, np.int64)
    while (low < high).any():
        centre = (low + high) // 2
        reached = apply_scaling(centre, factor, addend, s.shift, s.middle, s.kind == "signed") >= values
        low, high = np.where(reached, low, np.minimum(centre + 1, high)), np.where(reached, centre, high)
    return low

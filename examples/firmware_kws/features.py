"""What the networks hear: for every 20 ms, how loud each of 16 bands is. front_end.c computes the same bits.

A band is a pair of short waves, cosine and sine, with a Hann window of some cycles of its frequency. The energy of a
band is what both have in common with the frame, squared; the feature is its logarithm, in steps of an eighth of a
factor of two.
"""

import numpy as np
from numpy.typing import NDArray

from examples.firmware_kws.sounds import RATE

FRAME = 160
BANDS = 16
LOWEST_HZ, HIGHEST_HZ = 250.0, 3600.0
CYCLES = 8
SUM_LIMIT = 65535
"""Of the magnitudes of a wave: with 16-bit samples, sums stay within 32 bits."""
OFFSET = 360
STEPS = 32
"""Steps of a feature that the networks take for 1."""


def waves() -> NDArray[np.int16]:
    """Cosine and sine of each band, [BANDS, 2, FRAME]; the bands are as far apart in pitch as in the ear (mel)."""
    mel = np.linspace(*(np.log1p(np.array([LOWEST_HZ, HIGHEST_HZ]) / 700)), BANDS)
    at = np.arange(FRAME) - (FRAME - 1) / 2
    table = np.empty((BANDS, 2, FRAME))
    for band, frequency in enumerate(700 * np.expm1(mel)):
        length = min(FRAME, CYCLES * RATE / frequency)
        window = np.where(np.abs(at) < length / 2, 0.5 + 0.5 * np.cos(2 * np.pi * at / length), 0)
        angle = 2 * np.pi * frequency * at / RATE
        for part, wave in enumerate((np.cos(angle), np.sin(angle))):
            table[band, part] = np.trunc(wave * window * (SUM_LIMIT / np.abs(wave * window).sum()))
    return table.astype(np.int16)


def log2_steps(energy: NDArray[np.uint64]) -> NDArray[np.int64]:
    """8 * log2(energy), between the powers of two a straight line; below 8 as at 8."""
    left = np.maximum(energy, 8)
    steps = np.zeros(energy.shape, dtype=np.int64)
    while (above := left >= 16).any():
        left = np.where(above, left >> np.uint64(1), left)
        steps += 8 * above
    return steps + left.astype(np.int64) + 16


def features(samples: NDArray[np.int16]) -> NDArray[np.int8]:
    """[samples] to [frames, BANDS]; samples that fill no frame are left out."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    # Whole numbers below 2**31: exact in float64.
    sums = (frames @ waves().reshape(-1, FRAME).astype(np.float64).T).astype(np.int64).reshape(-1, BANDS, 2)
    energy = (sums.astype(np.int64) ** 2).astype(np.uint64).sum(axis=-1, dtype=np.uint64)
    return np.clip(log2_steps(energy) - OFFSET, -128, 127).astype(np.int8)

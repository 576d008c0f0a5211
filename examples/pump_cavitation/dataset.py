"""Recordings to train on and recordings to judge by: no window of one is like a window of another by its recording."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import PCG64, Generator

from examples.pump_cavitation import pump

SEED = 20261129
WINDOWS = 8
"""In each recording."""


def recordings(count: int, part: str, seed: int = SEED) -> Sequence[pump.Recording]:
    """part: "train" or "test". Each recording has a random stream of its own, by its part and number."""
    stream = ("train", "test").index(part)
    return [pump.record(WINDOWS, Generator(PCG64([seed, stream, number]))) for number in range(count)]


FACTORS = (2.0, 1.5, 1.2, 1.05, 0.95, 0.8, 0.6, 0.45)
"""Cavitation factors of the recordings to look at: from a sound pump to one that cavitates throughout."""


def shown(windows: int, seed: int) -> list[pump.Recording]:
    """A recording of so many windows for each of FACTORS."""
    return [pump.record(windows, Generator(PCG64([seed, i])), factor) for i, factor in enumerate(FACTORS)]

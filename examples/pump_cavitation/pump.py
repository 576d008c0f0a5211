"""Vibration of a centrifugal pump that may cavitate: a model with a few parts, each with a reason. NumPy alone.

The cavitation factor CF is the net positive suction head that there is, over that at which cavitation begins. Above 1
the pump is sound; below, bubbles form at the blades and collapse where the pressure is higher.

What an accelerometer on the casing feels, in m/s^2:

* The shaft: once a turn (unbalance) and at twice and three times that (alignment).
* The blades: each passes the cutwater once a turn, so at 6 times the shaft's rate, and harmonics.
* The bearing: the outer and the inner race, at 3.58 and 5.42 times the shaft's rate, faintly, also when it is sound.
* The flow: turbulence, broad noise whose spectrum falls with frequency, growing with the square of the speed.
* Cavitation: bubbles collapse at random moments, more of them as CF falls, in bunches as the blades pass. Each collapse
  is a blow to the casing, which rings at resonances of some kHz. Their strengths vary by orders of magnitude. Far below
  inception much vapour is about, which cushions collapses: the noise is greatest about CF = 0.55.
* The sensor: its gain and its noise.

Speed, load, gain, resonances and the share of each part differ from recording to recording, so that loudness alone does
not tell whether a pump cavitates. The forms of these dependencies are plausible; their constants are no one's
measurements.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

RATE = 25_600
"""Samples a second."""
WINDOW = 4096
"""Samples that are judged together: 0.16 s, some turns of the shaft."""

BLADES = 6
BEARING = (3.58, 5.42)
RESONANCES = ((2_900.0, 40.0), (5_300.0, 60.0), (8_600.0, 50.0))
"""Of the casing: frequency in Hz, and quality."""
RING = 1024
"""Samples after which a blow has died away."""

BLOW = 0.12
"""How strong a collapse is, in m/s^2, before the casing rings."""

LOWEST, HIGHEST = 0.4, 2.5
"""Cavitation factors of the recordings."""


@dataclass(frozen=True)
class Recording:
    """acceleration: float32, in m/s^2, RATE samples a second. speed: turns a second."""

    acceleration: NDArray[np.float32]
    cavitation_factor: float
    speed: float

    @property
    def windows(self) -> NDArray[np.float32]:
        """Whole windows behind one another, [windows, WINDOW]."""
        return self.acceleration[: len(self.acceleration) // WINDOW * WINDOW].reshape(-1, WINDOW)


def record(windows: int, rng: Generator, cavitation_factor: float | None = None) -> Recording:
    """A recording of so many windows at one speed and one CF, by default any from LOWEST to HIGHEST."""
    if cavitation_factor is None:
        cavitation_factor = float(np.exp(rng.uniform(np.log(LOWEST), np.log(HIGHEST))))
    speed = rng.uniform(20, 50)
    count = windows * WINDOW
    turns = _turns(count, speed, rng)
    load = (speed / 35) ** 2
    wave = load * (_tones(turns, rng) + 0.12 * rng.lognormal(0, 0.3) * _turbulence(count, rng))
    wave += load * 0.9 * rng.lognormal(0, 0.35) * _collapses(turns, cavitation_factor, rng)
    wave = rng.lognormal(0, 0.5) * wave + 0.01 * rng.normal(0, 1, count)
    return Recording(wave.astype(np.float32), cavitation_factor, speed)


def target(cavitation_factor: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """sigmoid(4 log CF): 0.5 where cavitation begins, towards 0 as it develops, towards 1 far from it."""
    return 1 / (1 + np.asarray(cavitation_factor, np.float64) ** -4)


def collapse_strength(cavitation_factor: float) -> float:
    """Mean power of collapses relative to its greatest: nothing far above 1, 1 at about 0.55, falling below that."""
    begun = 1 / (1 + np.exp((cavitation_factor - 0.95) / 0.06))
    return float(begun * np.exp(-((np.log(cavitation_factor / 0.55) / 0.8) ** 2)) + 0.002 / cavitation_factor**4)


def _turns(count: int, speed: float, rng: Generator) -> NDArray[np.float64]:
    """Turns of the shaft since some moment, at each sample; the speed wanders by some thousandths."""
    wander = np.cumsum(rng.normal(0, 1, count // 256 + 2)) * 2e-4
    now = speed * (1 + np.interp(np.arange(count), 256 * np.arange(len(wander)), wander))
    return rng.uniform() + np.cumsum(now) / RATE


def _tones(turns: NDArray[np.float64], rng: Generator) -> NDArray[np.float64]:
    tones = [(k, 0.5 / k**1.5) for k in (1, 2, 3)]
    tones += [(BLADES * k, 0.4 / k**1.2) for k in (1, 2, 3, 4)]
    tones += [(rate * k, 0.03 / k) for rate in BEARING for k in (1, 2, 3)]
    wave = np.zeros(len(turns))
    for order, strength in tones:
        wave += strength * rng.lognormal(0, 0.4) * np.sin(2 * np.pi * (order * turns + rng.uniform()))
    return wave


def _turbulence(count: int, rng: Generator) -> NDArray[np.float64]:
    """Noise of power 1 whose amplitude falls with the root of the frequency, from 100 Hz on."""
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    noise = np.fft.rfft(rng.normal(0, 1, count)) / np.sqrt(1 + frequency / 100)
    wave = np.fft.irfft(noise, count)
    return wave / wave.std()


def _collapses(turns: NDArray[np.float64], cavitation_factor: float, rng: Generator) -> NDArray[np.float64]:
    """Blows at random moments, most of them as a blade passes, and how the casing rings with them."""
    count = len(turns)
    passing = 1 + rng.uniform(0.5, 0.9) * np.cos(2 * np.pi * BLADES * turns)
    expected = 4_000 * rng.lognormal(0, 0.2) / RATE * np.clip(1.6 - cavitation_factor, 0.15, 1) * passing
    blows = (rng.random(count) < expected) * rng.lognormal(0, 1, count) * rng.choice([-1, 1], count)
    time = np.arange(RING) / RATE
    ring = np.zeros(RING)
    for frequency, quality in RESONANCES:
        here = frequency * rng.normal(1, 0.03)
        ring += rng.lognormal(0, 0.3) * np.exp(-np.pi * here / quality * time) * np.sin(2 * np.pi * here * time)
    ring[:2] += 0.5
    size = count + RING
    wave = np.fft.irfft(np.fft.rfft(blows, size) * np.fft.rfft(ring, size), size)[:count]
    return wave * np.sqrt(collapse_strength(cavitation_factor)) * BLOW

"""Invented words as sounds: voiced formants that glide from one target to the next, hisses, and noise around them.

A speaker is a pitch, a size of the vocal tract, a tempo and a loudness. The formants of the vowels are the means that
Peterson and Barney measured (1952); all else is made up. Everything follows from a numpy Generator.
"""

import dataclasses

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

RATE = 8000
WORDS = {
    "sai": ("s", "a", "i"),
    "uwe": ("u", "e"),
    "ioa": ("i", "o", "a"),
    "eshu": ("e", "sh", "u"),
}
VOWELS = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
HISSES = {"s": 3600.0, "sh": 2500.0}
"""Centres of bands of noise, Hz."""

_BANDWIDTHS = np.array([80.0, 110.0, 170.0])
_STRENGTHS = np.array([1.0, 0.6, 0.3])
_GLIDE = 0.4
_FADE = 0.015
_HISS_LEVEL = 0.35


@dataclasses.dataclass(frozen=True)
class Speaker:
    """Pitch at the start and end of a word (Hz), factor of the formants, seconds of a sound, peak (full scale 1)."""

    pitch: tuple[float, float]
    tract: float
    seconds: float
    loudness: float


def speaker(rng: Generator) -> Speaker:
    pitch = rng.uniform(90, 230)
    return Speaker(
        pitch=(pitch, pitch * rng.uniform(0.75, 1.15)),
        tract=rng.uniform(0.9, 1.15),
        seconds=rng.uniform(0.13, 0.21),
        loudness=rng.uniform(0.12, 0.8),
    )


def say(sounds: tuple[str, ...], who: Speaker, rng: Generator) -> NDArray[np.float64]:
    """One word, [samples], peak `who.loudness`."""
    count = int(RATE * who.seconds)
    lengths = [int(count * rng.uniform(0.85, 1.2) * (0.8 if sound in HISSES else 1)) for sound in sounds]
    total = sum(lengths)
    starts = np.cumsum([0, *lengths[:-1]])
    voiced = np.zeros(total)
    word = np.zeros(total)
    for sound, start, length in zip(sounds, starts, lengths, strict=True):
        if sound in VOWELS:
            voiced[start : start + length] = 1
        else:
            band = _band_noise(length, HISSES[sound], rng)
            word[start : start + length] += _HISS_LEVEL * band * _faded(np.ones(length))
    word += _voice(sounds, starts, lengths, who, rng) * _smooth(voiced)
    word = _faded(word)
    return word * (who.loudness / np.abs(word).max())


def noise(samples: int, level: float, rng: Generator) -> NDArray[np.float64]:
    """Background: white noise with some hum of the mains in it, root mean square about `level`."""
    time = np.arange(samples) / RATE
    hum = np.sin(2 * np.pi * (50 * time + rng.uniform())) + 0.5 * np.sin(2 * np.pi * (150 * time + rng.uniform()))
    return level * (rng.normal(size=samples) + rng.uniform(0, 1.5) * hum)


def disturbance(seconds: float, peak: float, rng: Generator) -> NDArray[np.float64]:
    """What is loud and no voice: a knock, a whistle or a burst of hiss."""
    samples = int(RATE * seconds)
    time = np.arange(samples) / RATE
    kind = rng.integers(3)
    if kind == 0:
        sound = rng.normal(size=samples) * np.exp(-time / 0.02)
    elif kind == 1:
        start, end = rng.uniform(600, 3000, size=2)
        sound = np.sin(2 * np.pi * np.cumsum(np.linspace(start, end, samples)) / RATE)
    else:
        sound = rng.normal(size=samples)
    sound = _faded(sound)
    return sound * (peak / np.abs(sound).max())


def to_samples(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    """Full scale 1 to 16 bits, limited."""
    return np.clip(np.rint(sound * 32768), -32768, 32767).astype(np.int16)


def _voice(
    sounds: tuple[str, ...], starts: NDArray[np.int64], lengths: list[int], who: Speaker, rng: Generator
) -> NDArray[np.float64]:
    """The sum of the harmonics of the pitch, each as loud as the formants let it through."""
    total = int(starts[-1]) + lengths[-1]
    knots, targets = [], []
    for sound, start, length in zip(sounds, starts, lengths, strict=True):
        if sound in VOWELS:
            knots += [start + length * _GLIDE / 2, start + length * (1 - _GLIDE / 2)]
            targets += [VOWELS[sound]] * 2
    at = np.arange(total)
    formants = who.tract * np.stack([np.interp(at, knots, column) for column in zip(*targets, strict=True)])
    pitch = np.linspace(*who.pitch, total) * (1 + 0.01 * np.sin(2 * np.pi * 5 * at / RATE + rng.uniform(0, 6)))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    sound = np.zeros(total)
    for harmonic in range(1, int(0.45 * RATE / min(who.pitch)) + 1):
        frequency = harmonic * pitch
        gain = sum(
            strength / (1 + ((frequency - formant) / width) ** 2)
            for strength, formant, width in zip(_STRENGTHS, formants, _BANDWIDTHS, strict=True)
        )
        sound += np.where(frequency < 0.47 * RATE, gain / harmonic**0.5, 0) * np.sin(harmonic * phase)
    return sound


def _band_noise(samples: int, centre: float, rng: Generator) -> NDArray[np.float64]:
    """Noise about `centre`: each sample of a random walk in phase."""
    phase = np.cumsum(2 * np.pi * centre / RATE + rng.normal(scale=0.5, size=samples))
    return np.sin(phase)


def _smooth(gate: NDArray[np.float64]) -> NDArray[np.float64]:
    kernel = np.hanning(int(RATE * _FADE * 2))
    return np.convolve(gate, kernel / kernel.sum(), mode="same")


def _faded(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    length = min(int(RATE * _FADE), len(sound) // 2)
    ramp = np.ones(len(sound))
    ramp[:length] = np.linspace(0, 1, length)
    ramp[len(sound) - length :] = np.linspace(1, 0, length)
    return sound * ramp

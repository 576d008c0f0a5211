"""front_end.c computes the features that the networks were trained on, to the bit."""

import os
import subprocess

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import PCG64, Generator

from examples.firmware_kws import features, sounds


def compiled(samples: np.ndarray) -> np.ndarray:
    done = subprocess.run([os.environ["PROGRAM"]], input=samples.tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, dtype=np.int8).reshape(-1, features.BANDS)


def check(samples: np.ndarray) -> np.ndarray:
    expected = features.features(samples)
    assert compiled(samples).tolist() == expected.tolist()
    return expected


def test_words_and_noise() -> None:
    rng = Generator(PCG64(3))
    for word in sounds.WORDS.values():
        sound = sounds.say(word, sounds.speaker(rng), rng)
        heard = check(sounds.to_samples(sound + sounds.noise(len(sound), 0.003, rng)))
        assert int(heard.max()) - int(heard.min()) > 60


@pytest.mark.parametrize("level", [0, 1, -1, 32767, -32768])
def test_the_ends_of_the_range(level: int) -> None:
    check(np.full(3 * features.FRAME, level, dtype=np.int16))


def test_the_loudest_waves() -> None:
    """What has the most in common with a wave: sums that just fit 32 bits."""
    waves = features.waves().astype(np.int64)
    loudest = np.where(waves > 0, 32767, -32768).astype(np.int16)
    assert np.abs(waves * loudest.astype(np.int64)).sum(axis=-1).max() < 2**31
    heard = check(loudest.reshape(-1)).reshape(features.BANDS, 2, features.BANDS)
    assert heard.max() == 127


@given(st.integers(0, 15), st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_any_samples(shift: int, share: float, seed: int) -> None:
    rng = Generator(PCG64(seed))
    samples = rng.integers(-32768, 32768, size=4 * features.FRAME) >> shift
    check(np.where(rng.uniform(size=samples.size) < share, samples, 0).astype(np.int16))


def test_a_tone_is_loudest_in_its_band() -> None:
    time = np.arange(features.FRAME) / sounds.RATE
    for frequency, band in ((250, 0), (3600, features.BANDS - 1)):
        tone = sounds.to_samples(0.5 * np.sin(2 * np.pi * frequency * time))
        assert check(tone)[0].argmax() == band

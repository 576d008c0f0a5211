"""What the networks are trained on: clips of noise with a word or a disturbance in them, and what is where."""

import dataclasses
import itertools

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from examples.firmware_kws import features, sounds

LABELS = ("unknown", *sounds.WORDS)
WINDOW = 40
"""Frames that the word network sees: 0.8 s."""
VOICE_WINDOW = 10
"""Frames that the voice network sees: 0.2 s."""
HANG = 8
"""Frames without voice that end a word; main.c waits as long."""

_CLIP_SECONDS = 2.0
_MOST_VARIATION = 3


@dataclasses.dataclass(frozen=True)
class Examples:
    """Inputs and labels of both networks.

    Attributes:
      voice: [n, VOICE_WINDOW, BANDS] int8 and whether their newest frames hold voice.
      word: [n, WINDOW, BANDS] int8, and indices into LABELS.
    """

    voice: NDArray[np.int8]
    is_voice: NDArray[np.int64]
    word: NDArray[np.int8]
    label: NDArray[np.int64]


def other_word(rng: Generator) -> tuple[str, ...]:
    """Two or three sounds that are no word of the vocabulary, nor end as one: only the end of a word is heard."""
    known = {word[i:] for word in sounds.WORDS.values() for i in range(len(word) - 1)}
    while True:
        length = int(rng.integers(2, 4))
        made = [str(rng.choice([*sounds.VOWELS, *sounds.HISSES])) for _ in range(length)]
        if any(a == b for a, b in itertools.pairwise(made)) or not set(made) & set(sounds.VOWELS):
            continue
        if not any(tuple(made[i:]) in known for i in range(length - 1)):
            return tuple(made)


def make(count: int, rng: Generator) -> Examples:
    """Examples from `count` clips: three in five hold a word, one another word, one none."""
    voice, is_voice, word, label = [], [], [], []
    for _ in range(count):
        clip = sounds.noise(int(_CLIP_SECONDS * sounds.RATE), 10 ** rng.uniform(-3.6, -2.1), rng)
        draw = rng.uniform()
        kind = int(rng.integers(1, len(LABELS))) if draw < 0.6 else 0
        if draw < 0.8:
            said = sounds.WORDS[LABELS[kind]] if kind else other_word(rng)
            sound = sounds.say(said, sounds.speaker(rng), rng)
        else:
            sound = sounds.disturbance(rng.uniform(0.05, 0.6), 10 ** rng.uniform(-1.5, -0.1), rng)
        start = int(rng.integers(int(0.8 * sounds.RATE), len(clip) - len(sound) - int(0.3 * sounds.RATE)))
        clip[start : start + len(sound)] += sound
        frames = features.features(sounds.to_samples(clip))
        first, last = start / features.FRAME, (start + len(sound)) / features.FRAME
        for end in rng.integers(VOICE_WINDOW, len(frames) + 1, size=8):
            inside = first + 1 < end - 1 < last - 1
            if not inside and first - 1 < end - 1 < last + 2:
                continue  # half in, half out: either answer is right
            voice.append(frames[end - VOICE_WINDOW : end])
            is_voice.append(int(inside and draw < 0.8))
        end = round(last) + HANG + int(rng.integers(-_MOST_VARIATION, _MOST_VARIATION + 1))
        end = min(end, len(frames))
        word.append(frames[end - WINDOW : end])
        label.append(kind)
    return Examples(np.stack(voice), np.array(is_voice), np.stack(word), np.array(label))

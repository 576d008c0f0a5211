"""The committed networks: what they take, how large they are, and how often they are right on sounds of other seeds."""

import functools
import pathlib

import numpy as np
import pytest
from numpy.random import PCG64, Generator
from tflite_micro import runtime

from examples.firmware_kws import clips, features

MODELS = pathlib.Path("examples/firmware_kws/models")
CLIPS = 150


@functools.cache
def examples() -> clips.Examples:
    return clips.make(CLIPS, Generator(PCG64(1)))


def share_right(name: str, inputs: np.ndarray, labels: np.ndarray) -> float:
    interpreter = runtime.Interpreter.from_file(str(MODELS / f"{name}.tflite"))
    shape = interpreter.get_input_details(0)["shape"]
    right = 0
    for frames, label in zip(inputs, labels, strict=True):
        interpreter.set_input(frames.reshape(shape), 0)
        interpreter.invoke()
        right += int(interpreter.get_output(0)[0].argmax()) == label
    return right / len(labels)


@pytest.mark.parametrize("name", ["voice", "words"])
def test_features_are_the_input_as_they_are(name: str) -> None:
    details = runtime.Interpreter.from_file(str(MODELS / f"{name}.tflite")).get_input_details(0)
    quantisation = details["quantization_parameters"]
    assert details["dtype"] == np.int8
    assert quantisation["scales"].tolist() == [1 / features.STEPS]
    assert quantisation["zero_points"].tolist() == [0]


@pytest.mark.parametrize("name", ["voice", "words"])
def test_models_are_small(name: str) -> None:
    assert (MODELS / f"{name}.tflite").stat().st_size < 60_000


def test_voices_are_heard() -> None:
    some = examples()
    assert 0.1 < some.is_voice.mean() < 0.5
    assert share_right("voice", some.voice, some.is_voice) >= 0.98


def test_words_are_heard() -> None:
    some = examples()
    assert set(some.label) == set(range(len(clips.LABELS)))
    assert share_right("words", some.word, some.label) >= 0.95

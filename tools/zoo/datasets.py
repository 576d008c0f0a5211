"""What data sets a description may name: the shape of their inputs, what a network makes of them, and their samples.

Those that are made here can be trained on; of the others only the shapes are known, and a network for them gets random
weights: their data is not part of this project.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tools.zoo import samples

Arguments = Mapping[str, object]


@dataclass(frozen=True)
class Dataset:
    """shape: of one input. outputs: how many numbers, of each step where `sequence` is set. activation: of the last
    layer.

    make: the samples, (inputs, wanted outputs), from a seed; None where only the shapes are known. symbols: inputs are
    integers below this, for an embedding; 0 for real ones.
    """

    shape: tuple[int, ...]
    outputs: int
    activation: str
    make: Callable[[int], tuple[np.ndarray, np.ndarray]] | None = None
    sequence: bool = False
    symbols: int = 0


def _image(shape: tuple[int, int, int], outputs: int) -> Callable[[Arguments], Dataset]:
    def known(arguments: Arguments) -> Dataset:
        flat = bool(arguments.get("flat_features", False))
        return Dataset((int(np.prod(shape)),) if flat else shape, outputs, "softmax")

    return known


def _random(activation: str) -> Callable[[Arguments], Dataset]:
    def known(arguments: Arguments) -> Dataset:
        shape = tuple(int(size) for size in arguments.get("feature_shape", [1]))  # type: ignore[union-attr]
        outputs = int(str(arguments.get("num_labels", arguments.get("num_targets", 1))))
        return Dataset(shape, outputs, activation)

    return known


def _sequence(arguments: Arguments) -> Dataset:
    steps, size = int(str(arguments.get("sequence_length", 100))), int(str(arguments.get("input_size", 32)))
    outputs = int(str(arguments.get("output_size", 32)))
    return Dataset((steps, size), outputs, "linear", sequence=bool(arguments.get("sequential_output", True)))


def _shakespeare(arguments: Arguments) -> Dataset:
    steps = int(str(arguments.get("sequence_length", 100)))
    return Dataset((steps,), 65, "softmax", sequence=True, symbols=65)


def _cavitation(arguments: Arguments) -> Dataset:
    bins = int(str(arguments.get("window_size", 4096))) // 2
    return Dataset((bins,) if arguments.get("flat_features") else (bins, 1, 1), 1, "linear")


def _made(
    make: Callable[[int], tuple[np.ndarray, np.ndarray]], outputs: int, activation: str
) -> Callable[[Arguments], Dataset]:
    def known(arguments: Arguments) -> Dataset:
        def shaped(seed: int) -> tuple[np.ndarray, np.ndarray]:
            inputs, wanted = make(seed)
            return (inputs.reshape(len(inputs), -1) if arguments.get("flat_features") else inputs), wanted

        return Dataset(shaped(0)[0].shape[1:], outputs, activation, shaped)

    return known


DATASETS: Mapping[str, Callable[[Arguments], Dataset]] = {
    "ais_tracks": _made(samples.ais_tracks, 16 * 4, "linear"),
    "boston": lambda arguments: Dataset((13,), 1, "linear"),
    "cavitation": _cavitation,
    "cifar10": _image((32, 32, 3), 10),
    "digits": _made(samples.digits, 10, "softmax"),
    "mnist": _image((28, 28, 1), 10),
    "randomset_classification": _random("softmax"),
    "randomset_regression": _random("linear"),
    "randomset_seq": _sequence,
    "shakespeare": _shakespeare,
    "sine": _made(samples.sine, 1, "linear"),
    "sinus": lambda arguments: Dataset((1,), 1, "sigmoid"),
    "toyADMOS": lambda arguments: Dataset((128 * 5,), 640, "linear"),
    "vibration": _made(samples.vibration, 4, "softmax"),
    "vww": _image((96, 96, 3), 2),
}
"""By name; EdgeMark's names and arguments where it has the data set."""

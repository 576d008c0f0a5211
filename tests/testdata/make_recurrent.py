"""Makes the recurrent networks of the tests, in the folder `recurrent` beside this file.

    bazel run //tests/testdata:make_recurrent

CELL_HOW_SHOWN_TYPE.tflite  a cell of Keras (simple, lstm, gru) over 5 steps of 3 values, 4 units, and Dense 2:
                            unrolled or in a loop (while) of the converter's; the states of all steps or the last one
bidirectional_, stacked_    two LSTM, one from the end to the beginning; two GRU on top of each other
fused_TYPE.tflite           an LSTM that the converter knows as one operator
edgemark_CELL.tflite.xz     EdgeMark's LSTM and GRU in int8: 100 steps of 32 values unrolled, 64 units, Dense 32 on each
                            state. Compressed, because a hundred times the same operators are 0.7 MB

The weights and biases are random with a fixed seed: what the networks answer is of no importance, only that it is
always the same. The converter cannot quantise its loops, so those are float32 only.
"""

from __future__ import annotations

import itertools
import lzma
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.convert import keras_model
from tools.convert.convert import convert
from tools.convert.quiet import quiet
from tools.convert.variants import VARIANTS

SEED = 20160112
STEPS, FEATURES, UNITS = 5, 3, 4
TYPES = {"float": "basic", "int8": "int8_only"}


def samples(*shape: int) -> np.ndarray:
    """What ranges are measured on: inputs of this shape."""
    return np.random.default_rng(SEED).normal(size=(40, *shape)).astype(np.float32)


def networks() -> dict[str, tuple[list[Any], tuple[str, ...]]]:
    """The layers of each small network, and the types to convert it to."""
    from keras import layers as k

    cells = {"simple": k.SimpleRNN, "lstm": k.LSTM, "gru": k.GRU}
    found = {}
    for (name, cell), how, shown in itertools.product(cells.items(), ("unrolled", "while"), ("all", "last")):
        layer = cell(UNITS, unroll=how == "unrolled", return_sequences=shown == "all")
        found[f"{name}_{how}_{shown}"] = [layer], tuple(TYPES) if how == "unrolled" else ("float",)
    both = k.Bidirectional(k.LSTM(UNITS, unroll=True, return_sequences=True))
    found["bidirectional_lstm"] = [both], ("int8",)
    gru = [k.GRU(UNITS, unroll=True, return_sequences=True), k.GRU(UNITS, unroll=True)]
    found["stacked_gru"] = gru, ("int8",)
    return found


def converted(layers: list[Any], shape: tuple[int, ...], types: Sequence[str]) -> Iterator[bytes]:
    """The network of these layers in each type, by way of a .keras file."""
    import keras

    model = keras.Sequential([keras.layers.Input(shape, batch_size=1, name="x"), *layers])
    # All of them: Keras begins with biases of 0, which the converter leaves out. Cells of one kind get the same.
    rng = np.random.default_rng(SEED)
    model.set_weights([rng.normal(0, 0.4, weights.shape) for weights in model.get_weights()])
    with tempfile.TemporaryDirectory() as temporary:
        source, data = Path(temporary) / "m.keras", Path(temporary) / "m.npz"
        np.savez(data, x=samples(*shape))
        model.save(source)
        for kind in types:
            yield convert(source, TYPES[kind], data if kind == "int8" else None)


def small_networks(folder: Path) -> None:
    """All but the fused ones."""
    from keras import layers as k

    for name, (layers, types) in networks().items():
        made = converted([*layers, k.Dense(2)], (STEPS, FEATURES), types)
        for kind, model in zip(types, made, strict=True):
            (folder / f"{name}_{kind}.tflite").write_bytes(model)


def edgemark_networks(folder: Path) -> None:
    """Those whose size on a microcontroller has been published."""
    from keras import layers as k

    for name, cell in {"lstm": k.LSTM, "gru": k.GRU}.items():
        layers = [cell(64, unroll=True, return_sequences=True), k.Dense(32)]
        (model,) = converted(layers, (100, 32), ["int8"])
        (folder / f"edgemark_{name}.tflite.xz").write_bytes(lzma.compress(model, preset=9))


def fused_networks(folder: Path) -> None:
    """A function that the converter takes for Keras' LSTM: by its attributes and its arguments, whatever it does."""
    import tensorflow as tf

    rng = np.random.default_rng(SEED)
    shapes = [(FEATURES, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)]
    given = [(1, STEPS, FEATURES), (1, UNITS), (1, UNITS), *shapes]

    def lstm(x: Any, h: Any, c: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
        steps, outputs = tf.transpose(x, (1, 0, 2)), []
        for t in range(STEPS):
            i, f, g, o = tf.split(tf.matmul(steps[t], kernel) + tf.matmul(h, recurrent) + bias, 4, 1)
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            outputs.append(h)
        return h, tf.stack(outputs, 1), h, c, tf.constant(1.0)

    known = tf.function(
        lstm,
        autograph=False,
        experimental_attributes={
            "api_implements": "lstm_of_keras",
            "api_preferred_device": "CPU",
            "time_major": False,
            "go_backwards": False,
        },
        input_signature=[tf.TensorSpec(shape) for shape in given],
    )

    class Network(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = [tf.Variable(rng.normal(0, 0.4, shape).astype(np.float32)) for shape in shapes]

        @tf.function
        def __call__(self, x: Any) -> Any:
            zeros = tf.zeros((1, UNITS))
            return known(x, zeros, zeros, *self.weights)[1]

    network = Network()
    with tempfile.TemporaryDirectory() as temporary:
        signature = network.__call__.get_concrete_function(tf.TensorSpec((1, STEPS, FEATURES), name="x"))
        tf.saved_model.save(network, temporary, signatures=signature)
        for kind, variant in TYPES.items():
            converter = tf.lite.TFLiteConverter.from_saved_model(temporary)
            VARIANTS[variant].configure(converter, [samples(STEPS, FEATURES)])
            (folder / f"fused_{kind}.tflite").write_bytes(converter.convert())


def main() -> int:
    """Writes the files into the source tree."""
    folder = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / "tests" / "testdata" / "recurrent"
    folder.mkdir(exist_ok=True)
    with quiet():
        keras_model.import_tensorflow()
        small_networks(folder)
        edgemark_networks(folder)
        fused_networks(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

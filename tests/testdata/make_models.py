"""Makes the small models of the tests that lie beside this file.

    bazel run //tests/testdata:make_models

dense.keras         input [8], Dense 16 with ReLU, Dense 4 with softmax
dense.npz           200 samples for it
dense_float.tflite  converted to float32
dense_int8.tflite   converted to int8 throughout

The weights are random with a fixed seed: what the network answers is of no importance, only that it is always the same.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from tools.convert import keras_model
from tools.convert.convert import convert

SEED = 20160112
INPUTS = 8


def main() -> None:
    """Writes the files into the source tree."""
    keras_model.import_tensorflow()
    import keras

    folder = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / "tests" / "testdata"
    keras.utils.set_random_seed(SEED)
    model = keras.Sequential(
        [
            keras.layers.Input((INPUTS,), name="x"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(4, activation="softmax"),
        ]
    )
    source, data = folder / "dense.keras", folder / "dense.npz"
    model.save(source)
    np.savez(data, x=np.random.default_rng(SEED).normal(size=(200, INPUTS)).astype(np.float32))
    (folder / "dense_float.tflite").write_bytes(convert(source, "basic"))
    (folder / "dense_int8.tflite").write_bytes(convert(source, "int8_only", data))


if __name__ == "__main__":
    main()

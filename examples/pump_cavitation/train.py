r"""Trains the linear SVM and the CNN_4 regressor on generated recordings, and writes their .tflite and pipeline files.

  python -m examples.pump_cavitation.train --out=examples/pump_cavitation/models

Takes some minutes. The result is deterministic: the same seed and package versions give the same files on one kind of
processor.
"""

import json
import os
import pathlib
import sys
import tempfile
from collections.abc import Sequence

import numpy as np
from absl import app, flags, logging
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from examples.pump_cavitation import dataset, features, pipeline_document, pump
from tools.convert.convert import Data, convert_all
from tools.convert.keras_model import import_tensorflow
from tools.convert.quiet import quiet
from tools.zoo.config import read_config

_OUT = flags.DEFINE_string("out", None, "Folder that the models and pipeline files go into.", required=True)
_CONFIG = flags.DEFINE_string("config", "tools/zoo/configs/cavitation_cnn_4.yaml", "Description of the regressor.")
_RECORDINGS = flags.DEFINE_integer("recordings", 480, "Recordings to train on.", lower_bound=2)
_SEED = flags.DEFINE_integer("seed", dataset.SEED, "Seed of recordings and weights.")
_EPOCHS = flags.DEFINE_integer("epochs", 40, "Passes over the windows of the regressor.")

BATCH = 32
LEARNING_RATE = 2e-3
SOFTNESS = 0.005
"""C of the SVM: how much a window on the wrong side counts."""
GAIN = 0.5
"""Standard deviation of the logarithm of a factor on each window in training: how loud a pump is tells nothing."""
CALIBRATION = 300
"""Windows that the ranges of int8 tensors are measured on."""


def labelled(recordings: Sequence[pump.Recording]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """All windows, and the cavitation factor of each."""
    windows = np.concatenate([recording.windows for recording in recordings])
    factors = [recording.cavitation_factor for recording in recordings]
    return windows, np.repeat(factors, [len(recording.windows) for recording in recordings])


def svm(windows: NDArray[np.float32], factors: NDArray[np.float64], keras) -> tuple[object, dict]:
    """The SVM as a dense layer of one output, the margin: positive where the pump cavitates."""
    from sklearn.svm import LinearSVC

    values = features.statistics(windows)
    mean, std = values.mean(axis=0), values.std(axis=0)
    fitted = LinearSVC(C=SOFTNESS, dual=False).fit((values - mean) / std, factors < 1)
    model = keras.Sequential([keras.layers.Input((values.shape[1],), name="features"), keras.layers.Dense(1)])
    model.layers[0].set_weights([fitted.coef_.T.astype(np.float32), fitted.intercept_.astype(np.float32)])
    return model, pipeline_document.svm(mean, std)


def regressor(windows: NDArray[np.float32], factors: NDArray[np.float64], keras) -> tuple[object, dict, NDArray]:
    """CNN_4 of the zoo, from the logarithms of the spectrum to sigmoid(4 log CF), and typical inputs of it."""
    from tools.zoo.architectures import build

    values = features.log_bins(windows)
    mean, std = float(values.mean()), float(values.std())
    inputs = ((values - mean) / std).astype(np.float32).reshape(-1, pipeline_document.BINS, 1, 1)
    model = build(read_config(pathlib.Path(_CONFIG.value)), keras)
    steps = max(1, _EPOCHS.value * (len(inputs) // BATCH))
    decay = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    model.compile(optimizer=keras.optimizers.Adam(decay), loss="mse")
    rng = Generator(PCG64(_SEED.value))
    for epoch in range(_EPOCHS.value):
        order = rng.permutation(len(inputs))
        louder = rng.normal(0, GAIN / std, (len(inputs), 1, 1, 1)).astype(np.float32)
        history = model.fit(
            (inputs + louder)[order], pump.target(factors)[order], batch_size=BATCH, shuffle=False, verbose=0
        )
        logging.info("epoch %d: root of the mean squared error %.4f", epoch + 1, history.history["loss"][-1] ** 0.5)
    return model, pipeline_document.regressor(mean, std), inputs[:: max(1, len(inputs) // CALIBRATION)]


def write(
    out: pathlib.Path, name: str, model, document: dict, variants: dict[str, str], typical: NDArray | None
) -> None:
    """NAME.json, and a .tflite for each variant of the conversion: variants has its file names' endings."""
    with tempfile.TemporaryDirectory() as folder:
        source, data = pathlib.Path(folder, "model.keras"), pathlib.Path(folder, "typical.npz")
        model.save(source)
        if typical is not None:
            np.savez(data, inputs=typical)
        made = convert_all(source, list(variants), Data(data if typical is not None else None), evaluate=False)
    (out / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    for variant, ending in variants.items():
        (out / f"{name}{ending}.tflite").write_bytes(made.models[variant])
        logging.info("%s%s.tflite: %d bytes", name, ending, len(made.models[variant]))


def main(_: list[str]) -> None:
    out = pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), _OUT.value)
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    with quiet():
        tf = import_tensorflow()
        import keras
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(_SEED.value)
    try:
        out.mkdir(parents=True, exist_ok=True)
        windows, factors = labelled(dataset.recordings(_RECORDINGS.value, "train", _SEED.value))
        if len(set(factors < 1)) < 2:
            sys.exit(f"error: --recordings={_RECORDINGS.value}: all of one kind, sound or cavitating; make more")
        logging.info("%d windows, %.0f%% of a pump that cavitates", len(windows), 100 * (factors < 1).mean())
        write(out, "svm", *svm(windows, factors, keras), {"basic": ""}, None)
        model, document, typical = regressor(windows, factors, keras)
        write(out, "cnn", model, document, {"basic": "_float32", "int8_only": "_int8"}, typical)
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    app.run(main)

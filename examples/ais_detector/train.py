r"""Trains the autoencoder and writes the two .tflite files and their pipeline files.

  python -m examples.ais_detector.train --normal=gulf2023_normal.csv --out=examples/ais_detector/models

The result is deterministic: the same data, seed and package versions give the same files on one kind of processor.
"""

import json
import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf
from absl import app, flags, logging
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from examples.ais_detector import faults, network, normal, paths, pipeline_mirror, tracks
from examples.ais_detector.pipeline_document import FEATURES, pipeline_document

_NORMAL = flags.DEFINE_string("normal", None, "CSV of normal traffic: gulf2023_normal.csv.", required=True)
_OUT = flags.DEFINE_string("out", None, "Folder that the models and pipeline files go into.", required=True)
_SEED = flags.DEFINE_integer("seed", 20240611, "Seed of the weights, of the faults and of the order of the windows.")
_EPOCHS = flags.DEFINE_integer("epochs", 60, "Passes over the training windows.")
_HIDDEN = flags.DEFINE_list("hidden", ["64", "32", "64"], "Widths of the hidden layers.")
_WINDOW = flags.DEFINE_integer("window", 6, "Rows in a window.")
_FAULTS = flags.DEFINE_float("fault_share", 0.5, "Share of the training windows that get a fault.")
_STEPS = flags.DEFINE_integer("steps", 1, "Newest rows of the window that the score counts.")

BATCH = 512
LEARNING_RATE = 2e-3
NEWEST_WEIGHT = 5.0
CALIBRATION_WINDOWS = 4000
CALIBRATION_FAULTS = 0.5
FALSE_ALARM_RATE = 0.01


def window_features(pipeline: pipeline_mirror.Pipeline, reports: NDArray[np.float64]) -> NDArray[np.float32]:
    """Network inputs [windows, length * features] of windows [windows, length + 1, 4]."""
    windows, rows, _ = reports.shape
    flat = reports.reshape(-1, 4)
    columns = dict(zip(tracks.COLUMNS[2:], flat.T, strict=True))
    table = pipeline_mirror.features(pipeline, columns, np.repeat(np.arange(windows), rows))
    return table.reshape(windows, rows, -1)[:, 1:].reshape(windows, -1)


def build(inputs: int, hidden: list[int], batch: int | None = None) -> keras.Model:
    """A dense autoencoder with ReLU between its layers and a linear output."""
    first = keras.Input((inputs,), batch_size=batch, name="window")
    x = first
    for number, width in enumerate(hidden):
        x = keras.layers.Dense(width, activation="relu", name=f"dense_{number}")(x)
    return keras.Model(first, keras.layers.Dense(inputs, name="reconstruction")(x), name="ais_autoencoder")


def fit(model: keras.Model, pipeline: pipeline_mirror.Pipeline, reports: NDArray[np.float64], rng: Generator) -> None:
    """Trains `model` to return the sound window from a damaged one; other faults and roundings in every epoch."""
    weights = np.ones((pipeline.window, len(pipeline.features)), dtype=np.float32)
    weights[-1] = NEWEST_WEIGHT
    weights = tf.constant(weights.reshape(-1) / weights.mean())
    steps = _EPOCHS.value * (len(reports) // BATCH)
    model.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=lambda sound, guess: tf.reduce_mean(weights * tf.square(sound - guess), axis=-1),
    )
    for epoch in range(_EPOCHS.value):
        sound = faults.round_positions(reports, rng)
        damaged = faults.add_faults(sound, _FAULTS.value, rng)
        order = rng.permutation(len(reports))
        history = model.fit(
            window_features(pipeline, damaged)[order],
            window_features(pipeline, sound)[order],
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
        )
        if epoch % 10 == 9:
            logging.info("epoch %d: loss %.5f", epoch + 1, history.history["loss"][-1])


def convert(model: keras.Model, representative: NDArray[np.float32] | None) -> bytes:
    """The .tflite file: float32, or with representative inputs full-integer int8. One window per inference."""
    single = build(model.input_shape[1], [layer.units for layer in model.layers[1:-1]], batch=1)
    single.set_weights(model.get_weights())
    converter = tf.lite.TFLiteConverter.from_keras_model(single)
    if representative is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([row[None]] for row in representative)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
    return converter.convert()


def calibration(
    pipeline: pipeline_mirror.Pipeline, reports: NDArray[np.float64], rng: Generator
) -> NDArray[np.float32]:
    """Windows that fix the ranges of the int8 tensors; the faulty ones reach both ends of the input."""
    chosen = reports[rng.choice(len(reports), min(CALIBRATION_WINDOWS, len(reports)), replace=False)]
    return window_features(pipeline, faults.add_faults(faults.round_positions(chosen, rng), CALIBRATION_FAULTS, rng))


def threshold_at(scores: NDArray[np.float32], false_alarm_rate: float) -> float:
    """The score that `false_alarm_rate` of the scored rows exceed, to 4 significant digits."""
    return float(f"{np.nanquantile(scores, 1 - false_alarm_rate):.4g}")


def main(_: list[str]) -> None:
    try:
        train()
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
    except ValueError as error:
        sys.exit(f"error: {error}")


def train() -> None:
    """Reads, trains, converts, and writes."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(_SEED.value)
    rng = Generator(PCG64(_SEED.value))

    split = normal.read_split(paths.user_path(_NORMAL.value))
    pipeline = pipeline_mirror.parse(pipeline_document(_WINDOW.value, _STEPS.value, threshold=0.0))
    reports = normal.sound_windows(split.train, _WINDOW.value + 1).reports
    if len(reports) < BATCH:
        raise ValueError(f"{_NORMAL.value}: {len(reports)} windows to train on; at least {BATCH} are needed")
    logging.info("%d windows to train on", len(reports))

    model = build(_WINDOW.value * len(FEATURES), [int(width) for width in _HIDDEN.value])
    fit(model, pipeline, reports, rng)
    out = paths.user_path(_OUT.value)
    out.mkdir(parents=True, exist_ok=True)
    for name, representative in (("float32", None), ("int8", calibration(pipeline, reports, rng))):
        content = convert(model, representative)
        (out / f"ais_{name}.tflite").write_bytes(content)
        scores = network.score(pipeline, content, split.held_out)
        document = pipeline_document(_WINDOW.value, _STEPS.value, threshold_at(scores, FALSE_ALARM_RATE))
        (out / f"ais_{name}.json").write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        logging.info(
            "ais_%s.tflite: %d bytes, threshold %g on %d held-out rows",
            name,
            len(content),
            document["after"][-1]["above"],
            np.isfinite(scores).sum(),
        )


if __name__ == "__main__":
    app.run(main)

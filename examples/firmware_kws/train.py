r"""Trains the two networks on generated sounds and writes their .tflite files.

  python -m examples.firmware_kws.train --out=examples/firmware_kws/models

Takes some minutes. The result is deterministic: the same seed and package versions give the same files on one kind of
processor.
"""

import os
import pathlib
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

from examples.firmware_kws import clips, features

_OUT = flags.DEFINE_string("out", None, "Folder that the models go into.", required=True)
_SEED = flags.DEFINE_integer("seed", 20251120, "Seed of the sounds, of the weights and of the order.")
_CLIPS = flags.DEFINE_integer("clips", 2400, "Clips to train on.")
_EPOCHS = flags.DEFINE_integer("epochs", 50, "Passes over the clips.")

BATCH = 64
TEST_SHARE = 5
LEARNING_RATE = 3e-3
CALIBRATION = 500


def voice_network() -> keras.Model:
    """Fully connected: is there a voice in the newest of ten frames."""
    window = keras.Input((clips.VOICE_WINDOW, features.BANDS), batch_size=1, name="bands")
    x = keras.layers.Flatten()(window)
    x = keras.layers.Dense(16, activation="relu", name="hidden")(x)
    return keras.Model(window, keras.layers.Dense(2, name="silence_or_voice")(x), name="voice")


def word_network() -> keras.Model:
    """Depthwise-separable convolutions over time and bands, as in DS-CNN, and an average over what is left."""
    window = keras.Input((clips.WINDOW, features.BANDS, 1), batch_size=1, name="bands")
    x = keras.layers.Conv2D(16, (8, 4), strides=2, padding="same", activation="relu", name="conv")(window)
    for number, (width, stride) in enumerate(((24, 1), (32, 2), (32, 1))):
        x = keras.layers.DepthwiseConv2D(3, stride, padding="same", activation="relu", name=f"depthwise_{number}")(x)
        x = keras.layers.Conv2D(width, 1, activation="relu", name=f"pointwise_{number}")(x)
    x = keras.layers.AveragePooling2D((x.shape[1], x.shape[2]))(x)
    x = keras.layers.Flatten()(x)
    outputs = keras.layers.Dense(len(clips.LABELS), activation="softmax", name="word")(x)
    return keras.Model(window, outputs, name="words")


def as_input(frames: NDArray[np.int8], model: keras.Model) -> NDArray[np.float32]:
    return (frames / features.STEPS).astype(np.float32).reshape(-1, *model.input_shape[1:])


def fit(model: keras.Model, inputs: NDArray[np.int8], labels: NDArray[np.int64], from_logits: bool) -> None:
    """Trains a copy for any batch size and gives `model` its weights."""
    steps = _EPOCHS.value * (len(inputs) // BATCH)
    layers = keras.Sequential([keras.Input(model.input_shape[1:]), *model.layers[1:]])
    layers.compile(
        optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits),
        metrics=["accuracy"],
    )
    history = layers.fit(as_input(inputs, model), labels, batch_size=BATCH, epochs=_EPOCHS.value, verbose=0)
    logging.info("%s: training accuracy %.4f", model.name, history.history["accuracy"][-1])


def convert(model: keras.Model, inputs: NDArray[np.int8]) -> bytes:
    """The int8 .tflite file. Its input takes features as they are: the whole range of int8 is in the calibration."""
    ends = np.resize(np.array([-128, 127], dtype=np.int8), inputs[:1].shape)
    chosen = as_input(np.concatenate([ends, inputs[:CALIBRATION]]), model)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([row[None]] for row in chosen)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return converter.convert()


def accuracy(content: bytes, inputs: NDArray[np.int8], labels: NDArray[np.int64]) -> float:
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    right = 0
    for frames, label in zip(inputs, labels, strict=True):
        interpreter.set_tensor(source["index"], frames.reshape(source["shape"]))
        interpreter.invoke()
        right += int(interpreter.get_tensor(result["index"]).argmax() == label)
    return right / len(labels)


def main(_: list[str]) -> None:
    out = pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), _OUT.value)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(_SEED.value)
    rng = Generator(PCG64(_SEED.value))
    train, test = clips.make(_CLIPS.value, rng), clips.make(_CLIPS.value // TEST_SHARE, rng)
    logging.info("%d windows for voice, %d for words", len(train.voice), len(train.word))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for model, inputs, labels, test_inputs, test_labels in (
            (voice_network(), train.voice, train.is_voice, test.voice, test.is_voice),
            (word_network(), train.word, train.label, test.word, test.label),
        ):
            fit(model, inputs, labels, from_logits=model.name == "voice")
            content = convert(model, inputs)
            right = accuracy(content, test_inputs, test_labels)
            (out / f"{model.name}.tflite").write_bytes(content)
            logging.info("%s.tflite: %d bytes, right on %.4f of %d", model.name, len(content), right, len(test_labels))
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")


if __name__ == "__main__":
    app.run(main)

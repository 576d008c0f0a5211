"""The variants a model can be converted to, as one table: a new variant is a new row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Samples = Sequence[np.ndarray]
"""One array for each input of the network, of shape [samples, *shape of the input]."""


@dataclass(frozen=True)
class Variant:
    """How a network is represented in the .tflite file.

    summary: for the help text; needs_data: whether representative data must be given;
    configure: sets up a tf.lite.TFLiteConverter; `samples` is empty where needs_data is False.
    """

    summary: str
    needs_data: bool
    configure: Callable[[Any, Samples], None]


def _basic(converter: Any, samples: Samples) -> None:
    del converter, samples


def _int8_only(converter: Any, samples: Samples) -> None:
    # TensorFlow takes seconds to import: the table must be readable without it.
    import tensorflow as tf

    def batches() -> Iterator[list[np.ndarray]]:
        for index in range(len(samples[0])):
            yield [array[index : index + 1] for array in samples]

    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = batches
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8


VARIANTS = {
    "basic": Variant("float32 weights and activations, as trained", False, _basic),
    "int8_only": Variant("int8 weights, activations, inputs and outputs", True, _int8_only),
}

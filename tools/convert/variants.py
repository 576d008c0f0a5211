"""The variants a model can be converted to: what is done to its weights, and how numbers are represented.

A variant is written as its parts joined by `+`: any of the optimisations, then a representation, `basic` where none is
named: `int8_only`, `p_50`, `p_2:4+c_16+int8_only`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.convert.clustering import clustered
from tools.convert.pruning import Kernels, pruned_blocks, pruned_channels, pruned_layers, pruned_whole

Samples = Sequence[np.ndarray]
"""One array for each input of the network, of shape [samples, *shape of the input]."""

ACCEPTED = (
    "parts joined by +: p_PERCENT, p_PERCENT_layer, p_PERCENT_channel or p_N:M (pruning), c_COUNT (clustering), then "
    "one of basic, dynamic, float16, int8, int8_only, 16x8, 16x8_only"
)


@dataclass(frozen=True)
class Representation:
    """How numbers are represented in the .tflite file.

    needs_ranges: whether ranges of activations must be known: measured on representative data, or in the model itself.
    configure: sets up a tf.lite.TFLiteConverter; `samples` is empty where no ranges are to be measured.
    """

    summary: str
    needs_ranges: bool
    configure: Callable[[Any, Samples], None]


@dataclass(frozen=True)
class Variant:
    """optimisations: functions from the kernels of a model to new ones, in the order in which they are applied."""

    name: str
    optimisations: tuple[Callable[[Kernels], Kernels], ...]
    representation: Representation

    @property
    def needs_ranges(self) -> bool:
        return self.representation.needs_ranges


def _basic(converter: Any, samples: Samples) -> None:
    del converter, samples


def _dynamic(converter: Any, samples: Samples) -> None:
    import tensorflow as tf

    del samples
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def _float16(converter: Any, samples: Samples) -> None:
    import tensorflow as tf

    del samples
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def _integer(operators: str, ends: str) -> Callable[[Any, Samples], None]:
    """operators: of tf.lite.OpsSet. ends: type of inputs and outputs."""

    def configure(converter: Any, samples: Samples) -> None:
        # TensorFlow takes seconds to import: the table must be readable without it.
        import tensorflow as tf

        def batches() -> Iterator[list[np.ndarray]]:
            for index in range(len(samples[0])):
                yield [array[index : index + 1] for array in samples]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if samples:
            converter.representative_dataset = batches
            converter.target_spec.supported_ops = [getattr(tf.lite.OpsSet, operators)]
        converter.inference_input_type = converter.inference_output_type = getattr(tf, ends)

    return configure


_INT8 = "TFLITE_BUILTINS_INT8"
_INT16 = "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8"

REPRESENTATIONS = {
    "basic": Representation("float32 weights and activations, as trained", False, _basic),
    "dynamic": Representation("int8 weights, float32 activations that are quantised as they come", False, _dynamic),
    "float16": Representation("float16 weights, float32 activations", False, _float16),
    "int8": Representation(
        "int8 weights and activations, float32 inputs and outputs", True, _integer(_INT8, "float32")
    ),
    "int8_only": Representation("int8 weights, activations, inputs and outputs", True, _integer(_INT8, "int8")),
    "16x8": Representation(
        "int8 weights, int16 activations, float32 inputs and outputs", True, _integer(_INT16, "float32")
    ),
    "16x8_only": Representation("int8 weights, int16 activations, inputs and outputs", True, _integer(_INT16, "int16")),
}


class VariantError(ValueError):
    """Says what is wrong with the name of a variant, in the user's words."""


def variant_of(name: str) -> Variant:
    """The variant of a name. Raises VariantError."""
    *parts, last = name.split("+")
    if last not in REPRESENTATIONS:
        parts, last = [*parts, last], "basic"
    return Variant(name, tuple(_optimisation(part, name) for part in parts), REPRESENTATIONS[last])


def _optimisation(part: str, name: str) -> Callable[[Kernels], Kernels]:
    if found := re.fullmatch(r"p_(\d+)(_layer|_channel)?", part):
        percent = int(found[1])
        if not 1 <= percent <= 99:
            raise VariantError(f'"{name}": {percent} percent of the weights cannot be pruned (1 to 99)')
        prune = {None: pruned_whole, "_layer": pruned_layers, "_channel": pruned_channels}[found[2]]
        return lambda kernels: prune(kernels, percent / 100)
    if found := re.fullmatch(r"p_(\d+):(\d+)", part):
        kept, block = int(found[1]), int(found[2])
        if not 1 <= kept < block <= 64:
            raise VariantError(f'"{name}": {kept} of each {block} weights cannot be kept (1 <= N < M <= 64 in p_N:M)')
        return lambda kernels: pruned_blocks(kernels, kept, block)
    if found := re.fullmatch(r"c_(\d+)", part):
        count = int(found[1])
        if not 2 <= count <= 256:
            raise VariantError(f'"{name}": {count} clusters cannot be made (2 to 256)')
        return lambda kernels: clustered(kernels, count)
    raise VariantError(f'"{name}": "{part}" is not known; accepted: {ACCEPTED}')

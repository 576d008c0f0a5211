"""How far a converted network is from the float one: both run on the same inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.convert.representative import InputSpec

LARGEST = 100
"""Samples that are tried: the first ones."""


@dataclass(frozen=True)
class OutputError:
    """Differences of one output, in its own units.

    largest, mean: absolute. relative: mean over the range of the float network's values, as EdgeMark gives it; None
    where these are all the same. top_1: how often both have their largest element at the same place, None for single
    numbers.
    """

    name: str
    largest: float
    mean: float
    relative: float | None
    top_1: float | None


@dataclass(frozen=True)
class Evaluation:
    """Of a variant. bytes: of its .tflite file. zeros: share of weights that are zero."""

    variant: str
    bytes: int
    zeros: float
    outputs: tuple[OutputError, ...]

    @property
    def largest(self) -> float:
        return max(output.largest for output in self.outputs)

    @property
    def mean(self) -> float:
        return float(np.mean([output.mean for output in self.outputs]))

    @property
    def top_1(self) -> float | None:
        known = [output.top_1 for output in self.outputs if output.top_1 is not None]
        return min(known) if known else None


def run_tflite(model: bytes, samples: Sequence[np.ndarray], inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    """The outputs of a .tflite for a batch of real numbers, in real numbers; the network itself takes one at a time."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    # LiteRT's own kernels: XNNPACK takes no int16 and rounds some floats otherwise on other processors.
    interpreter = Interpreter(
        model_content=model,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        num_threads=1,
    )
    interpreter.allocate_tensors()
    # The converter keeps the order of the function's parameters, whose names it may decorate.
    ends = sorted(interpreter.get_input_details(), key=lambda end: end["index"])
    named = {end["name"].partition(":")[0]: end for end in ends}
    order = [named.get(spec.name, end) for spec, end in zip(inputs, ends, strict=True)]
    outputs = interpreter.get_output_details()
    made: list[list[np.ndarray]] = [[] for _ in outputs]
    for index in range(len(samples[0])):
        for end, array in zip(order, samples, strict=True):
            interpreter.set_tensor(end["index"], _stored(array[index : index + 1], end))
        interpreter.invoke()
        for values, end in zip(made, outputs, strict=True):
            values.append(_real(interpreter.get_tensor(end["index"]), end))
    return [np.concatenate(values) for values in made]


def _stored(values: np.ndarray, end: dict) -> np.ndarray:
    scale, zero_point = end["quantization"]
    if not scale:
        return values.astype(end["dtype"])
    limits = np.iinfo(end["dtype"])
    return np.clip(np.round(values / scale) + zero_point, limits.min, limits.max).astype(end["dtype"])


def _real(values: np.ndarray, end: dict) -> np.ndarray:
    scale, zero_point = end["quantization"]
    return (values.astype(np.float64) - zero_point) * scale if scale else values.astype(np.float64)


def errors(names: Sequence[str], found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> tuple[OutputError, ...]:
    """The differences of each output. found, wanted: [samples, ...], in real numbers."""
    return tuple(_error(name, f, w.astype(np.float64)) for name, f, w in zip(names, found, wanted, strict=True))


def _error(name: str, found: np.ndarray, wanted: np.ndarray) -> OutputError:
    difference = np.abs(found - wanted)
    spread = float(np.ptp(wanted))
    rows = wanted.reshape(len(wanted), -1)
    top_1 = None
    if rows.shape[1] > 1:
        top_1 = float((found.reshape(rows.shape).argmax(axis=1) == rows.argmax(axis=1)).mean())
    mean = float(difference.mean())
    return OutputError(name, float(difference.max()), mean, mean / spread if spread else None, top_1)

"""The detector's pre- and post-processing once more, in NumPy.

The compiled detector reads ``ais_*.json`` at build time and turns it into C. This module interprets the same file on
whole columns at once. Training takes its features from here, so that the network sees exactly what the C code will
feed it, and the tests hold the two implementations against each other. Only the operations that this example uses are
understood.
"""

import dataclasses
import json
import pathlib
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Network = Callable[[Float], Float]


@dataclasses.dataclass(frozen=True)
class Quantisation:
    """Affine int8 quantisation of a tensor: real = scale * (q - zero_point)."""

    scale: float
    zero_point: int

    def quantise(self, values: Float) -> NDArray[np.int8]:
        """Rounds half away from zero and saturates, as the C runner does."""
        scaled = values.astype(np.float32) / np.float32(self.scale)
        rounded = np.trunc(scaled + np.copysign(np.float32(0.5), scaled)) + self.zero_point
        return np.clip(rounded, -128, 127).astype(np.int8)

    def dequantise(self, values: NDArray[np.int8]) -> Float:
        return (values.astype(np.float32) - np.float32(self.zero_point)) * np.float32(self.scale)


@dataclasses.dataclass(frozen=True)
class Pipeline:
    """A pipeline file. `signals` and `after` keep the dictionaries of the JSON."""

    signals: tuple[Mapping[str, object], ...]
    features: tuple[str, ...]
    window: int
    after: tuple[Mapping[str, object], ...]

    @property
    def threshold(self) -> float:
        """Score above which a row is reported as an anomaly."""
        return float(next(step["above"] for step in self.after if step["op"] == "threshold"))

    @property
    def scored_steps(self) -> int:
        """How many of the newest rows of the window enter the score."""
        error = next(step for step in self.after if step["op"] == "reconstruction_error")
        return int(error.get("steps", self.window))


def read(path: str | pathlib.Path) -> Pipeline:
    """Reads a pipeline file; raises ValueError on an operation that this mirror does not know."""
    return parse(json.loads(pathlib.Path(path).read_text(encoding="utf-8")))


def parse(document: Mapping[str, object]) -> Pipeline:
    """Builds a Pipeline from the decoded JSON document."""
    unknown = sorted({str(signal["op"]) for signal in document["signals"]} - set(_SIGNALS))
    unknown += sorted({str(step["op"]) for step in document["after"]} - {"reconstruction_error", "threshold"})
    if unknown:
        raise ValueError(f"operations {', '.join(unknown)} are not mirrored; known: {', '.join(sorted(_SIGNALS))}")
    return Pipeline(
        signals=tuple(document["signals"]),
        features=tuple(document["features"]),
        window=int(document["window"]["length"]),
        after=tuple(document["after"]),
    )


def previous_rows(track: NDArray[np.int64]) -> NDArray[np.int64]:
    """For every row the index of the row before it in the same track, -1 for the first one.

    Args:
      track: [rows] track numbers; the rows of several tracks may be interleaved, each in order of time.
    """
    order = np.argsort(track, kind="stable")
    previous = np.full(len(track), -1, dtype=np.int64)
    same = track[order][1:] == track[order][:-1]
    previous[order[1:][same]] = order[:-1][same]
    return previous


def features(pipeline: Pipeline, columns: Mapping[str, NDArray[np.floating]], track: NDArray[np.int64]) -> Float:
    """Features of every row, [rows, features]; NaN where a difference has no earlier row to look back to."""
    values: dict[str, Float] = {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}
    previous = previous_rows(track)
    for signal in pipeline.signals:
        names = [signal["of"]] if isinstance(signal["of"], str) else list(signal["of"])
        operands = [values[name] for name in names]
        values[str(signal["name"])] = _SIGNALS[str(signal["op"])](signal, previous, *operands).astype(np.float32)
    return np.stack([values[name] for name in pipeline.features], axis=-1)


def window_rows(pipeline: Pipeline, table: Float, track: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row numbers of each full window, [windows, length], oldest first; a window ends at every row it can."""
    usable = ~np.isnan(table).any(axis=-1)
    before = previous_rows(track)
    rows = [np.flatnonzero(usable)]
    for _ in range(pipeline.window - 1):
        rows.append(np.where(rows[-1] >= 0, before[rows[-1]], -1))
    stacked = np.stack(rows[::-1], axis=-1)
    full = (stacked >= 0).all(axis=-1)
    full[full] = usable[stacked[full]].all(axis=-1)
    return stacked[full]


def score(
    pipeline: Pipeline,
    network: Network,
    columns: Mapping[str, NDArray[np.floating]],
    track: NDArray[np.int64],
    quantisation: Quantisation | None = None,
) -> Float:
    """Anomaly score of every row, [rows]; NaN for rows that no full window ends at.

    Args:
      pipeline: what to compute.
      network: maps [windows, length * features] to the reconstruction, both as real values.
      columns: the numeric columns that the pipeline names, [rows] each.
      track: [rows] number of the stream that a row belongs to.
      quantisation: of the network's input; the window holds quantised values when it is given.
    """
    table = features(pipeline, columns, track)
    rows = window_rows(pipeline, table, track)
    result = np.full(len(track), np.nan, dtype=np.float32)
    if len(rows) == 0:
        return result
    inputs = table[rows]
    if quantisation is not None:
        inputs = quantisation.dequantise(quantisation.quantise(inputs))
    outputs = network(inputs.reshape(len(rows), -1)).reshape(inputs.shape)
    result[rows[:, -1]] = reconstruction_error(pipeline, inputs, outputs)
    return result


def reconstruction_error(pipeline: Pipeline, inputs: Float, outputs: Float) -> Float:
    """Mean squared or absolute error over the newest `steps` rows of windows [windows, length, features]."""
    step = next(step for step in pipeline.after if step["op"] == "reconstruction_error")
    newest = (inputs - outputs)[:, -pipeline.scored_steps :]
    error = np.abs(newest) if step["metric"] == "mae" else np.square(newest)
    return error.mean(axis=(1, 2), dtype=np.float32)


def _difference(signal: Mapping[str, object], previous: NDArray[np.int64], x: Float) -> Float:
    change = np.where(previous >= 0, x - x[previous], np.float32(np.nan))
    if "wrap" in signal:
        turn = np.float32(signal["wrap"])
        change = change - turn * np.floor(change / turn + np.float32(0.5))
    return change


def _trigonometric(function: Callable[[Float], Float]) -> Callable[..., Float]:
    def apply(signal: Mapping[str, object], _: NDArray[np.int64], x: Float) -> Float:
        return function(x * np.float32(np.pi / 180) if signal.get("unit") == "degrees" else x)

    return apply


_SIGNALS: Mapping[str, Callable[..., Float]] = {
    "difference": _difference,
    "sin": _trigonometric(np.sin),
    "cos": _trigonometric(np.cos),
    "add": lambda signal, previous, x, y: x + y,
    "subtract": lambda signal, previous, x, y: x - y,
    "multiply": lambda signal, previous, x, y: x * y,
    "hypot": lambda signal, previous, x, y: np.hypot(x, y),
    "scale": lambda signal, previous, x: x * np.float32(signal["by"]) + np.float32(signal.get("offset", 0.0)),
    "standardise": lambda signal, previous, x: (x - np.float32(signal["mean"])) / np.float32(signal["std"]),
    "clip": lambda signal, previous, x: np.clip(x, np.float32(signal["min"]), np.float32(signal["max"])),
}

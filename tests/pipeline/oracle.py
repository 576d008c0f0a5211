"""What a pipeline file means, computed with NumPy from the file itself, as docs/pipeline.md says it.

Knows nothing of the compiler. Transcendental functions are those of the C library, called one by one in float32, so
that the generated code can be held to the same bits.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from collections.abc import Mapping, Sequence

import numpy as np

F = np.float32
_LIBM = ctypes.CDLL(ctypes.util.find_library("m"))
SMALLEST = F(1.17549435e-38)
RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def libm(name: str, *values: np.float32) -> np.float32:
    function = getattr(_LIBM, name)
    function.restype = ctypes.c_float
    function.argtypes = [ctypes.c_float] * len(values)
    return F(function(*(float(value) for value in values)))


class Scaling:
    """How a tensor stores real numbers."""

    def __init__(self, dtype: str, scale: float = 0.0, zero_point: int = 0) -> None:
        self.dtype, self.scale, self.zero_point = dtype, F(scale), zero_point

    def store(self, x: np.float32) -> float | int:
        if self.dtype == "float32":
            return x
        low, high = RANGES[self.dtype]
        quotient = float(x / self.scale)
        if math.isnan(quotient):
            return low
        if math.isinf(quotient):
            return low if quotient < 0 else high
        whole = math.floor(abs(quotient))
        rounded = whole + (abs(quotient) - whole >= 0.5)
        return int(min(max(math.copysign(rounded, quotient) + self.zero_point, low), high))

    def real(self, stored: np.ndarray) -> np.ndarray:
        if self.dtype == "float32":
            return stored.astype(F)
        return self.scale * (stored.astype(np.int64) - self.zero_point).astype(F)


def signal(entry: Mapping[str, object], now: Mapping[str, np.float32], before: Mapping[str, np.float32]) -> np.float32:
    """One signal of one row. before: all columns and signals of the row before."""
    op = entry["op"]
    names = entry["of"] if isinstance(entry["of"], list) else [entry["of"]]
    x = now[names[0]]
    other = now[names[-1]]
    number = {key: F(value) for key, value in entry.items() if isinstance(value, (int, float))}
    if op == "add":
        return x + other
    if op == "subtract":
        return x - other
    if op == "multiply":
        return x * other
    if op == "hypot":
        return libm("hypotf", x, other)
    if op == "scale":
        return x * number["by"] + number.get("offset", F(0))
    if op == "standardise":
        return (x - number["mean"]) * F(1 / float(number["std"]))
    if op == "min_max":
        return (x - number["min"]) * F(1 / (float(number["max"]) - float(number["min"])))
    if op == "clip":
        return number["min"] if x < number["min"] else number["max"] if x > number["max"] else x
    if op == "log":
        total = x + number.get("offset", F(0))
        return libm("logf", total if total > SMALLEST else SMALLEST)
    if op in ("sin", "cos"):
        return libm(f"{op}f", x * F(math.pi / 180) if entry["unit"] == "degrees" else x)
    assert op == "difference", op
    step = x - before[names[0]]
    if "wrap" not in entry or not math.isfinite(step):
        return step if "wrap" not in entry else F("nan")
    period = float(number["wrap"])
    exact = math.fmod(float(step), period)
    if exact >= period / 2:
        exact -= period
    if exact < -period / 2:
        exact += period
    return F(exact)


def rows_to_windows(pipeline: Mapping[str, object], rows: np.ndarray, scaling: Scaling) -> list[np.ndarray | None]:
    """The network's input after each row, None where no inference is due. rows: one column for each value."""
    signals = pipeline.get("signals", [])
    read = {*pipeline["features"]}
    for entry in signals:
        read.update(entry["of"] if isinstance(entry["of"], list) else [entry["of"]])
    values = [name for name in pipeline["columns"] if name in read]
    window = {"length": 1, "stride": 1, **pipeline.get("window", {})}
    before: dict[str, np.float32] = {}
    kept: list[list[float | int]] = []
    windows: list[np.ndarray | None] = []
    for row in rows:
        # A signal of the first rows that needs a row before them is not a number here, and neither is what it leads to.
        now = {name: F(value) for name, value in zip(values, row, strict=True)}
        missing = set()
        for entry in signals:
            names = entry["of"] if isinstance(entry["of"], list) else [entry["of"]]
            if set(names) & missing or (entry["op"] == "difference" and names[0] not in before):
                missing.add(entry["name"])
                now[entry["name"]] = F("nan")
            else:
                now[entry["name"]] = signal(entry, now, before)
        before = {name: value for name, value in now.items() if name not in missing}
        if missing:
            windows.append(None)
            continue
        kept.append([scaling.store(now[name]) for name in pipeline["features"]])
        extra = len(kept) - window["length"]
        due = extra >= 0 and extra % window["stride"] == 0
        newest = kept[-window["length"] :]
        windows.append(np.array(newest, dtype=scaling.dtype).ravel() if due else None)
    return windows


def network(shown: np.ndarray, outputs: Sequence[tuple[str, int]]) -> list[np.ndarray]:
    """The stand-in for a network that the harness describes."""
    made = []
    for k, (dtype, count) in enumerate(outputs):
        index = np.arange(count)
        given = shown[index % len(shown)]
        if dtype == "float32":
            made.append(F(0.75) * given.astype(F) + F(0.125) * index.astype(F) + F(k))
        else:
            made.append((3 * np.trunc(given).astype(np.int64) + 11 * index + 5 * k).astype(dtype))
    return made


def after(
    pipeline: Mapping[str, object],
    shown: np.ndarray,
    made: Sequence[np.ndarray],
    input_scaling: Scaling,
    output_scalings: Sequence[Scaling],
) -> dict[str, np.float32]:
    """The visible values by name."""
    known: dict[str, np.float32] = {}
    visible: dict[str, np.float32] = {}
    features = pipeline["features"]
    length = len(shown) // len(features)
    for entry in pipeline["after"]:
        name, op = entry["name"], entry["op"]
        stored = made[entry.get("output", 0)]
        real = output_scalings[entry.get("output", 0)].real(stored)
        labels = entry.get("labels")
        new: dict[str, np.float32] = {}
        if op == "dequantise":
            new = _name(name, real, None)
        elif op == "softmax":
            greatest = real[_first_greatest(stored)]
            terms = [libm("expf", x - greatest) for x in real]
            total = F(0)
            for term in terms:
                total = total + term
            new = _name(name, [term / total for term in terms], labels)
        elif op == "argmax":
            new = {name: F(_first_greatest(stored))}
        elif op == "threshold":
            new = {name: F(known[entry["of"]] > F(entry["above"]))}
        else:
            error = (real - input_scaling.real(shown)).reshape(length, len(features))
            error = error[length - entry.get("steps", length) :]
            error = error * error if entry["metric"] == "mse" else abs(error)
            columns = error.T if entry.get("per_feature") else [error.ravel()]
            means = []
            for column in columns:
                total = F(0)
                for x in column:
                    total = total + x
                means.append(total / F(len(column)))
            new = _name(name, means, features if entry.get("per_feature") else None)
        known.update(new)
        if not entry.get("hidden"):
            visible.update(new)
    return visible


def _first_greatest(stored: np.ndarray) -> int:
    best = 0
    for index, value in enumerate(stored):
        if value > stored[best]:
            best = index
    return best


def _name(name: str, values: Sequence[np.float32], suffixes: Sequence[str] | None) -> dict[str, np.float32]:
    if suffixes is None and len(values) == 1:
        return {name: values[0]}
    return {f"{name}_{suffix}": value for suffix, value in zip(suffixes or range(len(values)), values, strict=True)}

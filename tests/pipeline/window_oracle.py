"""What window features mean, with NumPy: its own functions where they give the bits, else float32 in a stated order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tests.pipeline.oracle import SMALLEST, F, Scaling, libm

WEIGHTS = {"none": None, "hann": (0.5, 0.5, 0), "hamming": (0.54, 0.46, 0), "blackman": (0.42, 0.5, 0.08)}


def circle(size: int) -> np.ndarray:
    """cos(2 pi k / size), k from 0 to size, each rounded once; quarters of a turn are exact."""
    cosines = np.cos(2 * np.pi * np.arange(size + 1) / size)
    cosines[np.abs(cosines) < 1e-12] = 0
    return cosines.astype(F)


def fft(z: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """The transform of n points by halves and quarters of them, float32[n, 2]: real and imaginary parts.

    cosines: of a circle of 2 n. By recursion, unlike the code, but each number comes of the same operations.
    """
    n = len(z)
    if n == 1:
        return z
    if n == 2:
        return np.stack([z[0] + z[1], z[0] - z[1]])
    size = len(cosines) - 1
    parts = [fft(z[r::4], cosines) for r in range(4)]
    turns = size // n * np.arange(n // 4)
    turned = [parts[0]]
    for r in (1, 2, 3):
        c, s = cosines[r * turns], cosines[np.abs(r * turns - size // 4)]
        real, imaginary = parts[r].T
        turned.append(np.stack([real * c + imaginary * s, imaginary * c - real * s], axis=1))
    a, b, c, d = turned
    ac, a_c, bd, b_d = a + c, a - c, b + d, b - d
    right = np.stack([b_d[:, 1], -b_d[:, 0]], axis=1)
    return np.concatenate([ac + bd, a_c + right, ac - bd, a_c - right])


def fft_magnitude(x: np.ndarray, window_function: str) -> np.ndarray:
    size, half = len(x), len(x) // 2
    cosines = circle(size)
    if weights := WEIGHTS[window_function]:
        i = np.minimum(np.arange(size), size - np.arange(size))
        a, b, c = (F(weight) for weight in weights)
        weight = a - b * cosines[i]
        x = x * (weight + c * cosines[2 * i] if c else weight)
    z = fft(x.reshape(-1, 2), cosines)
    first, last = z[0, 0] + z[0, 1], z[0, 0] - z[0, 1]
    k = np.arange(1, half)
    low, high = z[k], z[half - k]
    even = F(0.5) * np.stack([low[:, 0] + high[:, 0], low[:, 1] - high[:, 1]])
    odd = F(0.5) * np.stack([low[:, 1] + high[:, 1], high[:, 0] - low[:, 0]])
    c, s = cosines[k], cosines[np.abs(k - size // 4)]
    turned = np.stack([odd[0] * c + odd[1] * s, odd[1] * c - odd[0] * s])
    real, imaginary = even + turned
    return np.concatenate([[abs(first)], np.sqrt(real * real + imaginary * imaginary), [abs(last)]]).astype(F)


def statistic(entry: Mapping[str, object], x: np.ndarray) -> np.ndarray:
    of = {
        "percentile": lambda values: np.percentile(values, entry.get("q")),
        "energy": lambda values: np.sum(values * values),
        "std": np.std,
    }[entry["op"]]
    chosen = [x] if entry.get("whole", True) else []
    chosen += np.array_split(x, entry["parts"]) if "parts" in entry else []
    return np.array([of(values) for values in chosen])


def feature(entry: Mapping[str, object], x: np.ndarray) -> np.ndarray:
    """One window feature of a vector, float32."""
    op = entry["op"]
    if op == "fft_magnitude":
        return fft_magnitude(x, entry.get("window_function", "none"))
    if op == "log":
        total = np.maximum(x + F(entry.get("offset", 0)), SMALLEST)
        return np.array([libm("logf", value) for value in total], F)
    if op == "standardise":
        factors = (1 / np.array(entry["std"], F).astype(float)).astype(F)
        return (x - np.array(entry["mean"], F)) * factors
    if op == "slice":
        return x[entry.get("start", 0) :][: entry["length"]]
    made = statistic(entry, x)
    assert made.dtype == F
    return made


def inputs(pipeline: Mapping[str, object], rows: np.ndarray, scaling: Scaling) -> list[np.ndarray | None]:
    """The network's input after each row of a pipeline without signals, None where no inference is due."""
    columns = pipeline["columns"]
    window = {"length": 1, "stride": 1, **pipeline.get("window", {})}
    given = []
    for row in range(len(rows)):
        extra = row + 1 - window["length"]
        if extra < 0 or extra % window["stride"]:
            given.append(None)
            continue
        newest = rows[row + 1 - window["length"] : row + 1]
        known = {name: newest[:, i] for i, name in enumerate(columns)}
        for entry in pipeline["window_features"]:
            of = [entry["of"]] if isinstance(entry["of"], str) else entry["of"]
            source = known[of[0]] if len(of) == 1 else np.stack([known[name] for name in of], axis=1).ravel()
            known[entry["name"]] = feature(entry, source)
        values = np.concatenate([known[name] for name in pipeline["features"]])
        given.append(np.array([scaling.store(value) for value in values], scaling.dtype))
    return given

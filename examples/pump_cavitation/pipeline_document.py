"""The pipeline files of the two networks: from samples to features before them, from numbers to answers after them."""

from __future__ import annotations

from collections.abc import Sequence

from examples.pump_cavitation import pump

PARTS = 50
OFFSET = 1e-6
"""Added before a logarithm, so that silence has one; far below any magnitude of a sensor."""

STATISTICS = {
    "p90": {"op": "percentile", "q": 90},
    "energy": {"op": "energy"},
    "deviation": {"op": "std"},
}
BINS = pump.WINDOW // 2
"""Frequencies that the regressor sees: all but the last."""

Document = dict[str, object]


def svm(mean: Sequence[float], std: Sequence[float]) -> Document:
    """153 statistics of the spectrum, as logarithms, standardised; mean and std are in the order of `features`."""
    steps = [_spectrum()]
    features = []
    values = PARTS + 1
    for number, (name, statistic) in enumerate(STATISTICS.items()):
        mine = slice(number * values, (number + 1) * values)
        steps.append({"name": name, **statistic, "of": "spectrum", "parts": PARTS})
        steps.append({"name": f"log_{name}", "op": "log", "of": name, "offset": OFFSET})
        scaling = {"mean": _rounded(mean[mine]), "std": _rounded(std[mine])}
        steps.append({"name": f"scaled_{name}", "op": "standardise", "of": f"log_{name}", **scaling})
        features.append(f"scaled_{name}")
    after = [
        {"name": "margin", "op": "dequantise"},
        {"name": "cavitating", "op": "threshold", "of": "margin", "above": 0},
    ]
    return _document(steps, features, after)


def regressor(mean: float, std: float) -> Document:
    """2048 magnitudes of the spectrum, as logarithms, all scaled alike."""
    steps = [
        _spectrum(),
        {"name": "bins", "op": "slice", "of": "spectrum", "length": BINS},
        {"name": "log_bins", "op": "log", "of": "bins", "offset": OFFSET},
        {
            "name": "scaled_bins",
            "op": "standardise",
            "of": "log_bins",
            "mean": _rounded([mean])[0],
            "std": _rounded([std])[0],
        },
    ]
    after = [
        {"name": "sigma", "op": "dequantise"},
        {"name": "sound", "op": "threshold", "of": "sigma", "above": 0.5},
    ]
    return _document(steps, ["scaled_bins"], after)


def _spectrum() -> Document:
    return {"name": "spectrum", "op": "fft_magnitude", "of": "acceleration", "window_function": "hann"}


def _document(steps: list[Document], features: list[str], after: list[Document]) -> Document:
    return {
        "version": 1,
        "columns": ["recording", "acceleration"],
        "echo": ["recording"],
        "window": {"length": pump.WINDOW, "stride": pump.WINDOW},
        "window_features": steps,
        "features": features,
        "after": after,
    }


def _rounded(values: Sequence[float]) -> list[float]:
    """To six digits: as close as float32 holds them, within a digit."""
    return [float(f"{value:.6g}") for value in values]

"""The tables of the README, made from results.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {"svm": "linear SVM, float32", "cnn_int8": "CNN_4, int8", "cnn_float32": "CNN_4, float32"}
BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def all_of(results: Mapping[str, Any]) -> str:
    """Both tables, as Markdown."""
    quality = [_quality(name, results["quality"][key]) for key, name in NAMES.items()]
    costs = [_costs(name, results["cortex_m4"][key]) for key, name in NAMES.items() if key in results["cortex_m4"]]
    about = f"{results['windows']:,} windows of {results['recordings']} other recordings"
    first = _markdown(
        [about, "right", "right, CF not within 0.9 to 1.1", "mean error of sigma", "root mean square"], quality
    )
    head = ["Cortex-M4, for a window", "4,095 samples", "spectrum and features", "network", "flash", "RAM", "stack"]
    return f"{first}\n\n{_markdown(head, costs)}"


def inserted(readme: str, results: Mapping[str, Any]) -> str:
    """The README with its tables replaced.

    Raises:
      ValueError: when the README has no place for them.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the README has no lines {BEGIN} and {END} to put the tables between")
    return f"{before}{BEGIN}\n\n{all_of(results)}\n\n{END}{after}"


def _quality(name: str, values: Mapping[str, float]) -> list[str]:
    errors = [f"{values[key]:.3f}" if key in values else "" for key in ("mean_error", "rms_error")]
    return [name, f"{values['accuracy']:.1%}", f"{values['accuracy_clear']:.1%}", *errors]


def _costs(name: str, values: Mapping[str, int]) -> list[str]:
    counts = [f"{values[key]:,}" for key in ("samples", "features", "network")]
    return [name, *counts, *(f"{values[key]:,}" for key in ("flash", "ram", "stack"))]


def _markdown(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

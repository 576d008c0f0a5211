"""Prints what each variant costs the trained networks of the zoo, as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent
MODELS = ("digits", "vibration", "ais_tracks")
CLASSIFIERS = ("digits", "vibration")
"""Networks whose largest output is an answer."""


def report(model: str) -> dict[str, Mapping]:
    """The errors of a model's variants, by name, as their conversion reports them."""
    read = json.loads((FOLDER / f"{model}_variants_errors.json").read_text(encoding="utf-8"))
    return {variant["variant"]: variant for variant in read["variants"]}


def table(reports: Mapping[str, Mapping[str, Mapping]]) -> str:
    """A row for each variant, and columns for each model: mean difference as a share of the range of the float
    network's outputs, the largest difference, and for classifiers how often the answer is the same."""
    heads, rule = ["variant"], ["---"]
    for model in reports:
        columns = ["mean", "largest", *(["same answer"] if model in CLASSIFIERS else [])]
        heads += [f"{model}: {column}" for column in columns]
        rule += ["---:" for _ in columns]
    rows = [[variant, *_cells(reports, variant)] for variant in next(iter(reports.values()))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *rows))


def _cells(reports: Mapping[str, Mapping[str, Mapping]], variant: str) -> Sequence[str]:
    cells = []
    for model, found in reports.items():
        (output,) = found[variant]["outputs"]
        cells += [f"{100 * output['relative']:.2g}%", f"{output['largest']:.2g}"]
        if model in CLASSIFIERS:
            cells.append(f"{output['top_1']:.0%}")
    return cells


if __name__ == "__main__":
    print(table({model: report(model) for model in MODELS}))

"""What sni_benchmark_suite says of its targets: the labels of the cells, and of what they are compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.bench.suite.results import Key


@dataclass(frozen=True)
class Cell:
    """label: of its target, whose outputs lie in one folder. program: label of what it runs. sources: label of the
    network's C, where that is the same on all platforms."""

    key: Key
    label: str
    program: str
    sources: str | None

    @property
    def own_labels(self) -> tuple[str, str, str]:
        """The targets that are there for this cell alone, and for its likes on other platforms."""
        return self.label, self.program, f"{self.program}_model"


@dataclass(frozen=True)
class Plan:
    """name, target: of the suite. references: by model the label of the target that makes float.tflite, the float
    network, and ranges.tflite, from which inputs get their ranges, where there are such."""

    name: str
    target: str
    cells: tuple[Cell, ...]
    references: Mapping[str, str]

    @property
    def labels(self) -> list[str]:
        """Everything to build."""
        return [*(cell.label for cell in self.cells), *self.references.values()]


def read_plan(path: Path) -> Plan:
    """What the target of a suite makes, NAME.json."""
    read = json.loads(path.read_text(encoding="utf-8"))
    parts = ("model", "variant", "engine", "platform", "options")
    cells = (
        Cell(Key(*(cell[part] for part in parts)), cell["label"], cell["program"], cell["sources"])
        for cell in read["cells"]
    )
    return Plan(read["name"], read["target"], tuple(cells), read["references"])

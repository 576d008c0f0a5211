"""What the page's script shows on demand, as compact JSON: each text, each layer and each arena is in it once."""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence

from tools.bench.suite.results import Buffer, Figures, Layer, Results
from tools.report import wording
from tools.report.arena import handing_over, peak
from tools.report.layers import layer_name
from tools.report.table import KEYS, Row
from tools.svg.drawing import short_name


class _Pool:
    """Values in the order of their first appearance, and the number of each."""

    def __init__(self) -> None:
        self.numbers: dict[Hashable, int] = {}

    def number(self, value: Hashable) -> int:
        return self.numbers.setdefault(value, len(self.numbers))


def script_data(results: Results, rows: Sequence[Row]) -> str:
    """JSON that can stand in a script element.

    cells: for each cell its keys, sort values, and, if it was measured, [layers, arena, bytes of it, engine's version,
    SHA-256, command, notes]; layers as [kind, instructions, flash, ram], kinds as [name, operator, kernel,
    reason, MACs]; arenas as [layer with most bytes in use, [short name, name, offset, size, first, last, takes
    over, hands over]...]. Texts are
    numbers of `texts`.
    """
    texts, kinds, arenas = _Pool(), _Pool(), _Pool()

    def text(value: str) -> int:
        return texts.number(wording.clean(value))

    def kind(number: int, layer: Layer) -> int:
        words = (layer_name(number, layer), layer.operator, layer.kernel, layer.reason)
        return kinds.number((*map(text, words), layer.macs))

    def details(figures: Figures) -> list[object]:
        return [
            [[kind(n, layer), layer.instructions, layer.flash, layer.ram] for n, layer in enumerate(figures.layers)],
            arenas.number(figures.buffers),
            figures.arena,
            text(figures.engine_version),
            text(figures.program),
            text(figures.command),
            [text(note) for note in figures.notes],
        ]

    cells = [
        [
            [text(getattr(result.key, name)) for name in KEYS],
            list(row.values),
            details(result.figures) if result.figures else None,
        ]
        for result, row in zip(results.results, rows, strict=True)
    ]

    def arena(buffers: Sequence[Buffer]) -> list[object]:
        over = handing_over(buffers)
        lists = [
            [text(short_name(b.name)), text(b.name), b.offset, b.size, b.first, b.last, *map(int, o)]
            for b, o in zip(buffers, over, strict=True)
        ]
        return [peak(buffers), *lists]

    data = {
        "cells": cells,
        "kinds": list(kinds.numbers),
        "arenas": [arena(buffers) for buffers in arenas.numbers],
        "engines": wording.ENGINES,
        "texts": list(texts.numbers),
    }
    return in_script(json.dumps(_finite(data), separators=(",", ":")))


def in_script(text: str) -> str:
    """JSON without any character that ends a script element or begins a comment."""
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _finite(value: object) -> object:
    """JSON knows no infinity: null stands for it, and sorts as nothing."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    return value

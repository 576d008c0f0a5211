"""What each layer of a cell costs: instructions, flash and RAM as bars beside one another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Figures, Layer, Results
from tools.report import wording
from tools.report.summary import reference
from tools.svg.drawing import short_name


@dataclass(frozen=True)
class Bar:
    """text: the figure. share: of all layers together, as text. width: 0 to 100, of the longest bar of its column."""

    text: str
    share: str
    width: str


@dataclass(frozen=True)
class LayerRow:
    """A layer with a bar for each of MEASURES. name: empty where it says no more than number and operator."""

    number: int
    name: str
    layer: Layer
    bars: tuple[Bar, ...]


MEASURES: Sequence[tuple[str, Callable[[Layer], int | None]]] = (
    ("instructions", lambda layer: layer.instructions),
    ("flash, bytes", lambda layer: layer.flash),
    ("RAM, bytes", lambda layer: layer.ram),
)


def chosen(results: Results) -> int | None:
    """The cell that is shown first: the reference's with the most instructions among those that have layers, else the
    first with figures."""
    engine = reference(results)
    measured = [number for number, result in enumerate(results.results) if result.figures]
    told = [number for number in measured if results.results[number].figures.layers]
    ours = [number for number in told if results.results[number].key.engine == engine]
    best = max(ours, key=lambda number: results.results[number].figures.instructions or 0, default=None)
    return best if best is not None else next(iter(told or measured), None)


def layer_name(number: int, layer: Layer) -> str:
    """The telling part of a layer's name; of `3_conv_2d`, the third layer's and a CONV_2D, nothing."""
    return "" if layer.name.lower() == f"{number}_{layer.operator.lower()}" else short_name(layer.name)


def layer_rows(figures: Figures) -> tuple[LayerRow, ...]:
    """Bars of all layers, each scaled to the longest of its measure."""
    bars = []
    for _, of in MEASURES:
        values = [of(layer) for layer in figures.layers]
        most, total = max((v or 0 for v in values), default=0), sum(v or 0 for v in values)
        bars.append([_bar(value, most, total) for value in values])
    return tuple(
        LayerRow(number, layer_name(number, layer), layer, tuple(column[number] for column in bars))
        for number, layer in enumerate(figures.layers)
    )


def _bar(value: int | None, most: int, total: int) -> Bar:
    if value is None:
        return Bar(wording.NONE, "", "0")
    return Bar(
        wording.count(value),
        f"{(200 * value + total) // (2 * total)}%" if total else "",
        str((2000 * value + most) // (2 * most) / 10).removesuffix(".0") if most else "0",
    )

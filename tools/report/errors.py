"""How far each variant's outputs are from the float network's: a line for each variant, a point for each network."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Key, Results
from tools.report import wording
from tools.report.scatter import Mark, Point
from tools.report.summary import reference, values_of
from tools.svg.drawing import pixels

_ZERO, _START, _END = 2.5, 12.0, 96.0
"""Of the width, in percent: where errors of nothing stand, which have no place on a logarithmic axis, and the axis."""
_CAPTION, _TRACK, _BELOW, _BOTTOM = 20, 12, 6, 42
"""Of a variant's band, in pixels: its name, a track for each engine, the room below; below all bands, the axis."""
_LEAST = 1e-9
"""Errors below are shown as none at all."""


@dataclass(frozen=True)
class Line:
    """A variant: its band, its points, and where the reference's median is, if it has any.

    The picture is as wide as its page: along it, places are shares of that, in percent.
    """

    variant: str
    top: int
    bottom: int
    dots: tuple[Point, ...]
    median: str | None
    median_text: str


@dataclass(frozen=True)
class Chart:
    """zero: where errors of nothing stand. bottom: of the bands."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    zero: str
    bottom: int
    height: int


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis of errors between two powers of ten."""

    least: int
    largest: int

    @staticmethod
    def over(errors: Sequence[float]) -> _Axis:
        positive = [max(error, _LEAST) for error in errors if error > 0] or [1e-3]
        least = math.floor(math.log10(min(positive)))
        return _Axis(least, max(least + 1, math.ceil(math.log10(max(positive)))))

    def at(self, error: float) -> str:
        if error < 10.0**self.least:
            return f"{_ZERO}%"
        share = (math.log10(error) - self.least) / (self.largest - self.least)
        return f"{pixels(_START + share * (_END - _START))}%"

    def marks(self) -> tuple[Mark, ...]:
        exponents = range(self.least, self.largest + 1)
        # On a phone there is room for about six.
        chosen = exponents[:: math.ceil(len(exponents) / 6)]
        return (Mark(self.at(0), "0"), *(Mark(self.at(10.0**e), f"{100 * 10.0**e:g}%") for e in chosen))


def chart(results: Results) -> Chart | None:
    """None where no cell has an error."""
    found = _errors(results)
    if not found:
        return None
    axis = _Axis.over([error for *_, error in found])
    variants = [name for name in values_of(results, "variant") if any(key.variant == name for _, key, _ in found)]
    engines = [name for name in values_of(results, "engine") if any(key.engine == name for _, key, _ in found)]
    height = _CAPTION + _TRACK * len(engines) + _BELOW

    def line(variant: str, top: int) -> Line:
        own = [(number, key, error) for number, key, error in found if key.variant == variant]
        tracks = {name: pixels(top + _CAPTION + (number + 0.5) * _TRACK) for number, name in enumerate(engines)}
        numbers = values_of(results, "engine")
        dots = tuple(
            Point(number, axis.at(error), tracks[key.engine], numbers.index(key.engine), _title(key, error))
            for number, key, error in own
        )
        errors = [error for _, key, error in own if key.engine == reference(results)]
        median = statistics.median(errors) if errors else None
        text = "" if median is None else f"median {wording.percent(median)}"
        return Line(variant, top, top + height, dots, None if median is None else axis.at(median), text)

    lines = tuple(line(variant, row * height) for row, variant in enumerate(variants))
    bottom = len(lines) * height
    return Chart(lines, axis.marks(), axis.at(0), bottom, bottom + _BOTTOM)


def _errors(results: Results) -> Sequence[tuple[int, Key, float]]:
    """The share of the range of each cell that has one; of what is the same on several platforms, the first cell."""
    found: dict[tuple[str, str, str, float], tuple[int, Key]] = {}
    for number, result in enumerate(results.results):
        if result.figures and result.figures.error and math.isfinite(result.figures.error.of_range):
            key, error = result.key, result.figures.error.of_range
            found.setdefault((key.model, key.variant, key.engine, error), (number, key))
    return [(number, key, same[3]) for same, (number, key) in found.items()]


def _title(key: Key, error: float) -> str:
    return (
        f"{key.model} {key.variant}, {wording.engine(key.engine)}: {wording.percent(error)} of the range of its outputs"
    )


@dataclass(frozen=True)
class Matrix:
    """The reference's errors: a row for each network, a column for each variant. texts: as shown."""

    variants: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def matrix(results: Results) -> Matrix:
    """Of the reference's first cell of each network and variant that has an error."""
    found: dict[tuple[str, str], str] = {}
    for result in results.results:
        if result.key.engine == reference(results) and result.figures and result.figures.error:
            error = result.figures.error
            agree = "" if error.top1 is None else f" · {wording.percent(error.top1)}"
            found.setdefault((result.key.model, result.key.variant), f"{wording.percent(error.of_range)}{agree}")
    variants = tuple(name for name in values_of(results, "variant") if any(v == name for _, v in found))
    models = [name for name in values_of(results, "model") if any(m == name for m, _ in found)]
    return Matrix(
        variants,
        tuple((model, tuple(found.get((model, v), wording.NONE) for v in variants)) for model in models),
    )

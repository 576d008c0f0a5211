"""How far each variant's outputs are from the float network's: a line for each variant, a point for each network."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Key, Results
from tools.report import wording
from tools.report.scatter import Mark
from tools.report.summary import reference, values_of
from tools.svg.drawing import pixels

WIDTH = 720
_LEFT, _ZERO, _RIGHT, _TOP, _ROW, _BOTTOM = 128, 56, 18, 8, 44, 42
"""_ZERO: width of the strip for errors of nothing, which have no place on a logarithmic axis."""
_LEAST = 1e-9
"""Errors below are shown as none at all."""


@dataclass(frozen=True)
class Dot:
    """A cell: its number among all of the results, its place, its engine's number, what it is in words."""

    cell: int
    x: str
    y: str
    engine: int
    title: str


@dataclass(frozen=True)
class Line:
    """A variant: where it stands, its points, and where the reference's median is, if it has any."""

    variant: str
    y: str
    dots: tuple[Dot, ...]
    median: str | None
    median_text: str


@dataclass(frozen=True)
class Chart:
    """zero: the middle of the strip for errors of nothing."""

    lines: tuple[Line, ...]
    marks: tuple[Mark, ...]
    zero: str
    bottom: int
    height: int
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    width: int = WIDTH


def chart(results: Results) -> Chart | None:
    """None where no cell has an error."""
    found = _errors(results)
    if not found:
        return None
    variants = [name for name in values_of(results, "variant") if any(key.variant == name for _, key, _ in found)]
    positive = [error for *_, error in found if error > 0]
    least = max(_LEAST, 10.0 ** math.floor(math.log10(min(positive, default=1e-3))))
    largest = max(10.0 ** math.ceil(math.log10(max(positive, default=1e-3))), 10 * least)
    start = _LEFT + _ZERO

    def x(error: float) -> float:
        if error < least:
            return _LEFT + _ZERO / 2
        share = math.log(error / least) / math.log(largest / least)
        return start + 6 + share * (WIDTH - _RIGHT - start - 12)

    engines, ours = values_of(results, "engine"), reference(results)

    def beside(row: int, engine: str) -> float:
        """Engines lie one below the other on a variant's line, to be told apart."""
        return _TOP + (row + 0.5 + 0.6 * ((engines.index(engine) + 0.5) / len(engines) - 0.5)) * _ROW

    lines = []
    for row, variant in enumerate(variants):
        y = pixels(_TOP + (row + 0.5) * _ROW)
        own = [(number, key, error) for number, key, error in found if key.variant == variant]
        dots = tuple(
            Dot(
                number, pixels(x(error)), pixels(beside(row, key.engine)), engines.index(key.engine), _title(key, error)
            )
            for number, key, error in own
        )
        errors = [error for _, key, error in own if key.engine == ours]
        median = statistics.median(errors) if errors else None
        text = "" if median is None else f"median {wording.percent(median)}"
        lines.append(Line(variant, y, dots, None if median is None else pixels(x(median)), text))
    exponents = range(round(math.log10(least)), round(math.log10(largest)) + 1)
    every = max(1, math.ceil(len(exponents) / 8))
    marks = tuple(Mark(pixels(x(10.0**e)), wording.percent(10.0**e)) for e in exponents[::every])
    bottom = _TOP + len(variants) * _ROW
    return Chart(tuple(lines), marks, pixels(_LEFT + _ZERO / 2), bottom, bottom + _BOTTOM)


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

"""Time against flash: a panel for each platform, a point for each cell, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Figures, Key, Results
from tools.report import wording
from tools.report.summary import reference, values_of
from tools.svg.drawing import log_ticks, pixels

WIDTH, HEIGHT = 400, 320
_LEFT, _TOP, _RIGHT, _BOTTOM = 52, 12, 14, 44

_SHAPES = (
    "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "M-4-4h8v8h-8z",
    "M0-5.2L5 3.8H-5z",
    "M0-5.6L5.6 0L0 5.6L-5.6 0z",
    "M-5-1.6h3.4V-5h3.2v3.4H5v3.2H1.6V5h-3.2V1.6H-5z",
)
"""Circle, square, triangle, diamond, cross: of the first engine, the second, ..."""


def shape(number: int) -> str:
    """The path of an engine's mark, about the origin."""
    return _SHAPES[number % len(_SHAPES)]


@dataclass(frozen=True)
class Mark:
    """A mark of an axis: where, in pixels, and what it says."""

    at: str
    text: str


@dataclass(frozen=True)
class Point:
    """A cell: its number among all of the results, its place, its engine's number, and what it is in words."""

    cell: int
    x: str
    y: str
    engine: int
    title: str


@dataclass(frozen=True)
class Panel:
    """links: paths from the reference's cell to each other engine's of the same network."""

    platform: str
    points: tuple[Point, ...]
    links: tuple[str, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]
    left: int = _LEFT
    top: int = _TOP
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class _Axis:
    """A logarithmic axis between two pixels, with a little room at both ends."""

    least: float
    largest: float
    start: float
    end: float

    @staticmethod
    def over(values: Sequence[int], start: float, end: float) -> _Axis:
        room = max(1.25, (max(values) / min(values)) ** 0.06)
        return _Axis(min(values) / room, max(values) * room, start, end)

    def at(self, value: float) -> float:
        share = math.log(value / self.least) / math.log(self.largest / self.least)
        return self.start + share * (self.end - self.start)

    def marks(self) -> tuple[Mark, ...]:
        return tuple(
            Mark(pixels(self.at(value)), wording.short(value)) for value in log_ticks(self.least, self.largest)
        )


def panels(results: Results) -> tuple[Panel, ...]:
    """A panel for each platform where anything was counted."""
    found = (_panel(results, platform) for platform in values_of(results, "platform"))
    return tuple(panel for panel in found if panel)


def _panel(results: Results, platform: str) -> Panel | None:
    cells = [
        (number, result.key, result.figures)
        for number, result in enumerate(results.results)
        if result.key.platform == platform and result.figures and result.figures.instructions and result.figures.flash
    ]
    if not cells:
        return None
    across = _Axis.over([figures.flash for *_, figures in cells], _LEFT, WIDTH - _RIGHT)
    up = _Axis.over([figures.instructions or 0 for *_, figures in cells], HEIGHT - _BOTTOM, _TOP)
    engines = values_of(results, "engine")
    places = {
        key: (pixels(across.at(figures.flash)), pixels(up.at(figures.instructions or 1))) for _, key, figures in cells
    }
    points = tuple(
        Point(number, *places[key], engines.index(key.engine), _title(key, figures)) for number, key, figures in cells
    )
    ours = {_network(key): place for key, place in places.items() if key.engine == reference(results)}
    links = tuple(
        f"M{ours[_network(key)][0]} {ours[_network(key)][1]}L{place[0]} {place[1]}"
        for key, place in places.items()
        if key.engine != reference(results) and _network(key) in ours
    )
    return Panel(platform, points, links, across.marks(), up.marks())


def _network(key: Key) -> tuple[str, str, str]:
    return key.model, key.variant, key.options


def _title(key: Key, figures: Figures) -> str:
    return (
        f"{key.model} {key.variant}, {wording.engine(key.engine)} {key.options}: "
        f"{wording.count(figures.instructions)} instructions, {wording.count(figures.flash)} bytes of flash"
    )

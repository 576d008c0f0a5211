"""The arena of a cell: layers from left to right, bytes from the bottom up, a box for each buffer while it lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Buffer, Figures
from tools.report import wording
from tools.svg.drawing import pixels, short_name, ticks

WIDTH, HEIGHT = 960, 380
LEFT, TOP, RIGHT, BOTTOM = 64, 14, 10, 40
CHARACTER, LINE = 6.2, 13
"""Width of an average character and height of a line of a label, in pixels."""


@dataclass(frozen=True)
class Box:
    """A buffer in pixels from the top left corner. label: empty where there is no room."""

    x: str
    y: str
    width: str
    height: str
    label: str
    label_x: str
    label_y: str
    title: str


@dataclass(frozen=True)
class Map:
    """grid: offsets in bytes with their y. steps: layers with the middle of their columns. peak_x, peak_width: the
    column of the layer at which most bytes are in use."""

    boxes: tuple[Box, ...]
    grid: tuple[tuple[str, str], ...]
    steps: tuple[tuple[str, int], ...]
    peak: int
    peak_x: str
    peak_width: str


def in_use(buffers: Sequence[Buffer], layer: int) -> int:
    """Bytes of the arena that belong to any buffer alive at a layer; what several share counts once."""
    used = end = 0
    for start, stop in sorted((b.offset, b.offset + b.size) for b in buffers if b.first <= layer <= b.last):
        used += max(0, stop - max(start, end))
        end = max(end, stop)
    return used


def peak(buffers: Sequence[Buffer]) -> int:
    """The first layer at which most bytes are in use."""
    # Nothing begins to be used but where a buffer begins.
    return max(sorted({b.first for b in buffers}), key=lambda layer: in_use(buffers, layer), default=0)


def handing_over(buffers: Sequence[Buffer]) -> list[tuple[bool, bool]]:
    """For each buffer: whether, in its first layer, it is written over one that ends there; and whether, in its last,
    one that begins there is written over it."""

    def share(a: Buffer, b: Buffer) -> bool:
        return a is not b and a.offset < b.offset + b.size and b.offset < a.offset + a.size

    return [
        (
            any(a.last == b.first and a.first < b.last and share(a, b) for a in buffers),
            any(b.last == c.first and b.first < c.last and share(b, c) for c in buffers),
        )
        for b in buffers
    ]


def arena_map(figures: Figures) -> Map | None:
    """None for a cell whose buffers are not known."""
    if not figures.buffers:
        return None
    first, last = min(b.first for b in figures.buffers), max(b.last for b in figures.buffers)
    height = max(1, figures.arena, *(b.offset + b.size for b in figures.buffers))
    step, scale = (WIDTH - LEFT - RIGHT) / (last - first + 1), (HEIGHT - TOP - BOTTOM) / height
    # Small ones last, so that none is hidden behind a larger one that it shares its place with.
    told = zip(figures.buffers, handing_over(figures.buffers), strict=True)
    ordered = sorted(told, key=lambda pair: -pair[0].size * (pair[0].last - pair[0].first + 1))
    every = max(1, -int(-26 // step))
    highest = peak(figures.buffers)
    return Map(
        tuple(_box(buffer, over, first, step, scale) for buffer, over in ordered),
        tuple((pixels(HEIGHT - BOTTOM - value * scale), wording.count(value)) for value in ticks(height)),
        tuple((pixels(LEFT + (n - first + 0.5) * step), n) for n in range(first, last + 1) if (n - first) % every == 0),
        highest,
        pixels(LEFT + (highest - first) * step),
        pixels(step),
    )


def _box(buffer: Buffer, over: tuple[bool, bool], first: int, step: float, scale: float) -> Box:
    # What is written over what it is made from takes its place in the middle of the layer.
    start, end = buffer.first - first + 0.5 * over[0], buffer.last - first + 1 - 0.5 * over[1]
    width, height = (end - start) * step, max(1.5, buffer.size * scale)
    x, bottom = LEFT + start * step, HEIGHT - BOTTOM - buffer.offset * scale
    name = short_name(buffer.name)
    columns = int((width - 8) / CHARACTER)
    fits = columns >= min(5, len(name)) and height >= LINE
    label = (name if len(name) <= columns else f"{name[: columns - 1]}…") if fits else ""
    return Box(
        pixels(x),
        pixels(bottom - height),
        pixels(width),
        pixels(height),
        label,
        pixels(x + width / 2),
        pixels(bottom - height / 2 + 4),
        title(buffer),
    )


def title(buffer: Buffer) -> str:
    """A buffer in words."""
    alive = f"layer {buffer.first}" if buffer.first == buffer.last else f"layers {buffer.first} to {buffer.last}"
    end = wording.count(buffer.offset + buffer.size)
    return f"{buffer.name}: {wording.count(buffer.size)} bytes, {wording.count(buffer.offset)} to {end}; {alive}"

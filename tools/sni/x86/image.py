"""An image as the kernels see it: unsigned bytes, with as much of the zero point around it as windows reach beyond."""

from __future__ import annotations

from dataclasses import dataclass

from tools.sni.windows import Axis, Window, reach


@dataclass(frozen=True)
class Image:
    """rows: lines of `run` bytes each. above, below: lines of `fill`. before, behind: bytes of it around each line."""

    rows: int
    run: int
    above: int
    below: int
    before: int
    behind: int
    fill: int

    @property
    def bytes(self) -> int:
        return (self.above + self.rows + self.below) * (self.before + self.run + self.behind)


def image_of(window: Window, zero_point: int) -> Image:
    """The image of a layer's window; one line where no window leaves it sideways."""
    y, x, channels = window.y, window.x, window.channels
    before, after, run = x.before * channels, behind(x) * channels, x.input * channels
    if before or after:
        return Image(y.input, run, y.before, behind(y), before, after, zero_point + 128)
    pads = y.before * run, behind(y) * run
    return Image(1, y.input * run, 0, 0, *pads, zero_point + 128)


def line_bytes(window: Window) -> int:
    """Of the image, from one line to the next."""
    return (window.x.before + window.x.input + behind(window.x)) * window.channels


def behind(axis: Axis) -> int:
    """Pixels that the last window reaches beyond the input."""
    return max(0, (axis.output - 1) * axis.stride + reach(axis.taps, axis.dilation) - axis.before - axis.input)


def segments_of(window: Window) -> tuple[tuple[int, ...], int]:
    """The pieces of the image that the first window sees: where they begin, and how long each is, in bytes."""
    y, x, channels = window.y, window.x, window.channels
    pitch = line_bytes(window)
    lines = [tap * y.dilation * pitch for tap in range(y.taps)]
    if x.dilation > 1 and x.taps > 1:
        return tuple(line + tap * x.dilation * channels for line in lines for tap in range(x.taps)), channels
    run = x.taps * channels
    if y.dilation == 1 and run == pitch:
        return (0,), y.taps * run
    return tuple(lines), run

"""Windows that slide over images: what convolutions and poolings share, whatever they do with what a window shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tools.sni.operators import Layer

PADDINGS = ("SAME", "VALID", "EXPLICIT")
"""EXPLICIT stands in no file: passes/fold_padding.py makes it, with attributes that say how much lies on each side."""


@dataclass(frozen=True)
class Axis:
    """One direction in which a window slides; all sizes in pixels.

    taps: pixels that the window sees, `dilation` apart. before: how far the first window reaches in front of the input.
    """

    input: int
    output: int
    taps: int
    stride: int
    dilation: int
    before: int

    @property
    def clipped(self) -> bool:
        """Whether any window reaches beyond the input, on either side."""
        return self.before > 0 or (self.output - 1) * self.stride + reach(self.taps, self.dilation) > self.input

    @property
    def is_plain(self) -> bool:
        """Whether there is no dilation, and each window shows a pixel of the input at least."""
        last = (self.output - 1) * self.stride - self.before
        return self.dilation == 1 and self.before < self.taps and last < self.input


@dataclass(frozen=True)
class Window:
    """A window over images [batches, rows, columns, channels]. y: over rows. x: over columns."""

    y: Axis
    x: Axis
    batches: int
    channels: int

    @property
    def clipped(self) -> bool:
        return self.y.clipped or self.x.clipped

    @property
    def is_plain(self) -> bool:
        return self.y.is_plain and self.x.is_plain

    @property
    def taps(self) -> int:
        return self.y.taps * self.x.taps

    @property
    def positions(self) -> int:
        """Of the window, on all images."""
        return self.batches * self.y.output * self.x.output

    @property
    def image(self) -> int:
        """Elements of one image."""
        return self.y.input * self.x.input * self.channels

    @property
    def helpers(self) -> tuple[str, ...]:
        """What the loops of ops/windows.j2 call."""
        return ("first_tap", "end_tap") if self.clipped else ()


def reach(taps: int, dilation: int) -> int:
    """Pixels from a window's first tap to its last, both included."""
    return (taps - 1) * dilation + 1


def same_or_valid(padding: str, size: int, taps: int, stride: int, dilation: int = 1) -> Axis:
    """The axis that TFLite's two paddings mean; the larger half of an odd one comes behind. VALID may give no output.

    Formulas: TensorFlow's GetWindowedOutputSize.
    """
    span = reach(taps, dilation)
    output = -(-size // stride) if padding == "SAME" else max(0, (size - span) // stride + 1)
    before = max(0, (output - 1) * stride + span - size) // 2
    return Axis(size, output, taps, stride, dilation, before)


def padded(size: int, around: tuple[int, int], taps: int, stride: int, dilation: int = 1) -> Axis:
    """The axis with as many pixels before and behind the input as `around` says, all of which windows may cover."""
    before, behind = around
    output = max(0, (size + before + behind - reach(taps, dilation)) // stride + 1)
    return Axis(size, output, taps, stride, dilation, before)


def window_of(layer: Layer, taps: tuple[int, ...]) -> Window:
    """The window of a layer whose attributes are strides, dilations and padding. taps: its rows and columns."""
    batches, rows, columns, channels = layer.input.shape
    padding = str(layer.attribute("padding", "SAME"))
    if padding == "EXPLICIT":
        top, bottom, left, right = (int(layer.attribute(f"pad_{s}", 0)) for s in ("top", "bottom", "left", "right"))
        y = padded(rows, (top, bottom), taps[0], *_steps(layer, "h"))
        x = padded(columns, (left, right), taps[1], *_steps(layer, "w"))
    else:
        y = same_or_valid(padding, rows, taps[0], *_steps(layer, "h"))
        x = same_or_valid(padding, columns, taps[1], *_steps(layer, "w"))
    return Window(y, x, batches, channels)


def _steps(layer: Layer, direction: str) -> tuple[int, int]:
    """Stride and dilation."""
    return int(layer.attribute(f"stride_{direction}", 1)), int(layer.attribute(f"dilation_{direction}_factor", 1))


def merged(window: Window) -> tuple[Window, int]:
    """The window with taps that lie side by side in memory taken as one, and how many elements such a tap has."""
    y, x = window.y, window.x
    if x.clipped or x.dilation > 1:
        return window, window.channels
    run = x.taps * window.channels
    if x.taps < x.input or y.clipped or y.dilation > 1:
        return replace(window, x=replace(x, taps=1)), run
    return replace(window, x=replace(x, taps=1), y=replace(y, taps=1)), y.taps * run


def lines_up(window: Window) -> bool:
    """Whether each window is one piece of memory and the next one begins where it ends, from the first element on."""
    one, run = merged(window)
    y, x = window.y, window.x
    return (
        one.taps == 1
        and not window.clipped
        and (x.output == 1 or x.stride * window.channels == run)
        and (y.output == 1 or y.stride * x.input * window.channels == x.output * run)
        and (window.batches == 1 or window.image == y.output * x.output * run)
    )


def window_problems(layer: Layer, taps: tuple[int, int], channels: int) -> Iterator[str]:
    """The window must fit, and the output must have the shape it makes. channels: of the output."""
    x, y = layer.input, layer.output
    padding = layer.attribute("padding", "SAME")
    (stride_h, dilation_h), (stride_w, dilation_w) = _steps(layer, "h"), _steps(layer, "w")
    if len(x.shape) != 4 or not x.elements:
        yield f"needs an input of shape [batches, rows, columns, channels]; it is {x}"
    elif padding not in PADDINGS:
        yield f"has padding {padding}; accepted: {', '.join(PADDINGS)}"
    elif min(*taps, stride_h, stride_w, dilation_h, dilation_w) < 1:
        yield (
            f"has a window of {taps[0]} x {taps[1]} with strides {stride_h} and {stride_w}, dilations {dilation_h} and "
            f"{dilation_w}; all must be positive"
        )
    else:
        window = window_of(layer, taps)
        made = (window.batches, window.y.output, window.x.output, channels)
        if not window.positions:
            yield f"has a window of {taps[0]} x {taps[1]} that does not fit into {x}"
        elif y.shape != made:
            yield f"makes {list(made)}; its output is {y}"

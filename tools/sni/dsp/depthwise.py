"""DEPTHWISE_CONV_2D of int8: which of three kernels a layer gets, and the tables they read.

* `3x3`: stride 1, output as wide as the input. A channel's image is brought to a plane of int16, in which neighbours
  along a line are the halves of a word.
* `line`: a window along a line, stride 1, over images that are one line: the same with a plane of one line.
* `window`: whatever else has channels by fours: the taps of four channels at a time, without a plane.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.packing import words
from tools.sni.dsp.products import scaling_of_layer
from tools.sni.dsp.scaling import Scaling
from tools.sni.ir import DType
from tools.sni.memory.overlap import channel_overlap, window_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Axis, Window


@dataclass(frozen=True)
class Plane:
    """A window of stride 1 as sni_dsp_plane has it: along `element` from neighbour to neighbour, across `line`.

    transposed: lines are the image's columns. taps: pairs of them, for a window along a line.
    """

    line: Axis
    element: Axis
    channels: int
    columns: int
    transposed: bool
    taps: int = 0

    @property
    def pitch(self) -> int:
        """Elements of a line, even: as many as pairs of outputs look at."""
        seen = self.element.output + self.element.taps - 1
        behind = self.element.before + self.element.input
        last = (self.element.output - 1) // 2 * 2 + 2 * self.taps
        return -(-max(seen, behind, last) // 2) * 2

    @property
    def lines(self) -> int:
        return max(self.line.output + self.line.taps - 1, self.line.before + self.line.input)

    @property
    def steps(self) -> tuple[int, int]:
        """Bytes from element to element, and from line to line, in images of this plane's columns."""
        column, row = self.channels, self.channels * self.columns
        return (row, column) if self.transposed else (column, row)


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """matrix: weights [channel, tap]. None where the sums do not fit, or no kernel is made for the window."""
    y, x = window.y, window.x
    if window.batches > 1 or y.dilation > 1 or x.dilation > 1:
        return None
    scaling, clamp = scaling_of_layer(layer, matrix, layer.optional(2))
    if scaling is None:
        return None
    weights = np.where(scaling.constant[:, None], 0, matrix).astype(np.int64)
    common = _Common(layer, window, scaling, clamp, weights)
    slow = y.stride == x.stride == 1
    # One step leads from line to line of the image and of the output, so that both must have as many columns.
    if slow and (y.taps, x.taps) == (3, 3) and x.output == x.input:
        return _three_by_three(common)
    if slow and x.taps == x.input == x.output == 1:
        return _line(common, Plane(x, y, window.channels, 1, transposed=True, taps=_pairs(y.taps)))
    if slow and y.taps == y.input == y.output == 1:
        return _line(common, Plane(y, x, window.channels, x.input, transposed=False, taps=_pairs(x.taps)))
    return _window(common) if window.channels % 4 == 0 else None


@dataclass(frozen=True)
class _Common:
    layer: Layer
    window: Window
    scaling: Scaling
    clamp: tuple[int, int]
    weights: np.ndarray

    @property
    def suffix(self) -> str:
        clamped = "" if self.clamp == DType.INT8.bounds else "__clamped"
        return ("__signed" if self.scaling.signed else "") + clamped

    @property
    def rows(self) -> np.ndarray:
        """[channel][factor, addend]."""
        return np.stack([self.scaling.factors, self.scaling.addends], axis=1)

    @property
    def shared(self) -> dict[str, tuple]:
        """What kernels with planes have in common: they read a channel to its end before they write it."""
        x, y = self.layer.input, self.layer.output
        # Loops that are inlined into a layer take a seventh more where its input and output share memory.
        apart = self.layer.options.optimise == "speed" and x.shape != y.shape
        return {} if apart else {"in_place": ((0, 0),), "overlap": channel_overlap(self.layer)}

    def kernel(self, name: str, values: dict[str, object], table: np.ndarray, comment: str, **more: object) -> Kernel:
        scale = {
            "shift": self.scaling.shift,
            "middle": self.scaling.middle,
            "low": self.clamp[0],
            "high": self.clamp[1],
        }
        return Kernel(
            name=f"depthwise_conv_2d_int8_dsp_{name}",
            template=f"dsp_depthwise_{name}.c.j2",
            values={**values, "scale": scale, "suffix": self.suffix, "fill": self.layer.input.quantisation.zero_point},
            constants=(Constant("weights", words(table.reshape(-1)), comment, named=True),),
            helpers=(f"dsp_depthwise_{name}{self.suffix}",),
            macs=self.window.positions * self.weights.size,
            **more,
        )


def _pairs(taps: int) -> int:
    """Of two outputs side by side: the second sees one tap further."""
    return (taps + 2) // 2


def _bytes(*columns: np.ndarray) -> np.ndarray:
    """Words of which these are the bytes, the lowest first."""
    return sum((column & 0xFF) << (8 * i) for i, column in enumerate(columns))


def _three_by_three(common: _Common) -> Kernel:
    window, weights = common.window, common.weights.reshape(-1, 3, 3)
    # Outputs are made in pairs along a line, and an odd one costs as much as two.
    along = {columns: lines * -(-columns // 2) for lines, columns in ((window.y.output, window.x.output),)}
    transposed = window.x.output * -(-window.y.output // 2) < along[window.x.output]
    line, element = (window.x, window.y) if transposed else (window.y, window.x)
    w = weights.transpose(0, 2, 1) if transposed else weights
    plane = Plane(line, element, window.channels, window.x.input, transposed)
    lines = _bytes(w[..., 1], w[..., 0], w[..., 2], w[..., 1])
    # The weights count 256 times here.
    table = np.concatenate([lines, 256 * common.scaling.starts[:, None], common.rows], axis=1)
    return common.kernel(
        "3x3",
        {"plane": plane},
        table,
        "for each channel: of each line the weights 1, 0, 2, 1; what sums start from, factor, addend",
        scratch=(Scratch("plane", DType.INT16, plane.lines * plane.pitch),),
        **common.shared,
        set_up=60 * window.channels,
        reason="3 x 3 of stride 1: two outputs at a time from a plane of a channel"
        + (", along columns" if transposed else ""),
    )


def _line(common: _Common, plane: Plane) -> Kernel:
    taps, channels = plane.element.taps, len(common.weights)
    fours = np.zeros((channels, -(-plane.taps // 2), 4), np.int64)
    fours.reshape(channels, -1)[:, :taps] = common.weights
    packed = _bytes(*(fours[..., i] for i in range(4)))
    table = np.concatenate([packed, 256 * common.scaling.starts[:, None], common.rows], axis=1)
    return common.kernel(
        "line",
        {"plane": plane},
        table,
        "for each channel: weights as bytes; what sums start from, factor, addend",
        scratch=(
            Scratch("plane", DType.INT16, plane.pitch),
            Scratch("unpacked", DType.INT32, 4 * fours.shape[1]),
        ),
        **common.shared,
        set_up=channels * (60 + 10 * taps),
        reason="along a line, stride 1: two outputs at a time from the line of a channel",
    )


def _window(common: _Common) -> Kernel:
    fours = common.weights.reshape(-1, 4, common.window.taps)
    taps = _bytes(*(fours[:, i] for i in range(4)))
    starts, scales = common.scaling.starts.reshape(-1, 4), common.rows.reshape(-1, 8)
    return common.kernel(
        "window",
        {"window": common.window},
        np.concatenate([starts, taps, scales], axis=1),
        "for each four channels: what sums start from; their weights for each tap; factor and addend of each",
        includes=("string.h",),
        scratch=(Scratch("patch", DType.INT8, common.window.taps * common.window.channels),),
        overlap=window_overlap(common.layer, common.window),
        reason="no plane for this window: the taps of four channels at a time",
    )

"""Depthwise convolutions of int8 for cores without vectors: a channel at a time, from a plane of its image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.products import is_int8
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import channel_overlap
from tools.sni.operators import Constant, Kernel, Layer, Overlap, Scratch
from tools.sni.scalar.outputs import outputs_of
from tools.sni.windows import Axis, Window

_TAPS = 25
"""Of the largest window: its products are code without loops."""

_REACH = 32
"""How far LDRB of ARMv6-M reaches from an address."""

_ROOM = 512
"""Bytes of a plane, unless one line of outputs needs more."""


@dataclass(frozen=True)
class Plane:
    """A window as sni_scalar_plane has it: along `element` from neighbour to neighbour, across `line`.

    transposed: lines are the image's columns. columns: of input and output.
    """

    line: Axis
    element: Axis
    channels: int
    columns: tuple[int, int]
    transposed: bool

    @staticmethod
    def of(window: Window, transposed: bool) -> Plane:
        line, element = (window.x, window.y) if transposed else (window.y, window.x)
        return Plane(line, element, window.channels, (window.x.input, window.x.output), transposed)

    @property
    def fits(self) -> bool:
        """Whether two outputs' taps on a line are near enough, and no line is left out."""
        return self.element.taps + self.element.stride <= _REACH and self.line.stride <= self.line.taps

    @property
    def pairs(self) -> int:
        """Of outputs side by side; the second of a line's last one may not be wanted."""
        return self.line.output * -(-self.element.output // 2)

    @property
    def pitch(self) -> int:
        """Elements of a line, a multiple of four: as many as the image has and as pairs of outputs look at."""
        element = self.element
        seen = (element.output + element.output % 2 - 1) * element.stride + element.taps
        return -(-max(seen, element.before + element.input) // 4) * 4

    @property
    def band(self) -> int:
        """Lines of the output that are made from one plane: all bands but the last have as many."""
        line = self.line
        most = max((_ROOM // self.pitch - line.taps) // line.stride + 1, 1)
        return -(-line.output // -(-line.output // most))

    @property
    def lines(self) -> int:
        return (self.band - 1) * self.line.stride + self.line.taps

    @property
    def works_in_place(self) -> bool:
        """Whether each element has been taken to the plane before its band writes an output there."""
        line = self.line
        taken = np.maximum(np.arange(line.input) + line.before - self.lines, -1) // (self.band * line.stride) + 1
        written = np.arange(line.output) // self.band
        reads, writes = (
            np.broadcast_to(bands if self.transposed else bands[:, None], shape).reshape(-1)
            for bands, shape in ((taken, self._shape(0)), (written, self._shape(1)))
        )
        both = min(reads.size, writes.size)
        # What lies behind the last band's windows is never taken.
        return bool((np.minimum(reads, written[-1])[:both] <= writes[:both]).all())

    def _shape(self, side: int) -> tuple[int, int]:
        """Rows and columns of input or output."""
        line, element = ((axis.input, axis.output)[side] for axis in (self.line, self.element))
        return (element, line) if self.transposed else (line, element)

    @property
    def steps(self) -> tuple[int, int]:
        """Bytes of the input from element to element, and from line to line."""
        return self._steps(self.columns[0])

    @property
    def output_steps(self) -> tuple[int, int]:
        return self._steps(self.columns[1])

    def _steps(self, columns: int) -> tuple[int, int]:
        column, row = self.channels, self.channels * columns
        return (row, column) if self.transposed else (column, row)

    @property
    def instructions(self) -> int:
        """About those of a channel on ARMv6-M."""
        taps = self.line.taps * self.element.taps
        taking = self.line.input * (60 + 13 * self.element.input) // 2
        return 160 + 6 * taps + taking + 30 * self.line.output + self.pairs * (77 + 13 * taps // 2)


@dataclass(frozen=True)
class Core:
    """output, tap: about what the kernel behind this one takes for an output, and for each of its taps.

    plane: which part of its instructions on ARMv6-M a plane takes.
    """

    output: int
    tap: int
    plane: float


M0 = Core(70, 9, 1.0)
"""Beside `c99`."""

M3 = Core(20, 5, 0.62)
"""Beside four channels of a tap."""


def depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None, core: Core) -> Kernel | None:
    """Without dilation, of one image, up to 25 taps. matrix: weights [channel, tap]."""
    if not is_int8(layer, layer.inputs[1], bias) or window.batches > 1 or not window.is_plain or window.taps > _TAPS:
        return None
    planes = [plane for transposed in (False, True) if (plane := Plane.of(window, transposed)).fits]
    if not planes:
        return None
    plane = min(planes, key=lambda p: (not p.works_in_place, p.instructions))
    instructions = int(core.plane * plane.instructions) * window.channels
    without = window.positions * (core.output + core.tap * window.taps) * window.channels
    found = outputs_of(layer, matrix, bias)
    if instructions > without or found is None or found[0].scaling is None:
        return None
    made, weights = found
    scaling = made.scaling
    # The plane's values are 128 too large.
    starts = scaling.starts - 128 * weights.sum(axis=1)
    if (np.abs(starts) >= 1 << 31).any():
        return None
    if plane.transposed:
        weights = weights.reshape(-1, window.y.taps, window.x.taps).transpose(0, 2, 1)
    table = np.stack([starts, scaling.factors, scaling.addends], axis=1).astype(np.int32)
    shape = f"{plane.line.taps}_{plane.element.taps}_{plane.element.stride}"
    helper = f"scalar_depthwise__{shape}{made.suffix}{'__signed' if scaling.signed else ''}"
    return Kernel(
        name="depthwise_conv_2d_int8_scalar_plane",
        template="scalar_depthwise.c.j2",
        values={
            "plane": plane,
            "scaling": scaling,
            "q": made.sums.q,
            "fill": layer.input.quantisation.zero_point,
            "helper": helper,
        },
        constants=(
            Constant("weights", weights.astype(np.int8).reshape(-1), "[channel][tap]", named=True),
            Constant("table", table.reshape(-1), "[channel][what sums start from, factor, addend]", named=True),
        ),
        helpers=("scalar_long", "keep_loop", helper),
        scratch=(Scratch("values", DType.INT32, plane.lines * plane.pitch // 4),),
        in_place=((0, 0),) if plane.works_in_place else (),
        overlap=_overlap(layer, plane),
        macs=window.positions * matrix.size,
        set_up=80 * window.channels,
        reason=f"two outputs at a time from a plane of a channel{', along columns' if plane.transposed else ''}: "
        f"about {instructions:,} instructions, {without:,} without",
    )


def _overlap(layer: Layer, plane: Plane) -> tuple[Overlap, ...]:
    """Of whole pixels: anywhere if there is one band. Else rows are taken from front to back, columns are not."""
    anywhere = channel_overlap(layer)
    if plane.band == plane.line.output:
        return anywhere
    return (Overlap(0, 0, 0),) if anywhere and plane.works_in_place and not plane.transposed else ()

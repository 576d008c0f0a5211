"""DEPTHWISE_CONV_2D of int8: four lines at a time are brought together byte by byte, so that one multiplication of four
bytes takes four taps of a column of the window, for 16 channels at once.

Where a line's outputs are as close together as its inputs and the channels divide 16, several pixels make up the 16.

Without VNNI, magnitudes of weights are multiplied by signed bytes, which are flipped where the weight is negative: two
such products fit 16 bits (PMADDUBSW), whatever the weights.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType
from tools.sni.memory.overlap import lines_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Axis, Window
from tools.sni.x86.image import behind
from tools.sni.x86.products import scaled

_KNOWN_TAPS = 4
"""Up to so many multiplications of an output are written out, with their weights in registers."""

_FEWEST = 4
"""Columns of outputs for which weights are brought to registers, at least: without VNNI that takes as long as one."""


@dataclass(frozen=True)
class Taps:
    """A layer as sni_x86_layer and sni_x86_lines have it. channels: of the image."""

    y: Axis
    x: Axis
    channels: int
    batches: int

    groups = 1
    block = 16

    @property
    def flat(self) -> bool:
        """Whether several pixels make up 16 outputs."""
        return self.x.stride == 1 and 16 % self.channels == 0

    @property
    def rows(self) -> int:
        return self.y.output

    @property
    def row_step(self) -> int:
        return self.x.output * self.channels

    @property
    def columns(self) -> int:
        return -(-self.row_step // 16) if self.flat else self.x.output

    @property
    def outputs(self) -> int:
        """Of a column."""
        return 16 if self.flat else self.channels

    @property
    def output_step(self) -> int:
        return self.outputs

    @property
    def step(self) -> int:
        """Bytes of a group from one column to the next."""
        return 4 * (16 if self.flat else self.x.stride * self.channels)

    @property
    def run(self) -> int:
        return self.x.input * self.channels

    @property
    def margin(self) -> int:
        return 4 * self.x.before * self.channels

    @property
    def within(self) -> int:
        """Lines of the output whose windows lie within the same four lines of the image."""
        return min(5 - self.y.taps, self.rows) if self.y.stride == self.y.dilation == 1 and self.y.taps <= 4 else 1

    @property
    def is_known(self) -> bool:
        """Whether the multiplications of an output are written out."""
        return len(self.segments) <= _KNOWN_TAPS

    @property
    def is_few(self) -> bool:
        """Whether so few outputs have the same weights that these are better left in memory."""
        return self.within * self.columns < _FEWEST

    @property
    def made(self) -> int:
        """Lines of the output at a time."""
        return self.within if self.is_known and not self.is_few else 1

    @property
    def seen(self) -> int:
        """Lines of the image, for those."""
        return self.y.taps + self.made - 1

    @property
    def line_groups(self) -> int:
        return -(-self.y.taps // 4)

    @property
    def pitch(self) -> int:
        """Of a group, in whole cache lines: with what windows see beyond the line, and what fills up vectors."""
        seen = 4 * (self.x.before + self.x.input + behind(self.x)) * self.channels
        filled = 4 * -(-self.outputs // 16) * 16
        last = (self.columns - 1) * self.step + 4 * (self.x.taps - 1) * self.x.dilation * self.channels + filled
        return -(-max(seen, last) // 64) * 64

    @property
    def segments(self) -> tuple[int, ...]:
        """Where in the groups the taps of the first window begin."""
        columns = [4 * tap * self.x.dilation * self.channels for tap in range(self.x.taps)]
        return tuple(group * self.pitch + column for group in range(self.line_groups) for column in columns)

    def order(self) -> np.ndarray:
        """The channel of each of the outputs of a column, filled up to a multiple of 16 by -1."""
        if self.flat:
            return np.arange(16) % self.channels
        return np.pad(np.arange(self.channels), (0, -self.channels % 16), constant_values=-1)

    def table(self, weights: np.ndarray) -> np.ndarray:
        """weights: [channel, tap] to [16 outputs][segment][output][four lines], flat."""
        window = np.zeros((self.channels + 1, 4 * self.line_groups, self.x.taps), np.int8)
        window[:-1, : self.y.taps] = weights.reshape(self.channels, self.y.taps, self.x.taps)
        fours = window[self.order()].reshape(-1, 16, self.line_groups, 4, self.x.taps)
        return fours.transpose(0, 2, 4, 1, 3).reshape(-1)


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """matrix: weights [channel, tap]. None where the sums do not fit."""
    s = scaled(layer, matrix, layer.optional(2))
    if s is None:
        return None
    p = Taps(*_turned(window), window.channels, window.batches)
    known = f"{len(p.segments)}{'_few' if p.is_few else ''}" if p.is_known else "any"
    suffix = f"__{known.replace('_', '__')}{s.suffix}"
    taps = f"{p.y.taps} x {p.x.taps}"
    return Kernel(
        name=f"depthwise_conv_2d_int8_x86_{known}",
        template="x86_depthwise.c.j2",
        values={"p": p, "s": s, "suffix": suffix, "fill": layer.input.quantisation.zero_point},
        constants=(
            Constant("weights", p.table(s.weights), "[16 outputs][segment][output][4 lines]", named=True, aligned=True),
            *s.tables(p.order()),
            Constant("segments", np.array(p.segments, np.int32), "where each segment begins", named=True),
        ),
        helpers=(f"x86_depthwise{suffix}",),
        includes=("string.h",),
        # It begins on a cache line.
        scratch=(Scratch("patch", DType.UINT8, 63 + p.line_groups * p.pitch + p.run),),
        overlap=lines_overlap(layer, window, p.made, p.x.output),
        macs=window.positions * matrix.size,
        set_up=100 + window.channels,
        dispatched=True,
        reason=f"{taps} taps of 16 {'channels of neighbours' if p.flat else 'channels'} in {len(p.segments)} products",
    )


def _turned(window: Window) -> tuple[Axis, Axis]:
    """The directions down and along lines; a line that is the whole image is gone down."""
    y, x = window.y, window.x
    single = y.input == y.output == y.taps == 1 and not y.clipped
    return (x, replace(y, stride=1)) if single else (y, replace(x, stride=1) if x.output == 1 else x)

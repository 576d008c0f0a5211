"""DEPTHWISE_CONV_2D of int16 with int8 weights, where 32 bits hold every sum: two taps of a window at a time (PMADDWD).

What two taps show of a few channels is brought together where it is used: unpacking gives the fours 0, 2 .. of the
channels in one vector, the fours 1, 3 .. in another; packing their outputs brings them in order again. So tables have
32 outputs in that order, of which a level takes as many as two of its vectors of sums hold.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType
from tools.sni.memory.overlap import lines_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Axis, Window, reach
from tools.sni.x86.image import behind
from tools.sni.x86.int16_scaling import scaling_of

_BLOCK = 32
"""Outputs whose tables lie together."""

_LONGEST_PERIOD = 128
"""Outputs after which the channels of neighbouring pixels fill whole blocks again, at most."""

_LINES = 4
"""Of the output, from one copy of what their windows see: lines that two copies have are few, and so is the memory."""

_KNOWN = 5, 25
"""Windows of up to so many lines, and up to so many taps, are written out: a line takes a register."""


@dataclass(frozen=True)
class Taps:
    """A layer as sni_x86_int16 and sni_x86_int16_lines have it. channels: of the image."""

    y: Axis
    x: Axis
    channels: int
    batches: int

    @property
    def period(self) -> int:
        """Outputs until both the channels and the blocks begin again; 0 where every pixel begins a block."""
        length = math.lcm(self.channels, _BLOCK)
        return length if self.x.stride == 1 and length <= _LONGEST_PERIOD else 0

    @property
    def rows(self) -> int:
        return self.y.output

    @property
    def line(self) -> int:
        """Outputs of a line."""
        return self.x.output * self.channels

    @property
    def columns(self) -> int:
        return -(-self.line // self.period) if self.period else self.x.output

    @property
    def outputs(self) -> int:
        """Of a column."""
        return self.period or self.channels

    @property
    def step(self) -> int:
        """Bytes from one column to the next."""
        return 2 * (self.period or self.x.stride * self.channels)

    @property
    def run(self) -> int:
        """Bytes of a line of the image."""
        return 2 * self.x.input * self.channels

    @property
    def margin(self) -> int:
        return 2 * self.x.before * self.channels

    @property
    def pitch(self) -> int:
        """Bytes from a line to the next, with what windows see beyond it."""
        return self.margin + self.run + 2 * behind(self.x) * self.channels

    @property
    def row_step(self) -> int:
        return self.y.stride * self.pitch

    @property
    def made(self) -> int:
        """Lines of the output at a time."""
        return min(_LINES, self.rows)

    @property
    def reach(self) -> int:
        """Lines from the first that a window sees to the last."""
        return reach(self.y.taps, self.y.dilation)

    @property
    def patch(self) -> int:
        """Bytes, with what the last vector reaches beyond."""
        return ((self.made - 1) * self.y.stride + self.reach) * self.pitch + 2 * _BLOCK

    @property
    def pairs(self) -> int:
        return -(-self.y.taps * self.x.taps // 2)

    @property
    def segments(self) -> tuple[int, ...]:
        """Where the taps of the first window begin, in bytes; the last one twice if their number is odd."""
        lines = [tap * self.y.dilation * self.pitch for tap in range(self.y.taps)]
        columns = [2 * tap * self.x.dilation * self.channels for tap in range(self.x.taps)]
        taps = [line + column for line in lines for column in columns]
        return tuple(taps + taps[-1:] * (len(taps) % 2))

    def order(self) -> np.ndarray:
        """The channel of each output of a column, as tables have them, filled up to whole blocks by -1."""
        held = np.pad(np.arange(self.outputs) % self.channels, (0, -self.outputs % _BLOCK), constant_values=-1)
        return held.reshape(-1, _BLOCK // 8, 2, 4).swapaxes(1, 2).reshape(-1)

    def table(self, weights: np.ndarray) -> np.ndarray:
        """weights: [channel, tap] to [32 outputs][pair][output][2 taps], flat."""
        held = np.zeros((self.channels + 1, 2 * self.pairs), np.int16)
        held[:-1, : weights.shape[1]] = weights
        return held[self.order()].reshape(-1, _BLOCK, self.pairs, 2).transpose(0, 2, 1, 3).reshape(-1)


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """matrix: weights [channel, tap]. None where sums need 64 bits, which takes more than 511 taps or a huge bias, or
    factors are no fractions. TFLM rounds twice for no layer of this kind.
    """
    s = scaling_of(layer, matrix, layer.optional(2))
    if s is None or s.kind:
        return None
    p = Taps(*_along_lines(window), window.channels, window.batches)
    is_known = p.y.taps <= _KNOWN[0] and window.taps <= _KNOWN[1]
    known = f"{p.y.taps}x{p.x.taps}" if is_known else "any"
    suffix = f"__{known.replace('x', '__')}"
    of = "values side by side" if p.period else "channels"
    return Kernel(
        name=f"depthwise_conv_2d_int16_x86_{known}",
        template="x86_int16_depthwise.c.j2",
        values={"p": p, "s": s, "suffix": suffix},
        constants=(
            Constant("weights", p.table(matrix), "[32 outputs][pair][output][2 taps]", named=True, aligned=True),
            *s.tables(p.order()),
            Constant("segments", np.array(p.segments, np.int32), "where each tap begins", named=True),
        ),
        helpers=(f"x86_int16_depthwise{suffix}",),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, p.patch),),
        overlap=lines_overlap(layer, window, p.made, p.x.output),
        macs=window.positions * matrix.size,
        set_up=100 + window.channels,
        dispatched=True,
        reason=f"32 bits hold every sum: {p.y.taps} x {p.x.taps} taps by twos, {of} by 8 to 32",
    )


def _along_lines(window: Window) -> tuple[Axis, Axis]:
    """The directions down and along lines; an image that is a single column is taken for a line."""
    y, x = window.y, window.x
    single = x.input == x.output == x.taps == 1 and not x.clipped
    y, x = (replace(x, stride=1), y) if single else (y, x)
    return y, replace(x, stride=1) if x.output == 1 else x

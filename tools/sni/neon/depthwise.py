"""DEPTHWISE_CONV_2D of int8: eight channels in a vector's lanes, whose weights stay in registers for a row of pixels.

Where windows leave the image, its rows are copied to a ring of as many lines as a window has rows, with the zero point
on both sides; one line more stands for all rows above and below the image. Each row is copied once, before anything is
written for which it is the last: so the layer works in place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType
from tools.sni.memory.overlap import ring_overlap, window_overlap
from tools.sni.neon.packing import LARGEST, OUTPUTS, table, up_to
from tools.sni.neon.products import columns_of
from tools.sni.neon.scaling import Scaling, scaling_of_layer
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Window

MOST_TAPS = 25
"""Of a window whose code is written out."""

_HELD = 9
"""Taps of a window whose weights and values fit the registers."""

_HELD_ROWS = 3
"""Of such a window: each takes a pointer."""


@dataclass(frozen=True)
class Depthwise:
    """A layer as sni_neon_layer has it. groups: none, for a sum has one product for each tap."""

    scaling: Scaling
    outputs: int
    groups: int = 0


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """matrix: weights [channel, tap]. None for windows that no kernel is made for."""
    window = along_columns(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    if window.channels < OUTPUTS or window.taps > MOST_TAPS:
        return None
    scaling = scaling_of_layer(layer, matrix, layer.optional(2))
    if scaling is None:
        return None
    pitch = columns_of(window.x) * window.channels if window.clipped else 0
    channels = in_eights(window.channels)
    numbers = (values[channels] for values in (scaling.bias, scaling.multipliers, scaling.shifts))
    words = table(*numbers, _packed(matrix[channels]))
    comment = (
        "for each 8 channels: what sums start from, multipliers, shifts; then bytes: [tap][channel], taps up to fours"
    )
    sliding = window.taps <= _HELD and window.y.taps <= _HELD_ROWS and window.x.stride < window.x.taps
    sizes = (window.y.taps, window.x.taps, *((window.x.stride,) if sliding else ()), longest_chain(matrix))
    helper = ("neon_slide" if sliding else "neon_depthwise") + "".join(f"__{n}" for n in sizes) + scaling.suffix
    return Kernel(
        name=f"depthwise_conv_2d_int8_neon_{'ring' if pitch else 'lines'}",
        template="neon_depthwise.c.j2",
        values={
            "p": Depthwise(scaling, window.channels),
            "window": window,
            "pitch": pitch,
            "fill": layer.input.quantisation.zero_point,
            "helper": helper,
            "sliding": sliding,
        },
        constants=(Constant("table", words, comment, named=True),),
        helpers=(helper,),
        includes=("arm_neon.h", *(("string.h",) if pitch else ())),
        scratch=(Scratch("ring", DType.INT8, (window.y.taps + 1) * pitch),) if pitch else (),
        in_place=in_place(window),
        overlap=ring_overlap(layer, window) if pitch else window_overlap(layer, window, ahead=window.x.output - 1),
        macs=window.positions * matrix.size,
        set_up=copied_again(window, pitch),
        reason=f"eight channels at a time, a window of {window.taps} taps: "
        + ("rows in a ring, for windows leave the image" if pitch else "windows inside the image"),
    )


def in_place(window: Window) -> tuple[tuple[int, int], ...]:
    """Where the output may take the input's place: if no eight channels are made twice, and no window leaves the image.

    Eight channels of a row of the output are made of the same channels alone. A pixel takes the place of one that is in
    front of the next window, or its first, as no row of the output is longer than one of the input.
    """
    return ((0, 0),) if not window.clipped and window.channels % OUTPUTS == 0 else ()


def copied_again(window: Window, line: int) -> int:
    """About the instructions of a call to clear its ring and to copy lines that the call before had copied too, and, of
    an image that is a single row, to begin with each eight channels. line: bytes of one of the ring.
    """
    ring = (2 * window.y.taps + 1 - window.y.stride) * line // 16
    return ring + (24 * -(-window.channels // OUTPUTS) if window.y.output == 1 else 0)


def longest_chain(matrix: np.ndarray) -> int:
    """How many taps, one after the other, a lane of 16 bits may add up products of. matrix: weights [channel, tap]."""
    magnitudes = np.abs(matrix.astype(np.int64))
    taps = magnitudes.shape[1]
    for length in range(taps, 1, -1):
        sums = np.add.reduceat(magnitudes, np.arange(0, taps, length), axis=1)
        if sums.max() <= LARGEST:
            return length
    return 1


def along_columns(window: Window) -> Window:
    """Images that are one column lie in memory as those that are one row do."""
    if window.x.input == window.x.taps == window.x.output == 1:
        return replace(window, y=window.x, x=window.y)
    return window


def in_eights(channels: int) -> np.ndarray:
    """The channels of all vectors; where the last one is not full it begins earlier, over those before."""
    starts = np.minimum(np.arange(0, channels, OUTPUTS), channels - OUTPUTS)
    return (starts[:, None] + np.arange(OUTPUTS)).reshape(-1)


def _packed(matrix: np.ndarray) -> np.ndarray:
    """[vector, (tap, channel)]"""
    channels, taps = matrix.shape
    weights = np.zeros((channels // OUTPUTS, up_to(taps, 4), OUTPUTS), np.int8)
    weights[:, :taps] = matrix.reshape(-1, OUTPUTS, taps).transpose(0, 2, 1)
    return weights.reshape(len(weights), -1)

"""int16 activations with int8 weights: eight products an instruction, by VMLADAVA where 32 bits hold every sum.

TFLM rounds sums once, which is what VRMULH does with a factor that holds multiplier and shift. Other sums are those of
VMLALDAVA, of 64 bits, which are scaled one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.dsp.int16 import scales_of
from tools.sni.dsp.packing import words
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap, window_overlap
from tools.sni.mve.packing import fours, packed
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.sums import Sums, has_wide_sums, sums_of
from tools.sni.windows import Window, lines_up

_LANES = 8
"""int16 of a vector, and so inputs of a step."""

_TOGETHER = 3
"""Rows of inputs, in the kernel for several of them."""

_ORDER = {1: ((0, 1, 2, 3),), _TOGETHER: ((0, 2), (1, 3))}
"""In which a kernel of so many rows makes four outputs."""


_REASONS = {
    "one": "one row: four outputs at a time",
    "rows": "several rows: three rows and two outputs at a time",
    "window": "a window over an image: three pixels and two outputs at a time",
    "long": "sums, or their scaling, may need 64 bits: four outputs of a row at a time",
}


@dataclass(frozen=True)
class Int16Layer:
    """A layer as sni_mve_int16_layer has it. suffix: of the helpers that it needs. long: whether sums have 64 bits."""

    inputs: int
    outputs: int
    low: int
    high: int
    suffix: str
    long: bool
    table: Constant


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    p = _products(layer, matrix, bias, 1 if rows == 1 else _TOGETHER)
    if p is None:
        return None
    one = rows == 1 and not p.long
    helper = f"mve_int16_{'one_row' if one else 'long_rows' if p.long else 'rows'}{p.suffix}"
    alone = one or p.long
    return Kernel(
        name=f"{name}_int16_mve_{'long_' * p.long}{'row' if rows == 1 else 'rows'}",
        template="mve_int16_rows.c.j2",
        values={"p": p, "rows": None if one else rows, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        overlap=row_overlap(layer, rows, p.inputs, ahead=0 if alone else _TOGETHER - 1),
        macs=rows * matrix.size,
        reason=_REASONS["long" if p.long else "one" if one else "rows"],
    )


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups: what the window shows is copied, then multiplied."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    p = _products(layer, matrix, bias, _TOGETHER)
    if p is None:
        return None
    together = 1 if p.long else _TOGETHER
    helper = f"mve_int16_{'long_' * p.long}convolve{p.suffix}"
    return Kernel(
        name=f"conv_2d_int16_mve_{'long_' * p.long}window",
        template="mve_int16_convolve.c.j2",
        # The window is copied as bytes.
        values={"p": p, "window": replace(window, channels=2 * window.channels), "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.INT16, together * p.inputs),),
        overlap=window_overlap(layer, window, together=together),
        macs=window.positions * matrix.size,
        reason=_REASONS["long" if p.long else "window"],
    )


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """A depthwise convolution without dilation, of one image. matrix: weights [channel, tap]."""
    if window.batches > 1 or not window.is_plain or window.channels < _LANES:
        return None
    sums, scales = _sums(layer, matrix, layer.optional(2))
    if scales is None:
        return None
    channels = window.channels
    # The last eight may lie over some of those before.
    parts = []
    for first in (min(begin, channels - _LANES) for begin in range(0, channels, _LANES)):
        eight = slice(first, first + _LANES)
        numbers = [x[eight].reshape(4, 2).T.reshape(-1) for x in (sums.bias.astype(np.int64), *scales)]
        parts += [*map(words, numbers), _bytes(matrix[eight].T)]
    comment = "for each 8 channels: starts, factors, each of even and of odd ones; weights, [tap][channel]"
    p = _layer(sums, window.taps, channels, np.concatenate(parts), comment)
    helper = f"mve_int16_depthwise{p.suffix}" + ("__ragged" if channels % _LANES else "")
    return Kernel(
        name="depthwise_conv_2d_int16_mve",
        template="mve_int16_depthwise.c.j2",
        values={"p": p, "window": window, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        overlap=window_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason=f"{_LANES} channels at a time",
    )


def _bytes(weights: np.ndarray) -> np.ndarray:
    """As words, the first byte lowest."""
    return np.ascontiguousarray(weights.astype(np.int8)).reshape(-1).view("<u4")


def _products(layer: Layer, matrix: np.ndarray, bias: Tensor | None, together: int) -> Int16Layer | None:
    """The layer for a kernel of so many rows, or for the one with sums of 64 bits; None where neither does as TFLM."""
    outputs, inputs = matrix.shape
    sums, scales = _sums(layer, matrix, bias)
    long = scales is None
    if long and sums.q.helper != "sni_requantise_wide":
        return None
    order: Sequence[Sequence[int]] = _ORDER[1 if long else together]
    if scales is None:
        starts = sums.bias.astype(np.int64)
        multipliers = np.array([(m.value, -m.shift) for m in sums.q.multipliers], np.int64)
        numbers = (starts & 0xFFFFFFFF, starts >> 32, *np.broadcast_to(multipliers, (outputs, 2)).T)
        names = "lower and upper words of starts; multipliers; shifts"
    else:
        numbers = (sums.bias, *scales)
        names = "starts; factors" if len(scales) == 1 else "starts; multipliers; shifts"
    table = np.concatenate([packed(matrix, order, _LANES), fours(*numbers)], axis=1)
    of = ", then ".join(" and ".join(map(str, part)) for part in order)
    comment = f"for each four outputs: weights, {_LANES} inputs at a time, of outputs {of}; {names}"
    p = _layer(sums, inputs, outputs, table, comment, long=long)
    tail, ragged = "__tail" * (inputs % _LANES > 0), "__ragged" * (outputs % 4 > 0)
    return replace(p, suffix=tail if long else p.suffix + tail + ragged)


def _layer(sums: Sums, inputs: int, outputs: int, table: np.ndarray, comment: str, *, long: bool = False) -> Int16Layer:
    low, high = sums.q.low, sums.q.high
    suffix = "__twice" if sums.q.helper == "sni_requantise" else ""
    suffix += "" if (low, high) == DType.INT16.bounds else "__clamped"
    held = Constant("table", table.astype(np.uint32).reshape(-1), comment, named=True)
    return Int16Layer(inputs, outputs, low, high, suffix, long, held)


def _sums(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> tuple[Sums, Sequence[np.ndarray] | None]:
    """What a layer adds up, and the factor of each output, or multiplier and shift to the left where TFLM rounds twice.

    None for these where sums need 64 bits, or scaling what is not made here.
    """
    sums = sums_of(layer, matrix, bias, wide=has_wide_sums(layer, bias), folded=True)
    scales = scales_of(sums.q, len(matrix))
    if sums.type != "int32_t" or scales is None:
        return sums, None
    if scales.shape[1] == 1:
        return sums, (scales[:, 0],)
    return sums, (scales[:, 0], -scales[:, 1]) if layer.options.rounding == "double" else None

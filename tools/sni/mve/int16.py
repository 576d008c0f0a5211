"""int16 activations with int8 weights, where 32 bits hold every sum: eight products an instruction (VMLADAVA).

TFLM rounds these sums once, which is what VRMULH does with a factor that holds multiplier and shift.
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
from tools.sni.sums import has_wide_sums, sums_of
from tools.sni.windows import Window, lines_up

_LANES = 8
"""int16 of a vector, and so inputs of a step."""

_TOGETHER = 3
"""Rows of inputs, in the kernel for several of them."""

_ORDER = {1: ((0, 1, 2, 3),), _TOGETHER: ((0, 2), (1, 3))}
"""In which a kernel of so many rows makes four outputs."""


@dataclass(frozen=True)
class Int16Layer:
    """A layer as sni_mve_int16_layer has it. clamped: the helpers' suffix for bounds that are not the type's."""

    inputs: int
    outputs: int
    low: int
    high: int
    clamped: str
    table: Constant


@dataclass(frozen=True)
class _Scales:
    """starts, factors: of each output, int64. low, high: of the outputs."""

    starts: np.ndarray
    factors: np.ndarray
    low: int
    high: int

    def layer(self, inputs: int, outputs: int, table: np.ndarray, comment: str) -> Int16Layer:
        clamped = "" if (self.low, self.high) == DType.INT16.bounds else "__clamped"
        held = Constant("table", table.astype(np.uint32).reshape(-1), comment, named=True)
        return Int16Layer(inputs, outputs, self.low, self.high, clamped, held)


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    one = rows == 1
    p, suffix = _products(layer, matrix, bias, 1 if one else _TOGETHER)
    if p is None:
        return None
    helper = f"mve_int16_{'one_row' if one else 'rows'}{suffix}"
    return Kernel(
        name=f"{name}_int16_mve_{'row' if one else 'rows'}",
        template="mve_int16_rows.c.j2",
        values={"p": p, "rows": rows, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        overlap=row_overlap(layer, rows, p.inputs, ahead=0 if one else _TOGETHER - 1),
        macs=rows * matrix.size,
        reason="one row: four outputs at a time" if one else "several rows: three rows and two outputs at a time",
    )


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups: what the window shows for three pixels is copied, then multiplied."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    p, suffix = _products(layer, matrix, bias, _TOGETHER)
    if p is None:
        return None
    helper = f"mve_int16_convolve{suffix}"
    return Kernel(
        name="conv_2d_int16_mve_window",
        template="mve_int16_convolve.c.j2",
        # The window is copied as bytes.
        values={"p": p, "window": replace(window, channels=2 * window.channels), "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.INT16, _TOGETHER * p.inputs),),
        overlap=window_overlap(layer, window, together=_TOGETHER),
        macs=window.positions * matrix.size,
        reason="a window over an image: three pixels and two outputs at a time",
    )


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """A depthwise convolution without dilation, of one image. matrix: weights [channel, tap]."""
    if window.batches > 1 or not window.is_plain or window.channels < _LANES:
        return None
    scales = _scales(layer, matrix, layer.optional(2))
    if scales is None:
        return None
    channels = window.channels
    # The last eight may lie over some of those before.
    parts = []
    for first in (min(begin, channels - _LANES) for begin in range(0, channels, _LANES)):
        eight = slice(first, first + _LANES)
        numbers = [x[eight].reshape(4, 2).T.reshape(-1) for x in (scales.starts, scales.factors)]
        parts += [*map(words, numbers), _bytes(matrix[eight].T)]
    comment = "for each 8 channels: starts, factors, each of even and of odd ones; weights, [tap][channel]"
    p = scales.layer(window.taps, channels, np.concatenate(parts), comment)
    helper = f"mve_int16_depthwise{p.clamped}" + ("__ragged" if channels % _LANES else "")
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


def _products(
    layer: Layer, matrix: np.ndarray, bias: Tensor | None, together: int
) -> tuple[Int16Layer, str] | tuple[None, None]:
    """The layer for a kernel of so many rows, and the suffix of its helpers; None where there is none."""
    scales = _scales(layer, matrix, bias)
    if scales is None:
        return None, None
    outputs, inputs = matrix.shape
    order: Sequence[Sequence[int]] = _ORDER[together]
    table = np.concatenate([packed(matrix, order, _LANES), fours(scales.starts, scales.factors)], axis=1)
    of = ", then ".join(" and ".join(map(str, part)) for part in order)
    comment = f"for each four outputs: weights, {_LANES} inputs at a time, of outputs {of}; starts; factors"
    p = scales.layer(inputs, outputs, table, comment)
    suffix = p.clamped + ("__tail" if inputs % _LANES else "") + ("__ragged" if outputs % 4 else "")
    return p, suffix


def _scales(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> _Scales | None:
    """None where sums need 64 bits, or TFLM rounds twice."""
    sums = sums_of(layer, matrix, bias, wide=has_wide_sums(layer, bias), folded=True)
    factors = scales_of(sums.q, len(matrix))
    if sums.type != "int32_t" or factors is None or factors.shape[1] > 1:
        return None
    return _Scales(sums.bias.astype(np.int64), factors[:, 0], sums.q.low, sums.q.high)

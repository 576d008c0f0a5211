"""float32 in vectors of four: eight outputs of one or three pixels, and four channels of several pixels, at a time.

Each output is added up in TFLM's order, so what these kernels give differs from c99 in no bit, but for subnormal
numbers, which MVE takes for zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.float_products import bounds_suffix
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import ring_overlap, row_overlap, window_overlap
from tools.sni.neon.depthwise import along_columns
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window, lines_up

_LANES = 4
"""Floats of a vector."""

_BLOCK = 2 * _LANES
"""Outputs at a time: their sums for three pixels are six of eight vectors."""

_TOGETHER = 3
"""Pixels at a time."""

_PIXELS = 4
"""Of a depthwise convolution at a time: with the weights of three taps and an input all vectors there are."""

_MOST_TAPS = 16, 10
"""Rows and columns of a depthwise window: for the room there is, and for the length of the code of a row."""

_FEWEST_OUTPUTS = 3
"""For one or two most of a vector would be empty."""


@dataclass(frozen=True)
class FloatLayer:
    """A layer as sni_mve_float_layer has it. bounds: the helpers' suffix for the activation."""

    inputs: int
    outputs: int
    low: float
    high: float
    bounds: str
    table: Constant

    @property
    def suffix(self) -> str:
        """Of the helpers for products."""
        narrow = "__narrow" if 0 < self.outputs % _BLOCK <= _LANES else ""
        return self.bounds + narrow + ("__ragged" if self.outputs % _LANES else "")


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    if len(matrix) < _FEWEST_OUTPUTS:
        return None
    p = _products(layer, matrix, bias)
    one = rows < _TOGETHER
    helper = f"mve_float_{'row' if rows == 1 else 'rows'}{p.suffix}"
    return Kernel(
        name=f"{name}_float32_mve_{'row' if rows == 1 else 'rows'}",
        template="mve_float_rows.c.j2",
        values={"p": p, "rows": rows, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("math.h",),
        overlap=row_overlap(layer, rows, p.inputs, ahead=0 if one else _TOGETHER - 1),
        macs=rows * matrix.size,
        reason=f"{_BLOCK} outputs at a time, for {'a row' if one else 'three rows'}",
    )


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups; of one image, unless it is nothing but a matrix product."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or not window.is_plain or len(matrix) < _FEWEST_OUTPUTS:
        return None
    p = _products(layer, matrix, bias)
    helper = f"mve_float_convolve{p.suffix}"
    return Kernel(
        name="conv_2d_float32_mve_window",
        template="mve_float_convolve.c.j2",
        values={"p": p, "window": window, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("math.h",),
        overlap=window_overlap(layer, window, ahead=_TOGETHER - 1),
        macs=window.positions * matrix.size,
        reason=f"a window over an image: {_BLOCK} outputs of three pixels at a time",
    )


def depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation, of one image. matrix: weights [channel, tap]."""
    window = along_columns(window)
    y, x, channels = window.y, window.x, window.channels
    if window.batches > 1 or not window.is_plain or channels < _LANES or not np.isfinite(matrix).all():
        return None
    if y.taps > _MOST_TAPS[0] or x.taps > _MOST_TAPS[1]:
        return None
    p = _channels(layer, matrix, bias)
    columns = max(x.before + x.input, (x.output - 1) * x.stride + x.taps)
    pixels = min(_PIXELS, x.output)
    ragged = "__ragged" if channels % _LANES else ""
    helper = f"mve_float_depthwise__{x.taps}__{x.stride}__{pixels}{p.bounds}{ragged}"
    fours = -(-channels // _LANES)
    return Kernel(
        name="depthwise_conv_2d_float32_mve",
        template="mve_float_depthwise.c.j2",
        values={"p": p, "window": window, "columns": columns, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("math.h", "string.h"),
        scratch=(Scratch("ring", DType.FLOAT32, _LANES * columns * y.taps * fours),),
        overlap=ring_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason=f"{_LANES} channels of {pixels} pixel{'s' * (pixels > 1)} at a time",
    )


def _channels(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> FloatLayer:
    """matrix: weights [channel, tap]. The last four channels may lie over some of those before."""
    channels, taps = matrix.shape
    columns = np.zeros((taps + 1, channels), np.float32)
    columns[0] = bias.data.reshape(-1) if bias else 0
    columns[1:] = matrix.T
    firsts = [min(begin, channels - _LANES) for begin in range(0, channels, _LANES)]
    table = np.concatenate([columns[:, first : first + _LANES].reshape(-1) for first in firsts])
    return _layer(layer, taps, channels, table, f"for each {_LANES} channels: biases, then weights, [tap][channel]")


def _products(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> FloatLayer:
    """matrix: weights [outputs, inputs]."""
    outputs, inputs = matrix.shape
    widths = [_BLOCK] * (outputs // _BLOCK)
    left = outputs % _BLOCK
    widths += [_LANES if left <= _LANES else _BLOCK] if left else []
    columns = np.zeros((inputs + 1, sum(widths)), np.float32)
    columns[0, :outputs] = bias.data.reshape(-1) if bias else 0
    columns[1:, :outputs] = matrix.T
    parts = np.split(columns, np.cumsum(widths)[:-1], axis=1)
    sizes = " and ".join(f"each {width}" for width in dict.fromkeys(widths))
    comment = f"for {sizes} outputs: biases, then weights, [input][output]"
    return _layer(layer, inputs, outputs, np.concatenate([part.reshape(-1) for part in parts]), comment)


def _layer(layer: Layer, inputs: int, outputs: int, table: np.ndarray, comment: str) -> FloatLayer:
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    held = Constant("table", table, comment, named=True)
    return FloatLayer(inputs, outputs, low or 0.0, high or 0.0, bounds_suffix(layer), held)

"""int16 activations with int8 weights: VMLAL adds four products of 16 bits to sums of 32, in their outputs' lanes.

TFLM scales in one of two ways, by the type of the bias:

* with one of 64 bits it rounds once, (sum * multiplier + 2^(14 + shift)) >> (15 + shift). That is VQRDMULH of the sum
  and multiplier * 2^(16 - shift), where 32 bits hold the sum, as weights and bias prove when the code is made.
  Elsewhere sums of up to 504 products, any of which fit 32 bits, are added to sums of 64 bits, which portable C scales;
* with one of 32 bits it cuts sums to 32 bits, as VMLAL does, and scales them as those of int8 (scaling.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.neon.depthwise import MOST_TAPS, along_columns, in_eights, in_place
from tools.sni.neon.lines import Lines, instructions, line_windows, product_columns, product_rows, product_windows
from tools.sni.neon.packing import OUTPUTS, up_to
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.sums import has_wide_sums, sums_of
from tools.sni.windows import Window, lines_up


@dataclass(frozen=True)
class _Scaling:
    """start: what sums begin with. scales: [numbers, outputs], as neon_int16_store reads them. suffix: of helpers."""

    start: np.ndarray
    scales: np.ndarray
    suffix: str
    bounds: tuple[int, int]


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    return product_rows(layer, _product(layer, matrix, bias, 1, rows), rows, matrix.shape[1], matrix.size, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups. matrix: weights [outputs, rows x columns x channels]."""
    if not lines_up(window) and window.batches == 1 and window.x.dilation == 1 and _on_columns(window, len(matrix)):
        taps = matrix.reshape(-1, window.y.taps, window.x.taps, window.channels)
        p = _product(layer, taps.transpose(0, 2, 1, 3).reshape(matrix.shape), bias, 1, window.x.output)
        return product_columns(layer, window, p, matrix.size) if p else None
    return product_windows(
        layer, window, matrix.size, lambda lines, pixels: _product(layer, matrix, bias, lines, pixels)
    )


def _on_columns(window: Window, outputs: int) -> bool:
    """Whether it takes a tenth less to copy lines to a strip of columns than to go through them one by one."""
    if window.y.dilation > 1:
        return True
    inputs = window.taps * window.channels
    pixel = 2 + 2 * -(-2 * window.channels // 16)
    copying = window.y.taps * (12 + window.x.input * pixel)
    one_by_one = instructions(inputs, outputs, window.y.taps, window.x.output)
    return 1.1 * (copying + instructions(inputs, outputs, 1, window.x.output)) < one_by_one


def depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation, of up to MOST_TAPS taps. matrix: weights [channel, tap]."""
    window = along_columns(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    scaling = _scaling(layer, matrix, bias)
    if scaling is None or "wide" in scaling.suffix or window.channels < OUTPUTS or window.taps > MOST_TAPS:
        return None
    p = _packed(scaling, matrix, in_eights(window.channels), window.y.taps)
    helper = f"depthwise__{window.y.taps}__{window.x.taps}{p.suffix}"
    reason = "eight channels at a time"
    return line_windows(layer, window, p, matrix.size, "depthwise_conv_2d", helper, reason, in_place(window))


def _product(layer: Layer, matrix: np.ndarray, bias: Tensor | None, lines: int, pixels: int) -> Lines | None:
    """None for what c99 is better at: a block of eight outputs takes as long for one."""
    scaling = _scaling(layer, matrix, bias)
    outputs, inputs = matrix.shape
    if scaling is None or instructions(inputs, outputs, lines, pixels) > portable(inputs, outputs, pixels):
        return None
    return _packed(scaling, matrix, np.arange(outputs), lines)


def _scaling(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> _Scaling | None:
    """matrix: weights [outputs, products of one sum]. None for factors above one."""
    is_wide = has_wide_sums(layer, bias)
    sums = sums_of(layer, matrix, bias, wide=is_wide, folded=True)
    q, outputs = sums.q, len(matrix)
    multipliers = np.array([m.value for m in q.multipliers], np.int64)
    shifts = np.array([-m.shift for m in q.multipliers], np.int64)
    clamped = "" if (q.low, q.high) == DType.INT16.bounds else "__clamped"
    if not is_wide:
        # Where TFLM's sums leave 32 bits, so do these.
        signed = q.low < 0
        if layer.options.rounding != "double" or (shifts < signed).any():
            return None
        suffix, scales = "__twice" + ("__signed" if signed else ""), (multipliers, -shifts)
    elif (shifts < 0).any():
        return None
    elif sums.type == "int32_t" and (shifts <= 16).all():
        suffix, scales = "", (multipliers << (16 - shifts),)
    else:
        suffix, scales, clamped = "__wide", (multipliers, shifts), ""
    spread = np.stack([np.broadcast_to(scale, outputs) for scale in scales])
    return _Scaling(sums.bias.astype(np.int64), spread, suffix + clamped, (q.low, q.high))


def _packed(scaling: _Scaling, matrix: np.ndarray, order: np.ndarray, lines: int) -> Lines:
    """order: the outputs of all blocks of eight, one block behind the other; the last one may be short."""
    count, inputs = len(matrix), matrix.shape[1]
    blocks = up_to(len(order), OUTPUTS) // OUTPUTS
    missing = blocks * OUTPUTS - len(order)
    weights = np.pad(matrix[order].astype(np.int8), ((0, missing), (0, 0)))
    weights = np.ascontiguousarray(weights.reshape(blocks, OUTPUTS, inputs).transpose(0, 2, 1)).view("<i4")
    start = np.pad(scaling.start[order], (0, missing))
    start = start.astype("<i8").view("<i4") if "wide" in scaling.suffix else _word(start)
    scales = _word(np.pad(scaling.scales[:, order], ((0, 0), (0, missing))))
    parts = (start, weights, scales.reshape(-1, blocks, OUTPUTS).transpose(1, 0, 2))
    words = np.concatenate([part.reshape(blocks, -1).astype(np.int32) for part in parts], axis=1).reshape(-1)
    comment = "for each 8 outputs: what sums start from; bytes, [element][output]; how sums are scaled"
    table = Constant("table", words, comment, named=True)
    return Lines("int16", inputs // lines, lines, count, scaling.suffix, table, scaling.bounds)


def _word(values: np.ndarray) -> np.ndarray:
    """Modulo 2^32."""
    return (values & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def portable(inputs: int, outputs: int, pixels: int) -> int:
    """What c99 takes for them, about: five products in four instructions, and a few for each output."""
    return pixels * outputs * (inputs * 4 // 5 + 25)

"""float32: a tile of four pixels by eight outputs, and eight channels of a depthwise convolution at a time.

Each output is added up in TFLM's order, by products and sums that are rounded apart, so what these kernels give differs
from c99 in no bit, but for subnormal numbers, which NEON takes for zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import ring_overlap, row_overlap, window_overlap
from tools.sni.neon.depthwise import along_columns, in_eights
from tools.sni.neon.packing import OUTPUTS, up_to
from tools.sni.neon.products import TILE, columns_of, tiles
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window, lines_up, merged


@dataclass(frozen=True)
class FloatLayer:
    """A layer as sni_neon_float_layer has it. suffix: of the helpers that it needs."""

    run: int
    lines: int
    outputs: int
    suffix: str
    table: Constant


def is_float(layer: Layer, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether these kernels are for it: float32 throughout and constant weights."""
    known = weights.is_constant and (bias is None or bias.is_constant) and not layer.input.is_constant
    return known and layer.input.dtype is DType.FLOAT32 and weights.dtype is DType.FLOAT32


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    return _rows(layer, rows, matrix.shape[1], matrix, bias, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups. matrix: weights [outputs, rows x columns x channels]."""
    if lines_up(window):
        return _rows(layer, window.positions, matrix.shape[1], matrix, bias, "conv_2d")
    one, _ = merged(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    if one.taps == 1 and 1 in (window.y.output, window.x.output):
        step = window.channels * (window.x.stride if window.y.output == 1 else window.y.stride * window.x.input)
        return _rows(layer, window.positions, step, matrix, bias, "conv_2d")
    p = _float_layer(layer, matrix, bias, window.y.taps)
    reason = "lines under a window: " + tiles(window.x.output)
    return _window(layer, window, p, "conv_2d", f"neon_float_rows{p.suffix}", reason, matrix.size)


def depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation. matrix: weights [channel, tap]."""
    window = along_columns(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1 or window.channels < OUTPUTS:
        return None
    channels = in_eights(window.channels)
    start = bias.data.reshape(-1) if bias else np.zeros(window.channels)
    p = _packed(layer, matrix[channels], start[channels], window.y.taps, window.channels)
    helper = f"neon_float_depthwise__{window.x.taps}{p.suffix}"
    return _window(layer, window, p, "depthwise_conv_2d", helper, "eight channels at a time", matrix.size)


def _float_layer(layer: Layer, matrix: np.ndarray, bias: Tensor | None, lines: int = 1) -> FloatLayer:
    outputs = len(matrix)
    filled = np.zeros((up_to(outputs, OUTPUTS), matrix.shape[1]), np.float32)
    filled[:outputs] = matrix
    start = np.zeros(len(filled), np.float32)
    start[:outputs] = bias.data.reshape(-1) if bias else 0
    return _packed(layer, filled, start, lines, outputs)


def _packed(layer: Layer, matrix: np.ndarray, bias: np.ndarray, lines: int, outputs: int) -> FloatLayer:
    """matrix, bias: of whole eights of outputs."""
    blocks, inputs = len(matrix) // OUTPUTS, matrix.shape[1]
    weights = matrix.reshape(blocks, OUTPUTS, inputs).transpose(0, 2, 1)
    words = np.concatenate([bias.reshape(blocks, 1, OUTPUTS), weights], axis=1).astype(np.float32).reshape(-1)
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    bounds = [f"max_{_number(low)}"] if low is not None else []
    bounds += [f"min_{_number(high)}"] if high is not None else []
    table = Constant("table", words, "for each 8 outputs: biases, then weights, [element][output]", named=True)
    return FloatLayer(inputs // lines, lines, outputs, "".join(f"__{bound}" for bound in bounds), table)


def _number(bound: float) -> str:
    """A bound, all of which are whole, in the name of a helper."""
    return f"{bound:.0f}".replace("-", "m")


def _rows(layer: Layer, rows: int, step: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel:
    p = _float_layer(layer, matrix, bias)
    return Kernel(
        name=f"{name}_float32_neon_rows",
        template="neon_float_rows.c.j2",
        values={"p": p, "rows": rows, "step": step},
        constants=(p.table,),
        helpers=(f"neon_float_rows{p.suffix}" if rows > 1 else f"neon_float_tile__1{p.suffix}",),
        includes=("arm_neon.h",),
        overlap=row_overlap(layer, rows, step, ahead=TILE - 1),
        macs=rows * matrix.size,
        reason="one row behind the other: " + tiles(rows),
    )


def _window(layer: Layer, window: Window, p: FloatLayer, name: str, helper: str, reason: str, weights: int) -> Kernel:
    pitch = columns_of(window.x) * window.channels if window.clipped else 0
    return Kernel(
        name=f"{name}_float32_neon_{'ring' if pitch else 'lines'}",
        template="neon_float_window.c.j2",
        values={"p": p, "window": window, "pitch": pitch, "helper": helper},
        constants=(p.table,),
        helpers=(helper,),
        includes=("arm_neon.h", *(("string.h",) if pitch else ())),
        scratch=(Scratch("ring", DType.FLOAT32, (window.y.taps + 1) * pitch),) if pitch else (),
        overlap=ring_overlap(layer, window) if pitch else window_overlap(layer, window, ahead=window.x.output - 1),
        macs=window.positions * weights,
        reason=reason,
    )

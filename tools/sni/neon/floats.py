"""float32: a tile of four pixels by eight outputs, and eight channels of a depthwise convolution at a time.

Each output is added up in TFLM's order, by products and sums that are rounded apart, so what these kernels give differs
from c99 in no bit, but for subnormal numbers, which NEON takes for zero.
"""

from __future__ import annotations

import numpy as np

from tools.sni.ir import Tensor
from tools.sni.neon.depthwise import along_columns, in_eights, in_place
from tools.sni.neon.lines import Lines, line_windows, product_rows, product_windows
from tools.sni.neon.packing import OUTPUTS, up_to
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix [outputs, inputs] takes."""
    return product_rows(layer, _float_layer(layer, matrix, bias, 1), rows, matrix.shape[1], matrix.size, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups. matrix: weights [outputs, rows x columns x channels]."""
    return product_windows(layer, window, matrix.size, lambda lines, _: _float_layer(layer, matrix, bias, lines))


def depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation. matrix: weights [channel, tap]."""
    window = along_columns(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1 or window.channels < OUTPUTS:
        return None
    channels = in_eights(window.channels)
    start = bias.data.reshape(-1) if bias else np.zeros(window.channels)
    p = _packed(layer, matrix[channels], start[channels], window.y.taps, window.channels)
    helper = f"depthwise__{window.x.taps}{p.suffix}"
    reason = "eight channels at a time"
    return line_windows(layer, window, p, matrix.size, "depthwise_conv_2d", helper, reason, in_place(window))


def _float_layer(layer: Layer, matrix: np.ndarray, bias: Tensor | None, lines: int) -> Lines:
    outputs = len(matrix)
    filled = np.zeros((up_to(outputs, OUTPUTS), matrix.shape[1]), np.float32)
    filled[:outputs] = matrix
    start = np.zeros(len(filled), np.float32)
    start[:outputs] = bias.data.reshape(-1) if bias else 0
    return _packed(layer, filled, start, lines, outputs)


def _packed(layer: Layer, matrix: np.ndarray, bias: np.ndarray, lines: int, outputs: int) -> Lines:
    """matrix, bias: of whole eights of outputs."""
    blocks, inputs = len(matrix) // OUTPUTS, matrix.shape[1]
    weights = matrix.reshape(blocks, OUTPUTS, inputs).transpose(0, 2, 1)
    words = np.concatenate([bias.reshape(blocks, 1, OUTPUTS), weights], axis=1).astype(np.float32).reshape(-1)
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    bounds = [f"max_{_number(low)}"] if low is not None else []
    bounds += [f"min_{_number(high)}"] if high is not None else []
    table = Constant("table", words, "for each 8 outputs: biases, then weights, [element][output]", named=True)
    return Lines("float", inputs // lines, lines, outputs, "".join(f"__{bound}" for bound in bounds), table)


def _number(bound: float) -> str:
    """A bound, all of which are whole, in the name of a helper."""
    return f"{bound:.0f}".replace("-", "m")

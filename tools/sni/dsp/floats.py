"""float32 for cores with a floating-point unit: eight outputs at a time, for one or two pixels.

Each output is added up in TFLM's order, so what these kernels give differs from c99 in no bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap, window_overlap
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window, lines_up

_BLOCK = 8
"""Outputs at a time: their sums for two pixels, their weights for an input and four inputs of each are 32 registers."""


@dataclass(frozen=True)
class FloatLayer:
    """A layer as sni_dsp_float_layer has it. suffix: of the helpers that it needs."""

    inputs: int
    outputs: int
    low: float
    high: float
    suffix: str
    weights: Constant

    @property
    def blocks(self) -> int:
        return self.outputs // _BLOCK


def float_layer(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> FloatLayer:
    """matrix: weights [outputs, inputs]."""
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    suffix = "__clamped" if high is not None else "__relu" if low is not None else ""
    comment = f"for each {_BLOCK} outputs, and for those left over: [input][output] weights, [output] biases"
    table = Constant("weights", blocked(matrix, bias), comment, named=True)
    outputs, inputs = matrix.shape
    return FloatLayer(inputs, outputs, low or 0.0, high or 0.0, suffix, table)


def blocked(matrix: np.ndarray, bias: Tensor | None) -> np.ndarray:
    """All that a kernel reads, in the order in which it does: weights and biases of each block of outputs, flat."""
    starts = bias.data.reshape(1, -1) if bias else np.zeros((1, len(matrix)), np.float32)
    columns = np.concatenate([matrix.T, starts]).astype(np.float32)
    cuts = range(_BLOCK, len(matrix), _BLOCK)
    return np.concatenate([part.reshape(-1) for part in np.split(columns, cuts, axis=1)])


def is_float(layer: Layer, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether these kernels are for it: float32 throughout, constant weights, and enough outputs for a block."""
    known = weights.is_constant and (bias is None or bias.is_constant) and not layer.input.is_constant
    floats = layer.input.dtype is DType.FLOAT32 and weights.dtype is DType.FLOAT32
    return known and floats and layer.output.shape[-1] >= _BLOCK


def float_rows(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    p = float_layer(layer, matrix, bias)
    return Kernel(
        name=f"{name}_float32_dsp_rows",
        template="dsp_float_rows.c.j2",
        values={"p": p, "rows": rows},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_rows{p.suffix}"),
        includes=("math.h",),
        overlap=row_overlap(layer, rows, p.inputs, ahead=1),
        macs=rows * matrix.size,
        reason=f"{_BLOCK} outputs at a time, for {'a row' if rows == 1 else 'two rows'}",
    )


def float_convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups; of one image, unless it is nothing but a matrix product."""
    if lines_up(window):
        return float_rows(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or not window.is_plain:
        return None
    p = float_layer(layer, matrix, bias)
    return Kernel(
        name="conv_2d_float32_dsp_window",
        template="dsp_float_convolve.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_convolve{p.suffix}"),
        includes=("math.h",),
        overlap=window_overlap(layer, window, ahead=1),
        macs=window.positions * matrix.size,
        reason=f"a window over an image: {_BLOCK} outputs of two pixels at a time",
    )


def float_depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation, of one image. matrix: weights [channel, tap]."""
    if window.batches > 1 or not window.is_plain:
        return None
    p = float_layer(layer, matrix, bias)
    return Kernel(
        name="depthwise_conv_2d_float32_dsp",
        template="dsp_float_depthwise.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_depthwise{p.suffix}"),
        includes=("math.h",),
        overlap=window_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason=f"{_BLOCK} channels at a time",
    )

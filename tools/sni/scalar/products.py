"""int8 products for cores without vectors: eight outputs at a time, whose sums are all in registers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.blocks import Blocks
from tools.sni.dsp.products import is_int8
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import paired_overlap, row_overlap, window_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.scalar.outputs import Outputs, outputs_of
from tools.sni.windows import Window, lines_up

_BLOCK = 8
"""Outputs at a time."""

_BITS = 23
"""Sums of two rows that share one of 64 bits are below 2^23."""


@dataclass(frozen=True)
class ScalarProducts:
    """Rows of inputs times a matrix. blocks: (first, last, size) of the loops over outputs."""

    outputs: int
    inputs: int
    made: Outputs
    weights: Constant

    @property
    def blocks(self) -> Blocks:
        whole = self.outputs // _BLOCK * _BLOCK
        rest = [(whole, self.outputs, self.outputs - whole)] if whole < self.outputs else []
        return [*([(0, whole, _BLOCK)] if whole else []), *rest]

    @property
    def constants(self) -> tuple[Constant, ...]:
        return self.weights, *self.made.constants


def scalar_rows(layer: Layer, rows: int, matrix: np.ndarray | None, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    p = _products(layer, matrix, bias, rows)
    if p is None:
        return None
    one = rows == 1
    return Kernel(
        name=f"{name}_int8_scalar_{'row' if one else 'rows'}",
        template="scalar_rows.c.j2",
        values={"p": p, "rows": rows},
        constants=p.constants,
        helpers=(*_helpers(p), *(("scalar_start", "scalar_one_by_eight") if one else ("scalar_take_row", _TWO))),
        scratch=() if one else (Scratch("values", DType.INT32, p.inputs),),
        overlap=row_overlap(layer, 1, p.inputs) if one else paired_overlap(layer, rows, p.inputs),
        macs=rows * matrix.size,
        reason=f"{_BLOCK} outputs at a time, for {'one row' if one else 'two rows'}",
    )


def scalar_convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups, of one image unless it is nothing but a matrix product."""
    if lines_up(window):
        return scalar_rows(layer, window.positions, matrix, bias, "conv_2d")
    p = _products(layer, matrix, bias, window.positions)
    if p is None or window.batches > 1 or not window.is_plain:
        return None
    return Kernel(
        name="conv_2d_int8_scalar_window",
        template="scalar_convolve.c.j2",
        values={"p": p, "window": window, "fill": layer.input.quantisation.zero_point},
        constants=p.constants,
        helpers=(*_helpers(p), "scalar_show", _TWO),
        scratch=(Scratch("values", DType.INT32, p.inputs),),
        overlap=window_overlap(layer, window, together=2),
        macs=window.positions * matrix.size,
        reason=f"a window over an image: {_BLOCK} outputs of two pixels at a time",
    )


def scalar_depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation, of one image, its channels by fours. matrix: weights [channel, tap]."""
    channels, taps = matrix.shape
    if not is_int8(layer, layer.inputs[1], bias) or window.batches > 1 or not window.is_plain or channels % 4:
        return None
    found = outputs_of(layer, matrix, bias)
    if found is None:
        return None
    made, w = found
    table = w.astype(np.int8).reshape(-1, 4, taps).transpose(0, 2, 1)
    weights = Constant("weights", table.reshape(-1), "for each 4 channels: [tap][channel]")
    p = ScalarProducts(channels, taps, made, weights)
    return Kernel(
        name="depthwise_conv_2d_int8_scalar",
        template="scalar_depthwise_window.c.j2",
        values={"p": p, "window": window, "fill": layer.input.quantisation.zero_point},
        constants=p.constants,
        helpers=(*_helpers(p), "scalar_taps", *(("dsp_copy_window",) if window.clipped else ())),
        includes=("string.h",) if window.clipped else (),
        scratch=(Scratch("patch", DType.INT8, matrix.size),) if window.clipped else (),
        overlap=window_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason="four channels at a time",
    )


_TWO = "scalar_two_by_eight"


def _helpers(p: ScalarProducts) -> tuple[str, ...]:
    return "scalar_long", *p.made.helpers, "keep_loop"


def _products(layer: Layer, matrix: np.ndarray, bias: Tensor | None, rows: int) -> ScalarProducts | None:
    """None where other types are, sums are too large, or filling up the last block would take too much flash."""
    if not is_int8(layer, layer.inputs[1], bias):
        return None
    outputs, inputs = matrix.shape
    if 2 * (-outputs % _BLOCK) > outputs:
        return None
    found = outputs_of(layer, matrix, bias)
    if found is None:
        return None
    made, w = found
    if rows > 1:
        # Of two rows inputs are taken plus 128, and neither sum may leave its part of the 64 bits.
        reach = 255 * np.maximum(np.maximum(w, 0).sum(axis=1), np.maximum(-w, 0).sum(axis=1))
        made = made.starting(-128 * w.sum(axis=1))
        if (reach >= 1 << _BITS).any() or made is None:
            return None
    filled = np.pad(w, ((0, -outputs % _BLOCK), (0, 0)))
    table = (filled + 128).astype(np.uint8).reshape(-1, _BLOCK, inputs).transpose(0, 2, 1)
    comment = f"for each {_BLOCK} outputs: [{inputs} inputs][output], plus 128"
    return ScalarProducts(outputs, inputs, made, Constant("weights", table.reshape(-1), comment))

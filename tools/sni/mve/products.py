"""Rows of int8 inputs times a constant matrix, and convolutions that are such a product, for the mve templates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.costs import beginning
from tools.sni.dsp.products import scaling_of_layer
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap, window_overlap
from tools.sni.mve.direct import direct_convolution
from tools.sni.mve.packing import LANES, Steps, stream
from tools.sni.mve.scaling import Scaling, scaling_of
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Window, lines_up

ROWS_TOGETHER = 3
"""Of inputs, in the kernel for several of them."""

_UNROLLED, _TURN = {1: 8, 3: 4}, {1: 4, 3: 2}
"""Steps up to which a kernel of so many rows has no loop, for what that saves, and steps of the turn of a loop."""

_ORDER = {1: ((0, 1, 2, 3),), 3: ((0, 2), (1, 3))}
"""In which a kernel of so many rows makes four outputs."""


@dataclass(frozen=True)
class Product:
    """A layer as sni_mve_layer has it. clamp: of the outputs. steps: of its kernel."""

    scaling: Scaling
    clamp: tuple[int, int]
    outputs: int
    inputs: int
    steps: Steps
    table: Constant

    @property
    def suffix(self) -> str:
        """Of the helpers that this layer needs."""
        ragged = "__ragged" if self.outputs % 4 else ""
        clamped = "__clamped" if self.clamp != DType.INT8.bounds else ""
        return self.steps.suffix + ("__signed" if self.scaling.signed else "") + clamped + ragged


def product_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None, together: int) -> Product | None:
    """The product of a layer whose input is multiplied as it is stored; None where there is no scaling for its sums.

    matrix: weights [outputs, inputs]. together: rows of inputs that the kernel takes at a time.
    """
    scaling, clamp = scaling_of_layer(layer, matrix, bias, scaling_of)
    if scaling is None:
        return None
    order = _ORDER[together]
    comment = (
        "for each four outputs: weights, 16 inputs at a time, of outputs "
        f"{', then '.join(' and '.join(map(str, part)) for part in order)}; biases; factors"
        f"{'; steps' if scaling.signed else ''}"
    )
    steps = Steps.of(matrix.shape[1], _UNROLLED[together], _TURN[together])
    table = Constant("table", stream(matrix, scaling, order), comment, named=True)
    return Product(scaling, clamp, *matrix.shape, steps, table)


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    one = rows == 1
    p = product_of(layer, matrix, bias, 1 if one else ROWS_TOGETHER)
    if p is None:
        return None
    helper = f"mve_{'one_row' if one else 'rows'}{p.suffix}"
    return Kernel(
        name=f"{name}_int8_mve_{'row' if one else 'rows'}",
        template="mve_rows.c.j2",
        values={"p": p, "rows": rows, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        overlap=row_overlap(layer, rows, p.inputs, ahead=ROWS_TOGETHER - 1),
        macs=rows * matrix.size,
        set_up=beginning(lambda count: _instructions(matrix.shape, count), rows),
        reason="one row: four outputs at a time, each weight used once"
        if one
        else "several rows: three rows and two outputs at a time",
    )


def _instructions(shape: tuple[int, ...], rows: int) -> float:
    """About what so many rows take by a matrix of this shape."""
    outputs, groups = shape[0], -(-shape[1] // LANES)
    if rows == 1:
        return outputs / 4 * (9 * groups + 12)
    return -(-rows // ROWS_TOGETHER) * outputs / 2 * (11 * groups + 20)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without groups: what the window shows for three pixels is copied, then multiplied."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    direct = direct_convolution(layer, window, matrix, bias)
    if direct is not None:
        return direct
    p = product_of(layer, matrix, bias, ROWS_TOGETHER)
    if p is None:
        return None
    helper = f"mve_convolve{p.suffix}"
    return Kernel(
        name="conv_2d_int8_mve_window",
        template="mve_convolve.c.j2",
        values={"p": p, "window": window, "fill": layer.input.quantisation.zero_point, "helper": helper},
        constants=(p.table,),
        helpers=("mve_function", helper),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.INT8, ROWS_TOGETHER * p.inputs),),
        overlap=window_overlap(layer, window, together=ROWS_TOGETHER),
        macs=window.positions * matrix.size,
        reason="a window over an image: three pixels and two outputs at a time",
    )

"""Rows of int8 inputs times a constant matrix, and convolutions that are such a product, for the neon templates.

One kernel does all of them: a tile of four pixels by eight outputs. What differs is where the inputs of a pixel lie:

* `rows`: one pixel's behind another's, or a fixed step apart, in the input itself;
* `columns`: in a strip that is made for each row of the output. It holds the input's columns one after the other, each
  with the lines that the window shows, so that a window is one run of bytes, and the next one begins `stride` columns
  on. Beyond the image it holds the zero point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.costs import beginning
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap, window_overlap
from tools.sni.neon.packing import INPUTS, OUTPUTS, longest_chain, packed, table, up_to
from tools.sni.neon.scaling import Scaling, scaling_of_layer
from tools.sni.operators import Constant, Kernel, Layer, Overlap, Scratch
from tools.sni.told_products import ToldProduct
from tools.sni.windows import Axis, Window, lines_up, merged, same_or_valid

TILE = 4
"""Pixels of a tile."""


@dataclass(frozen=True)
class Product:
    """A layer as sni_neon_layer has it. chain: products that a lane of 16 bits may add up."""

    scaling: Scaling
    outputs: int
    inputs: int
    chain: int
    table: Constant

    @property
    def groups(self) -> int:
        return up_to(self.inputs, INPUTS) // INPUTS

    @property
    def suffix(self) -> str:
        """Of the helpers that this layer needs."""
        return f"__{self.chain}{self.scaling.suffix}"


def product_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> Product | None:
    """The product of a layer whose input is multiplied as it is stored; None where requantisation takes another form.

    matrix: weights [outputs, inputs].
    """
    scaling = scaling_of_layer(layer, matrix, bias)
    if scaling is None:
        return None
    words = table(scaling.bias, scaling.multipliers, scaling.shifts, packed(matrix))
    comment = (
        "for each 8 outputs: what sums start from; for each 8 inputs bytes, [pair of inputs][output][2]; multipliers; "
        "shifts"
    )
    return Product(scaling, *matrix.shape, longest_chain(matrix), Constant("table", words, comment, named=True))


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    inputs = matrix.shape[1]
    if inputs % INPUTS:
        image = Window(same_or_valid("VALID", rows, 1, 1), same_or_valid("VALID", 1, 1, 1), 1, inputs)
        return _columns(layer, image, matrix, bias, name, row_overlap(layer, rows, inputs))
    return _rows(layer, rows, inputs, matrix, bias, name)


def told_row(layer: Layer, told: ToldProduct) -> Kernel | None:
    """The kernel of one row whose outputs are quantised differently in each step of a loop; None if it is another."""
    if told.rows > 1 or told.inputs % INPUTS or not told.simple or layer.options.rounding != "double":
        return None
    padding = -told.outputs % OUTPUTS
    nothing = np.zeros(0, np.int64)
    scaling = Scaling(nothing, nothing, nothing, 0, DType.INT8.bounds)
    comment = "for each 8 outputs, for each 8 inputs bytes, [pair of inputs][output][2]"
    words = np.ascontiguousarray(packed(told.weights)).view("<i4").astype(np.int32).reshape(-1)
    weights = Constant("table", words, comment, named=True)
    p = Product(scaling, told.outputs, told.inputs, longest_chain(told.weights), weights)
    scales = np.pad(np.broadcast_to(told.scales, (told.outputs,)), (0, padding), mode="edge").view(np.uint32)
    starts = np.pad(told.starts[0], (0, padding)).astype(np.int32)
    kernel = Kernel(
        name="fully_connected_int8_neon_row_told",
        template="neon_row_told.c.j2",
        values={"p": p, "zero_point": told.point},
        constants=(
            weights,
            Constant("starts", starts, "[output], what sums start from", named=True),
            Constant("scales", scales, "[output], of the weights, as the bits of floats", named=True),
        ),
        helpers=(f"neon_tile__1{p.suffix}__told", "neon_told"),
        includes=("arm_neon.h", "string.h"),
        scratch=(Scratch("factors", DType.INT32, 3 * len(scales)),),
        overlap=row_overlap(layer, 1, told.inputs),
        macs=told.macs,
        reason="one row: eight outputs at a time, factors computed for each",
    )
    return told.told.kernel(kernel)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without groups, of one image unless windows lie one behind the other.

    matrix: weights [outputs, rows x columns x channels].
    """
    if lines_up(window) and (matrix.shape[1] % INPUTS == 0 or window.batches > 1):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1:
        return None
    one, run = merged(window)
    if one.taps == 1 and not window.clipped and run % INPUTS == 0 and 1 in (window.y.output, window.x.output):
        step = window.channels * (window.x.stride if window.y.output == 1 else window.y.stride * window.x.input)
        return _rows(layer, window.positions, step, matrix, bias, "conv_2d")
    if window.x.dilation > 1:
        return None
    overlap = window_overlap(layer, window, together=window.x.output)
    return _columns(layer, window, matrix, bias, "conv_2d", overlap)


def instructions(p: Product, rows: int) -> int:
    """What the kernel takes for so many rows that lie in the input, by its tiles: within a tenth of what is counted."""
    blocks = up_to(p.outputs, OUTPUTS) // OUTPUTS
    each = 11 + 2 * p.scaling.signed + 2 * (p.scaling.clamp != DType.INT8.bounds)

    # Outputs that do not fill the last block are copied.
    rest = 23 if p.outputs % OUTPUTS else 0

    def tile(pixels: int) -> int:
        group = 3 + pixels * (9 + 8 // p.chain)
        return 45 + pixels * rest + blocks * (p.groups * group + 12 + pixels * each)

    return rows // 4 * tile(4) + rows % 4 // 2 * tile(2) + rows % 2 * tile(1)


def _portable(p: Product, rows: int) -> int:
    """What c99 takes for them, about: four products in three instructions, and a few for each output."""
    return rows * (p.outputs * p.inputs * 4 // 5 + p.outputs * 4)


def _rows(layer: Layer, rows: int, step: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    p = product_of(layer, matrix, bias)
    if p is None or instructions(p, rows) > _portable(p, rows):
        return None
    return Kernel(
        name=f"{name}_int8_neon_rows",
        template="neon_rows.c.j2",
        values={"p": p, "rows": rows, "step": step},
        constants=(p.table,),
        helpers=(f"neon_rows{p.suffix}" if rows > 1 else f"neon_tile__1{p.suffix}",),
        includes=("string.h",),
        overlap=row_overlap(layer, rows, step, ahead=TILE - 1),
        macs=rows * matrix.size,
        set_up=beginning(lambda count: instructions(p, count), rows),
        reason=f"inputs in eights, one row behind the other: {tiles(rows)}; "
        f"about {instructions(p, rows):,} instructions, {_portable(p, rows):,} by c99",
    )


def _columns(
    layer: Layer,
    window: Window,
    matrix: np.ndarray,
    bias: Tensor | None,
    name: str,
    overlap: tuple[Overlap, ...],
) -> Kernel | None:
    taps = matrix.reshape(-1, window.y.taps, window.x.taps, window.channels)
    p = product_of(layer, taps.transpose(0, 2, 1, 3).reshape(matrix.shape), bias)
    if p is None:
        return None
    pitch = window.y.taps * window.channels
    # Groups are whole; what the last one reads beyond a window's end is multiplied by 0.
    size = pitch * columns_of(window.x) + up_to(p.inputs, INPUTS) - p.inputs
    return Kernel(
        name=f"{name}_int8_neon_columns",
        template="neon_window.c.j2",
        values={
            "p": p,
            "window": window,
            "pitch": pitch,
            "size": size,
            "fill": layer.input.quantisation.zero_point,
        },
        constants=(p.table,),
        helpers=(f"neon_rows{p.suffix}", *_spreads(window)),
        includes=("arm_neon.h", "string.h"),
        scratch=(Scratch("columns", DType.INT8, size),),
        overlap=overlap,
        macs=window.positions * matrix.size,
        reason="a strip of columns for each row of the output: " + tiles(window.x.output),
    )


def _spreads(window: Window) -> tuple[str, ...]:
    """The helpers that copy lines of the image to a strip."""
    over = ("neon_spread__3__over",) if window.channels == 3 and window.y.taps > 1 else ()
    return f"neon_spread__{window.channels}", *over


def columns_of(axis: Axis) -> int:
    """Columns that windows look at, or that the image has."""
    return max((axis.output - 1) * axis.stride + axis.taps, axis.before + axis.input)


def tiles(pixels: int) -> str:
    return f"{min(pixels, TILE)} pixel{'s' if pixels > 1 else ''} and 8 outputs at a time"

"""Rows of int8 inputs times a constant matrix, and convolutions that are such a product, for the dsp templates."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from tools.sni.dsp.packing import groups, starts, stream
from tools.sni.dsp.scaling import Scaling, scaling_of
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import copy_lead, paired_overlap, window_overlap
from tools.sni.numerics.multiplier import Multiplier, quantise_multiplier
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import activation_bounds
from tools.sni.sums import real_factors
from tools.sni.told_products import ToldProduct
from tools.sni.windows import Axis, Window

_NARROW = 10
"""Words of what a window shows, up to which they are copied without a loop, which takes 8 bytes of code for each."""

_MOSTLY = 0.8
"""Share of windows inside the image from which on what the others take matters little."""

S = TypeVar("S")
"""A profile's scaling."""


@dataclass(frozen=True)
class Product:
    """A layer as sni_dsp_layer has it.

    clamp: of the outputs. shared: one factor for all outputs. wide: weights of 16 bits.
    """

    scaling: Scaling
    clamp: tuple[int, int]
    outputs: int
    inputs: int
    shared: bool
    wide: bool
    weights: Constant

    @property
    def suffix(self) -> str:
        """Of the helpers that this layer needs."""
        clamped = "" if self.clamp == DType.INT8.bounds else "__clamped"
        return ("__wide" if self.wide else "") + ("__signed" if self.scaling.signed else "") + clamped

    @property
    def each(self) -> str:
        return "" if self.shared else "__each"

    @property
    def groups(self) -> int:
        return groups(self.inputs)

    @property
    def factor(self) -> int:
        return int(self.scaling.factors[0])

    @property
    def addend(self) -> int:
        return int(self.scaling.addends[0])

    def values_words(self, rows: int) -> int:
        """32-bit words that hold the inputs of so many rows."""
        return 2 * self.groups * rows


def product_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None, at_a_time: int) -> Product | None:
    """The product of a layer whose input is multiplied as it is stored; None where its sums or weights do not fit.

    matrix: weights [outputs, inputs].
    """
    scaling, clamp = scaling_of_layer(layer, matrix, bias)
    if scaling is None:
        return None
    # Rows that are few share their factor where they can; where rows are many, a table without exceptions is faster.
    shared = at_a_time == 4 and scaling.uniform
    scales = None if shared else np.stack([scaling.factors, scaling.addends], axis=1)
    wide = layer.options.optimise == "speed"
    words = stream(np.where(scaling.constant[:, None], 0, matrix), scaling.starts, scales, at_a_time, wide=wide)
    if words is None:
        return None
    comment = (
        f"for each {at_a_time} outputs: what their sums start from; their weights for 4 inputs at a time, (0, 2) and "
        f"(1, 3), {'times 256' if wide else 'as 256 * second + first of two outputs'}"
        f"{'' if shared else '; factor and addend of each'}"
    )
    return Product(scaling, clamp, *matrix.shape, shared, wide, Constant("weights", words, comment, named=True))


def scaling_of_layer(
    layer: Layer, matrix: np.ndarray, bias: Tensor | None, search: Callable[..., S | None] = scaling_of
) -> tuple[S | None, tuple[int, int]]:
    """How the layer's sums become outputs, with the zero point of the input in their starts; and the clamp.

    search: a profile's scaling_of.
    """
    x, y = layer.input, layer.output
    w = matrix.astype(np.int64)
    start = bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(len(w), np.int64)
    start = start - x.quantisation.zero_point * w.sum(axis=1)
    reals = real_factors(layer, layer.inputs[1])
    multipliers = tuple(quantise_multiplier(real) for real in reals) * (len(w) if len(reals) == 1 else 1)
    clamp = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    reach = np.abs(w).sum(axis=1) * 128
    given = (y.quantisation.zero_point, clamp, layer.options.rounding)
    return _found(search, multipliers, start.tobytes(), reach.tobytes(), *given), clamp


# Stripes have the same layers lowered again and again, and this is most of what that takes.
@functools.lru_cache(maxsize=256)
def _found(
    search: Callable[..., S | None],
    multipliers: tuple[Multiplier, ...],
    starts: bytes,
    reach: bytes,
    zero_point: int,
    clamp: tuple[int, int],
    rounding: str,
) -> S | None:
    ends = (np.frombuffer(data, np.int64) for data in (starts, reach))
    return search(multipliers, *ends, zero_point, clamp, rounding)


def is_int8(layer: Layer, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether these kernels are for it: int8 throughout, and constant weights without zero points."""
    known = weights.is_constant and (bias is None or bias.is_constant) and not layer.input.is_constant
    int8 = layer.input.dtype is DType.INT8 and weights.dtype is DType.INT8
    return known and int8 and not any(weights.quantisation.zero_points)


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    p = product_of(layer, matrix, bias, 4 if rows == 1 else 2)
    if p is None:
        return None
    if rows == 1:
        return Kernel(
            name=f"{name}_int8_dsp_row",
            template="dsp_one_row.c.j2",
            values={"p": p},
            constants=(p.weights,),
            helpers=(f"dsp_one_row{p.suffix}{p.each}", "keep_loop"),
            scratch=(Scratch("values", DType.INT32, p.values_words(1), (0, copy_lead(p.groups, 4, 8))),),
            overlap=paired_overlap(layer, 1, p.inputs),
            macs=matrix.size,
            reason="one row: four outputs at a time, each weight used once",
        )
    return Kernel(
        name=f"{name}_int8_dsp_rows",
        template="dsp_rows.c.j2",
        values={"p": p, "rows": rows},
        constants=(p.weights,),
        helpers=(f"dsp_rows{p.suffix}", "keep_loop"),
        scratch=(Scratch("values", DType.INT32, p.values_words(2)),),
        overlap=paired_overlap(layer, rows, p.inputs),
        macs=rows * matrix.size,
        reason="several rows: two rows and two outputs at a time",
    )


def told_row(layer: Layer, told: ToldProduct) -> Kernel | None:
    """The kernel of one row whose outputs are quantised differently in each step of a loop; None if it is another."""
    if told.rows > 1 or not told.simple or layer.options.rounding != "double" or told.largest >= 1 << 23:
        return None
    wide = layer.options.optimise == "speed"
    # Outputs that fill up the last four have a scale as well, for shifts that are none are undefined.
    scales = np.pad(np.broadcast_to(told.scales, (told.outputs,)), (0, -told.outputs % 4), mode="edge")
    # Steps that start from different sums share the weights.
    words = stream(told.weights, None, scales[:, None].view(np.uint32), 4, wide=wide)
    if words is None:
        return None
    comment = (
        "for each 4 outputs: their weights for 4 inputs at a time, (0, 2) and (1, 3), "
        f"{'times 256' if wide else 'as 256 * second + first of two outputs'}; the scale of each, as a float's bits"
    )
    tables = (
        Constant("weights", words, comment, named=True),
        Constant("starts", starts(told.starts[0], 4, wide=wide), "what the sums of each pair of outputs start from"),
    )
    groups_of_four = groups(told.inputs)
    kernel = Kernel(
        name="fully_connected_int8_dsp_row_told",
        template="dsp_one_row_told.c.j2",
        values={"p": told, "groups": groups_of_four, "wide": wide},
        constants=tables,
        helpers=(f"dsp_one_row{'__wide' if wide else ''}__told", "keep_loop"),
        scratch=(Scratch("values", DType.INT32, 2 * groups_of_four, (0, copy_lead(groups_of_four, 4, 8))),),
        overlap=paired_overlap(layer, 1, told.inputs),
        macs=told.macs,
        reason="one row: four outputs at a time, factors computed for each",
    )
    return told.told.kernel(kernel)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups: what the window shows for two pixels is widened, then multiplied."""
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    p = product_of(layer, matrix, bias, 2)
    if p is None:
        return None
    narrow = _narrow(window)
    patch = 8 * (p.groups + 1) if narrow else 2 * p.inputs
    return Kernel(
        name=f"conv_2d_int8_dsp_{'narrow_' if narrow else ''}window",
        template="dsp_convolve.c.j2",
        values={"p": p, "window": window, "fill": layer.input.quantisation.zero_point, "narrow": narrow},
        constants=(p.weights,),
        helpers=(f"dsp_convolve{narrow}{p.suffix}", "keep_loop"),
        includes=("string.h",),
        scratch=(Scratch("values", DType.INT32, p.values_words(2)), Scratch("patch", DType.INT8, patch)),
        overlap=window_overlap(layer, window, together=2),
        macs=window.positions * matrix.size,
        reason="a window over an image: two pixels and two outputs at a time"
        + ("; its rows are few words, copied without a loop" if narrow else ""),
    )


def _narrow(window: Window) -> str:
    """The suffix of the helper that copies what the window shows without loops, where its rows are few words.

    Rows of fours of bytes are widened where they lie, unless windows often leave the image.
    """
    run = window.x.taps * window.channels
    words = window.y.taps * -(-run // 4)
    inside = _inside(window.y) * _inside(window.x)
    if words > _NARROW or (run % 4 == 0 and inside > _MOSTLY * window.positions):
        return ""
    return f"__narrow__{window.y.taps}__{run}"


def _inside(axis: Axis) -> int:
    """Positions at which the window does not leave the input."""
    first = -(-axis.before // axis.stride)
    return max(0, min(axis.output, (axis.input - axis.taps + axis.before) // axis.stride + 1) - first)

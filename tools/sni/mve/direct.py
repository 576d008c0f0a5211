"""CONV_2D of int8 where four pixels side by side share what their windows show: channels by sixteens, few taps.

Rows of the image go to a ring of as many rows as the window has taps, with the zero point on both sides. Each sixteen
channels of a pixel are loaded once for all pixels of the output and all taps that see them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.packing import words
from tools.sni.dsp.products import scaling_of_layer
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import lead
from tools.sni.mve.packing import LANES
from tools.sni.mve.scaling import Scaling, scaling_of
from tools.sni.operators import Constant, Kernel, Layer, Overlap, Scratch
from tools.sni.windows import Window

_PIXELS = 4
_MOST_ROWS = 3
_MOST_COLUMNS = 5
_FARTHEST = 508
"""Bytes that a load's offset reaches."""


@dataclass(frozen=True)
class _Direct:
    """A layer as sni_mve_layer has it."""

    scaling: Scaling
    clamp: tuple[int, int]
    outputs: int
    inputs: int


def direct_convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """matrix: weights [outputs, inputs]. None for windows and channels that it is not for."""
    y, x, channels, outputs = window.y, window.x, window.channels, len(matrix)
    seen = (_PIXELS - 1) * x.stride + x.taps
    fits = channels % LANES == 0 and outputs % 4 == 0 and x.output >= _PIXELS
    if not fits or y.taps > _MOST_ROWS or not 1 < x.taps <= _MOST_COLUMNS or seen * channels > _FARTHEST + LANES:
        return None
    scaling, clamp = scaling_of_layer(layer, matrix, bias, scaling_of)
    if scaling is None:
        return None
    weights = np.where(scaling.constant[:, None], 0, matrix)
    # [output][row][sixteen channels][tap][channel of them]
    ordered = weights.reshape(outputs, y.taps, x.taps, -1, LANES).transpose(0, 1, 3, 2, 4).reshape(outputs, -1)
    scales = [scaling.biases, scaling.factors, *(() if scaling.steps is None else (scaling.steps,))]
    packed = np.ascontiguousarray(ordered.astype(np.int8)).view("<u4").astype(np.uint32)
    table = np.concatenate([packed, words(np.stack(scales, axis=1))], axis=1).reshape(-1)
    columns = max(x.before + x.input, (x.output - 1) * x.stride + x.taps)
    suffix = f"__{y.taps}__{x.taps}__{x.stride}__{channels}"
    suffix += ("__signed" if scaling.signed else "") + ("" if clamp == DType.INT8.bounds else "__clamped")
    helper = f"mve_direct{suffix}"
    comment = f"for each output: weights, 16 channels at a time; bias, factor{', step' if scaling.signed else ''}"
    return Kernel(
        name="conv_2d_int8_mve_direct",
        template="mve_direct.c.j2",
        values={
            "p": _Direct(scaling, clamp, *matrix.shape),
            "window": window,
            "fill": layer.input.quantisation.zero_point,
            "helper": helper,
            "pitch": columns * channels,
        },
        constants=(Constant("table", table, comment, named=True),),
        helpers=("mve_function", helper),
        includes=("string.h",),
        scratch=(Scratch("ring", DType.INT8, y.taps * columns * channels),),
        overlap=_ring_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason="channels by sixteens: four pixels of the output share what their windows show",
    )


def _ring_overlap(layer: Layer, window: Window) -> tuple[Overlap, ...]:
    """Before a row of the output is written, all rows of the input up to the last one it needs are in the ring."""
    x, y = layer.input, layer.output
    row = np.arange(1, window.y.output + 1)
    taken = np.clip((row - 1) * window.y.stride - window.y.before + window.y.taps, 0, window.y.input)
    needs = np.where(taken < window.y.input, taken * (x.bytes // window.y.input), y.bytes)
    needs[-1] = y.bytes
    distance = lead(needs, row * (y.bytes // window.y.output))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()

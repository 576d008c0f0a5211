"""CONV_2D: output[y, x, o] = activation(sum over a window of input[y', x', i] * weights[o, y'', x'', i] + bias[o]).

Weights are [outputs, rows, columns, channels]. Where they have fewer channels than the input, the input's channels fall
into groups, each seen by its share of the outputs.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.blocks import loop_helpers
from tools.sni.convolution import convolution_problems
from tools.sni.dsp import rows as dsp_rows
from tools.sni.dsp.floats import float_convolution
from tools.sni.dsp.int16 import int16_convolution, is_int16
from tools.sni.dsp.products import convolution, is_int8
from tools.sni.float_products import float_products_of, float_rows_by_matrix, is_float, variant
from tools.sni.hybrid import QUANTISED, HybridSums, hybrid_sums, is_hybrid
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap, window_overlap
from tools.sni.mve import floats as mve_floats
from tools.sni.mve import int16 as mve_int16
from tools.sni.mve import products as mve_products
from tools.sni.neon import floats as neon_floats
from tools.sni.neon import int16 as neon_int16
from tools.sni.neon import products as neon_products
from tools.sni.operators import Kernel, Layer, Scratch, kernel, operator
from tools.sni.products import products_of
from tools.sni.scalar.products import scalar_convolution
from tools.sni.straight import rows_by_matrix
from tools.sni.weights import HYBRIDS, NARROW_FLOATS, NARROW_INTEGERS
from tools.sni.windows import Window, lines_up, merged, window_of, window_problems
from tools.sni.x86 import floats as x86_floats
from tools.sni.x86 import int16 as x86_int16
from tools.sni.x86 import products as x86_products
from tools.sni.x86 import sparse as x86_sparse

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.FLOAT32, DType.FLOAT16): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT8): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT4): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT8, DType.INT4): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT32, DType.INT64),
}

_LOCAL_PATCH = 256
"""Bytes up to which the input under a window is copied to the stack, not to the arena, where it could be on top of the
layer that decides the arena's size."""


@operator(
    "CONV_2D",
    types=("float32", "int8", "int16x8", NARROW_FLOATS, NARROW_INTEGERS, HYBRIDS),
    inputs=(2, 3),
    limits="constant weights and bias; per-tensor or per-channel weights; strides, dilations, groups; "
    "NONE, RELU, RELU6, RELU_N1_TO_1",
)
def check(layer: Layer) -> Iterator[str]:
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    problems = list(convolution_problems(layer, x, weights, bias, _TYPES, axis=0))
    yield from problems
    if problems:
        return
    outputs, rows, columns, channels = weights.shape
    yield from window_problems(layer, (rows, columns), outputs)
    if len(x.shape) == 4 and (x.shape[3] % channels or not x.shape[3] or outputs % (x.shape[3] // channels)):
        yield (
            f"splits {x.shape[3]} channels into groups of {channels}, each with its share of {outputs} outputs; "
            "both must divide without a rest"
        )


@kernel("CONV_2D", profile="c99")
def matrix_product(layer: Layer) -> Kernel | None:
    """Where the windows lie side by side in memory and do not overlap, the image is the rows of a matrix as it is."""
    weights, bias = layer.inputs[1], layer.optional(2)
    window = window_of(layer, weights.shape[1:3])
    if weights.shape[3] < window.channels or not lines_up(window) or is_hybrid(layer):
        return None
    rows_times_matrix = float_rows_by_matrix if layer.input.dtype is DType.FLOAT32 else rows_by_matrix
    return rows_times_matrix(layer, window.positions, _matrix(weights), bias, "conv_2d")


@kernel("CONV_2D", profile="c99")
def float32(layer: Layer) -> Kernel | None:
    """Blocks of outputs side by side, to which each tap on the image adds its products in turn."""
    if layer.input.dtype is not DType.FLOAT32 or is_hybrid(layer):
        return None
    weights = layer.inputs[1]
    window, run, channel = _view(layer)
    p = float_products_of(layer, _matrix(weights), layer.optional(2), groups=_groups(layer))
    return Kernel(
        name=f"conv_2d_{variant(layer)}_blocked",
        template="conv_2d_float32.c.j2",
        values={"window": window, "run": run, "channel": channel, "p": p},
        constants=p.constants,
        helpers=(*p.helpers, *loop_helpers(p.blocks), *window.helpers),
        includes=("math.h",),
        overlap=window_overlap(layer, window_of(layer, weights.shape[1:3])),
        macs=window.positions * weights.elements,
    )


@kernel("CONV_2D", profile="c99")
def integer(layer: Layer) -> Kernel | None:
    """What the window shows as a row of a matrix product: where it lies if that is in one piece, else copied."""
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    window, run, channel = _view(layer)
    direct = not channel and window.taps == 1 and not window.clipped
    hybrid = _hybrid_sums(layer) if is_hybrid(layer) else None
    p = products_of(layer, _matrix(weights), bias, padded=not direct, groups=_groups(layer), hybrid=hybrid)
    values = DType.INT8 if hybrid else x.dtype
    local = not direct and p.inputs * values.size <= _LOCAL_PATCH
    return Kernel(
        name=f"conv_2d_{'hybrid_' if hybrid else ''}{variant(layer)}_{'direct' if direct else 'patch'}_{p.variant}",
        template="conv_2d_int.c.j2",
        values={
            "window": window,
            "run": run,
            "channel": channel,
            "direct": direct,
            "local": local,
            "unset": not direct and not window.clipped and p.inputs > window.taps * run,
            "zero_point": hybrid.zero_point if hybrid else x.quantisation.zero_point,
            "size": values.size,
            "p": p,
            "before": hybrid.before if hybrid else (),
            "source": QUANTISED if hybrid else "input",
            "input_type": values.c,
            "output_type": layer.output.dtype.c,
        },
        constants=p.constants,
        helpers=(*p.helpers, *window.helpers),
        includes=(*(() if direct else ("string.h",)), *p.sums.includes),
        scratch=(*p.sums.scratch, *(() if direct or local else (Scratch("patch", values, p.inputs),))),
        overlap=batch_overlap(layer, window.batches)
        if hybrid
        else window_overlap(layer, window_of(layer, weights.shape[1:3])),
        macs=window.positions * weights.elements,
    )


def _hybrid_sums(layer: Layer) -> HybridSums:
    """Scales that differ, and groups, LiteRT leaves to another kernel, which quantises by both ends."""
    weights, x = layer.inputs[1], layer.input
    several = len(set(weights.quantisation.scales)) > 1 or _groups(layer) > 1
    image = x.elements // x.shape[0]
    return hybrid_sums(layer, _matrix(weights), layer.optional(2), image, asymmetric=several, in_turn=several)


@kernel("CONV_2D", profile="dsp")
def dsp(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if _groups(layer) > 1:
        return None
    window = window_of(layer, weights.shape[1:3])
    if is_float(layer, weights, bias):
        return float_convolution(layer, window, _matrix(weights), bias)
    if is_int16(layer, weights, bias):
        return int16_convolution(layer, window, _matrix(weights), bias)
    if not is_int8(layer, weights, bias):
        return None
    if lines_up(window):
        return dsp_rows.rows_by_matrix(layer, window.positions, _matrix(weights), bias, "conv_2d")
    return convolution(layer, window, _matrix(weights), bias)


@kernel("CONV_2D", profile="mve")
def mve(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if not is_float(layer, weights, bias) or _groups(layer) > 1:
        return None
    return mve_floats.convolution(layer, window_of(layer, weights.shape[1:3]), _matrix(weights), bias)


@kernel("CONV_2D", profile="mve_integer")
def mve_integer(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    window = window_of(layer, weights.shape[1:3])
    if _groups(layer) > 1:
        return None
    if is_int16(layer, weights, bias):
        return mve_int16.convolution(layer, window, _matrix(weights), bias)
    return mve_products.convolution(layer, window, _matrix(weights), bias) if is_int8(layer, weights, bias) else None


@kernel("CONV_2D", profile="neon")
def neon(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if _groups(layer) > 1:
        return None
    window = window_of(layer, weights.shape[1:3])
    if is_float(layer, weights, bias):
        return neon_floats.convolution(layer, window, _matrix(weights), bias)
    if is_int16(layer, weights, bias):
        return neon_int16.convolution(layer, window, _matrix(weights), bias)
    return neon_products.convolution(layer, window, _matrix(weights), bias) if is_int8(layer, weights, bias) else None


@kernel("CONV_2D", profile="scalar")
def scalar(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if _groups(layer) > 1:
        return None
    return scalar_convolution(layer, window_of(layer, weights.shape[1:3]), _matrix(weights), bias)


@kernel("CONV_2D", profile="x86")
def x86(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    window = window_of(layer, weights.shape[1:3])
    if _groups(layer) > 1:
        return None
    if is_float(layer, weights, bias):
        return x86_floats.convolution(layer, window, _matrix(weights), bias)
    if is_int16(layer, weights, bias):
        return x86_int16.convolution(layer, window, _matrix(weights), bias)
    if not is_int8(layer, weights, bias):
        return None
    if lines_up(window):
        return x86_sparse.rows_by_matrix(layer, window.positions, _matrix(weights), bias, "conv_2d")
    return x86_products.convolution(layer, window, _matrix(weights), bias)


def _matrix(weights: Tensor) -> np.ndarray:
    """[outputs, inputs of each]."""
    return weights.data.reshape(weights.shape[0], -1)


def _groups(layer: Layer) -> int:
    return layer.input.shape[3] // layer.inputs[1].shape[3]


def _view(layer: Layer) -> tuple[Window, int, str]:
    """The window, the elements of a tap, and C for the first channel that a block of outputs sees, "" for channel 0."""
    outputs, *taps, channels = layer.inputs[1].shape
    window = window_of(layer, tuple(taps))
    if _groups(layer) == 1:
        return *merged(window), ""
    share = outputs // _groups(layer)
    group = "block" if share == 1 else f"block / {share}"
    return window, channels, group if channels == 1 else f"{group} * {channels}"

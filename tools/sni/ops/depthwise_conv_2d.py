"""DEPTHWISE_CONV_2D: output[y, x, o] = activation(sum over a window of input[.., o / m] * weights[.., o] + bias[o]).

m, the multiplier, is how many outputs each channel has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tools.sni.blocks import LARGEST, Blocks, blocks, loop_helpers
from tools.sni.convolution import convolution_problems
from tools.sni.dsp.depthwise import depthwise
from tools.sni.dsp.floats import float_depthwise
from tools.sni.dsp.int16 import int16_depthwise, is_int16
from tools.sni.dsp.products import is_int8
from tools.sni.emit.literals import plus
from tools.sni.float_products import FloatProducts, bias_table, is_float, variant
from tools.sni.hybrid import QUANTISED, hybrid_sums, is_hybrid
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap, window_overlap
from tools.sni.mve import floats as mve_floats
from tools.sni.mve import int16 as mve_int16
from tools.sni.mve.depthwise import depthwise as mve_depthwise
from tools.sni.neon import floats as neon_floats
from tools.sni.neon import int16 as neon_int16
from tools.sni.neon.depthwise import depthwise as neon_depthwise
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS
from tools.sni.scalar import depthwise as scalar_plane
from tools.sni.scalar.products import scalar_depthwise
from tools.sni.sums import sums_of
from tools.sni.weights import HYBRIDS, NARROW_FLOATS, NARROW_INTEGERS, storage
from tools.sni.windows import Window, window_of, window_problems
from tools.sni.x86 import floats as x86_floats
from tools.sni.x86 import int16_depthwise as x86_int16
from tools.sni.x86.depthwise import depthwise as x86_depthwise

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.FLOAT32, DType.FLOAT16): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT8): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT4): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT8, DType.INT4): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT64,),
}


@operator(
    "DEPTHWISE_CONV_2D",
    types=("float32", "int8", "int16x8", NARROW_FLOATS, NARROW_INTEGERS, HYBRIDS),
    inputs=(2, 3),
    limits="constant weights and bias; per-tensor or per-channel weights; strides, dilations, any multiplier; "
    "int16 with int64 bias; NONE, RELU, RELU6, RELU_N1_TO_1",
)
def check(layer: Layer) -> Iterator[str]:
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    problems = list(convolution_problems(layer, x, weights, bias, _TYPES, axis=3))
    yield from problems
    if problems:
        return
    count, rows, columns, outputs = weights.shape
    if count != 1:
        yield f"needs weights of shape [1, rows, columns, outputs]; they are {weights}"
    yield from window_problems(layer, (rows, columns), outputs)
    multiplier = layer.attribute("depth_multiplier", 0)
    if len(x.shape) == 4 and (outputs % x.shape[3] or multiplier not in (0, outputs // x.shape[3])):
        yield f"makes {multiplier} outputs of each of {x.shape[3]} channels; its weights are for {outputs} outputs"


@kernel("DEPTHWISE_CONV_2D", profile="c99")
def channels(layer: Layer) -> Kernel:
    """A block of channels at a time: a vector of sums, to which each tap on the image adds a vector of products."""
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    _, *taps, outputs = weights.shape
    window = window_of(layer, tuple(taps))
    multiplier = outputs // window.channels
    held = storage(weights.dtype)
    # A block of pairs must begin with one.
    largest = max(2, LARGEST // multiplier) & ~1 if held.paired else max(1, LARGEST // multiplier)
    loops = [
        (first * multiplier, last * multiplier, size * multiplier)
        for first, last, size in blocks(window.channels, largest)
    ]
    table = _table(weights, loops)
    values = {
        "window": window,
        "multiplier": multiplier,
        "channel": "block" if multiplier == 1 else f"block / {multiplier}",
        "storage": held,
        "row": held.elements(outputs),
    }
    macs = window.positions * weights.elements
    if x.dtype is DType.FLOAT32 and not is_hybrid(layer):
        low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
        p = FloatProducts(
            outputs, window.taps, loops, low, high, (table, *bias_table(bias)), "bias" if bias else "", held
        )
        return Kernel(
            name=f"depthwise_conv_2d_{variant(layer)}",
            template="depthwise_conv_2d_float32.c.j2",
            values={**values, "p": p},
            constants=p.constants,
            helpers=(*p.helpers, *window.helpers),
            includes=("math.h",),
            overlap=window_overlap(layer, window),
            macs=macs,
        )
    matrix = weights.data.reshape(-1, outputs).T
    if is_hybrid(layer):
        hybrid = True
        sums = hybrid_sums(layer, matrix, bias, window.image, asymmetric=True, folded=False)
        value, values_type = "(in[%s] - zero_point)", DType.INT8
    else:
        hybrid = False
        sums = sums_of(layer, matrix, bias, wide=x.dtype is DType.INT16, folded=False)
        offset = -x.quantisation.zero_point
        value, values_type = f"(in[%s]{plus(offset)})" if offset else "in[%s]", x.dtype
    return Kernel(
        name=f"depthwise_conv_2d_{'hybrid_' if hybrid else ''}{variant(layer)}",
        template="depthwise_conv_2d_int.c.j2",
        values={
            **values,
            "outputs": outputs,
            "blocks": loops,
            "value": value,
            "sums": sums,
            "before": sums.before if hybrid else (),
            "source": QUANTISED if hybrid else "input",
            "input_type": values_type.c,
            "output_type": layer.output.dtype.c,
        },
        constants=(table, *sums.constants),
        helpers=(*sums.helpers, *held.helpers, *(loop_helpers(loops) if multiplier == 1 else ()), *window.helpers),
        includes=sums.includes,
        scratch=sums.scratch,
        overlap=batch_overlap(layer, window.batches) if hybrid else window_overlap(layer, window),
        macs=macs,
    )


def _table(weights: Tensor, loops: Blocks) -> Constant:
    """The weights of each tap in a row, block after block where these hold pairs."""
    _, rows, columns, outputs = weights.shape
    held, taps = storage(weights.dtype), weights.data.reshape(-1, outputs)
    layout = f"[{rows} rows][{columns} columns]"
    if not held.paired:
        return Constant("weights", held.table(taps.reshape(-1)), f"{layout}[{outputs} outputs]")
    starts = [start for first, last, size in loops for start in range(first, last, size)]
    parts = [held.table(taps[:, a:b]) for a, b in zip(starts, [*starts[1:], outputs], strict=True)]
    comment = f"{layout}[outputs in pairs, in each block one of its first half and one of its second]"
    return Constant("weights", np.concatenate(parts, axis=1), comment)


class _Single(NamedTuple):
    """A layer with one output for each channel. matrix: weights [channel, tap]."""

    weights: Tensor
    bias: Tensor | None
    window: Window
    matrix: np.ndarray


def _single(layer: Layer) -> _Single | None:
    """None for any other multiplier than one, which c99 alone has kernels for."""
    weights, bias = layer.inputs[1], layer.optional(2)
    _, *taps, outputs = weights.shape
    if outputs != layer.input.shape[3]:
        return None
    return _Single(weights, bias, window_of(layer, tuple(taps)), weights.data.reshape(-1, outputs).T)


@kernel("DEPTHWISE_CONV_2D", profile="dsp")
def dsp(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    weights, bias, window, matrix = single
    if is_float(layer, weights, bias):
        return float_depthwise(layer, window, matrix, bias)
    if is_int16(layer, weights, bias):
        return int16_depthwise(layer, window, matrix)
    return depthwise(layer, window, matrix) if is_int8(layer, weights, bias) else None


@kernel("DEPTHWISE_CONV_2D", profile="mve")
def mve(layer: Layer) -> Kernel | None:
    single = _single(layer)
    if single is None or not is_float(layer, single.weights, single.bias):
        return None
    return mve_floats.depthwise(layer, single.window, single.matrix, single.bias)


@kernel("DEPTHWISE_CONV_2D", profile="mve_integer")
def mve_integer(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    weights, bias, window, matrix = single
    if is_int16(layer, weights, bias):
        return mve_int16.depthwise(layer, window, matrix)
    return mve_depthwise(layer, window, matrix) if is_int8(layer, weights, bias) else None


@kernel("DEPTHWISE_CONV_2D", profile="neon")
def neon(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    weights, bias, window, matrix = single
    if is_float(layer, weights, bias):
        return neon_floats.depthwise(layer, window, matrix, bias)
    if is_int16(layer, weights, bias):
        return neon_int16.depthwise(layer, window, matrix, bias)
    return neon_depthwise(layer, window, matrix) if is_int8(layer, weights, bias) else None


@kernel("DEPTHWISE_CONV_2D", profile="scalar")
def scalar(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    return scalar_plane.depthwise(layer, single.window, single.matrix, single.bias, scalar_plane.M0)


@kernel("DEPTHWISE_CONV_2D", profile="scalar_m3")
def scalar_m3(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    given = (layer, single.window, single.matrix, single.bias)
    return scalar_plane.depthwise(*given, scalar_plane.M3) or scalar_depthwise(*given)


@kernel("DEPTHWISE_CONV_2D", profile="x86")
def x86(layer: Layer) -> Kernel | None:
    if (single := _single(layer)) is None:
        return None
    weights, bias, window, matrix = single
    if is_float(layer, weights, bias):
        return x86_floats.depthwise(layer, window, matrix)
    if is_int16(layer, weights, bias):
        return x86_int16.depthwise(layer, window, matrix)
    return x86_depthwise(layer, window, matrix) if is_int8(layer, weights, bias) else None

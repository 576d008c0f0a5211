"""DEPTHWISE_CONV_2D: output[y, x, o] = activation(sum over a window of input[.., o / m] * weights[.., o] + bias[o]).

m, the multiplier, is how many outputs each channel has.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.blocks import LARGEST, blocks, loop_helpers
from tools.sni.convolution import convolution_problems
from tools.sni.float_products import FloatProducts, bias_table
from tools.sni.ir import DType
from tools.sni.memory.overlap import window_overlap
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS
from tools.sni.sums import sums_of
from tools.sni.windows import window_of, window_problems

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT64,),
}


@operator(
    "DEPTHWISE_CONV_2D",
    types=("float32", "int8", "int16x8"),
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
    loops = [
        (first * multiplier, last * multiplier, size * multiplier)
        for first, last, size in blocks(window.channels, max(1, LARGEST // multiplier))
    ]
    table = Constant("weights", weights.data.reshape(-1), f"[{taps[0]} rows][{taps[1]} columns][{outputs} outputs]")
    values = {
        "window": window,
        "multiplier": multiplier,
        "channel": "block" if multiplier == 1 else f"block / {multiplier}",
    }
    overlap = window_overlap(layer, window)
    macs = window.positions * weights.elements
    if x.dtype is DType.FLOAT32:
        low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
        p = FloatProducts(outputs, window.taps, loops, low, high, (table, *bias_table(bias)), "bias" if bias else "")
        return Kernel(
            name="depthwise_conv_2d_float32",
            template="depthwise_conv_2d_float32.c.j2",
            values={**values, "p": p},
            constants=p.constants,
            helpers=("multiply_add", *window.helpers),
            includes=("math.h",),
            overlap=overlap,
            macs=macs,
        )
    sums = sums_of(layer, weights.data.reshape(-1, outputs).T, bias, wide=x.dtype is DType.INT16, folded=False)
    return Kernel(
        name=f"depthwise_conv_2d_{x.dtype.value}",
        template="depthwise_conv_2d_int.c.j2",
        values={
            **values,
            "outputs": outputs,
            "blocks": loops,
            "offset": -x.quantisation.zero_point,
            "sums": sums,
            "input_type": x.dtype.c,
            "output_type": layer.output.dtype.c,
        },
        constants=(table, *sums.constants),
        helpers=(*sums.helpers, *(loop_helpers(loops) if multiplier == 1 else ()), *window.helpers),
        overlap=overlap,
        macs=macs,
    )

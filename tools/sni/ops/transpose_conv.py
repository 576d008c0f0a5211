"""TRANSPOSE_CONV: each input pixel adds its products with a window of weights to the outputs that the window covers.

Inputs: the output's shape, weights [outputs, rows, columns, channels], images, bias. Computed from the output's side:
each output gathers from the input pixels that reach it, in the order in which TFLM would have scattered them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.blocks import blocks, loop_helpers
from tools.sni.convolution import convolution_problems
from tools.sni.float_products import FloatProducts, bias_table, variant
from tools.sni.ir import DType
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS
from tools.sni.sums import sums_of
from tools.sni.weights import NARROW_FLOATS, storage
from tools.sni.windows import Axis, same_or_valid

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.FLOAT32, DType.FLOAT16): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT64, DType.INT16),
}


@operator(
    "TRANSPOSE_CONV",
    types=("float32", "int8", "int16x8", NARROW_FLOATS),
    inputs=(3, 4),
    limits="constant output shape, weights and bias; per-tensor or per-channel weights; "
    "int16 with int64 or int16 bias; NONE, RELU, RELU6, RELU_N1_TO_1",
)
def check(layer: Layer) -> Iterator[str]:
    shape, weights, x, bias = *layer.inputs[:3], layer.optional(3)
    problems = list(convolution_problems(_ordered(layer), x, weights, bias, _TYPES, axis=0))
    yield from problems
    y = layer.output
    if shape.dtype is not DType.INT32 or not shape.is_constant or tuple(shape.data.reshape(-1)) != y.shape:
        held = shape.data.reshape(-1).tolist() if shape.is_constant else "computed"
        yield f"needs a constant int32 output shape that is its output's; it is {shape} ({held}) for {y}"
    elif not problems:
        yield from _shape_problems(layer)


def _shape_problems(layer: Layer) -> Iterator[str]:
    x, y = layer.inputs[2], layer.output
    outputs, rows, columns, channels = layer.inputs[1].shape
    padding = layer.attribute("padding", "SAME")
    strides = int(layer.attribute("stride_h", 1)), int(layer.attribute("stride_w", 1))
    if len(x.shape) != 4 or not x.elements or x.shape[3] != channels:
        yield f"needs an input of shape [batches, rows, columns, {channels}]; it is {x}"
    elif padding not in ("SAME", "VALID") or min(strides) < 1:
        yield f"has padding {padding} and strides {list(strides)}; accepted: SAME or VALID, and positive strides"
    elif len(y.shape) != 4 or (y.shape[0], y.shape[3]) != (x.shape[0], outputs):
        yield f"makes [{x.shape[0]}, rows, columns, {outputs}]; its output is {y}"
    elif not all(axis.output for axis in _axes(layer)):
        yield f"has a window of {rows} x {columns} that does not fit into its output {y}"


def _ordered(layer: Layer) -> Layer:
    """The layer with its inputs in the order of the other convolutions."""
    return replace(layer, inputs=(layer.inputs[2], layer.inputs[1], layer.optional(3)))


def _axes(layer: Layer) -> tuple[Axis, Axis]:
    """The window's axes over the output: those of the convolution that would lead back from it to the input."""
    _, rows, columns, _ = layer.output.shape
    _, *taps, _ = layer.inputs[1].shape
    padding = str(layer.attribute("padding", "SAME"))
    return (
        same_or_valid(padding, rows, taps[0], int(layer.attribute("stride_h", 1))),
        same_or_valid(padding, columns, taps[1], int(layer.attribute("stride_w", 1))),
    )


@kernel("TRANSPOSE_CONV", profile="c99")
def gather(layer: Layer) -> Kernel:
    layer = _ordered(layer)
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    batches, rows, columns, channels = x.shape
    outputs, *taps, _ = weights.shape
    y_axis, x_axis = _axes(layer)
    # Vectors along the outputs keep TFLM's order of additions; integers have the choice.
    by_column = x.dtype is DType.FLOAT32 or outputs >= 16
    order = (1, 2, 3, 0) if by_column else (1, 2, 0, 3)
    layout = "[channel][output]" if by_column else "[output][channel]"
    held = storage(weights.dtype)
    data = held.table(weights.data.transpose(order).reshape(-1))
    table = Constant("weights", data, f"[{taps[0]} rows][{taps[1]} columns]{layout}")
    loops = blocks(outputs)
    values = {
        "batches": batches,
        "rows": rows,
        "columns": columns,
        "channels": channels,
        "image": rows * columns * channels,
        "outputs": outputs,
        "y": y_axis,
        "x": x_axis,
        "by_column": by_column,
        "blocks": loops,
        "input_type": x.dtype.c,
        "storage": held,
    }
    helpers = ("first_source", "end_source", *(loop_helpers(loops) if by_column else ()))
    macs = x.elements * weights.elements // channels
    if x.dtype is DType.FLOAT32:
        low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
        p = FloatProducts(outputs, 0, loops, low, high, (table, *bias_table(bias)), "bias" if bias else "", held)
        return Kernel(
            name=f"transpose_conv_{variant(layer)}",
            template="transpose_conv.c.j2",
            values={**values, "p": p, "sums": None, "offset": 0, "sum_type": "float", "start": "0.0f"},
            constants=p.constants,
            helpers=(*p.helpers, *helpers),
            includes=("math.h",),
            macs=macs,
        )
    sums = sums_of(layer, weights.data.reshape(outputs, -1), bias, wide=x.dtype is DType.INT16, folded=False)
    start = "bias[block + k]" if sums.has_bias else "0"
    return Kernel(
        name=f"transpose_conv_{x.dtype.value}",
        template="transpose_conv.c.j2",
        values={
            **values,
            "sums": sums,
            "offset": -x.quantisation.zero_point,
            "sum_type": sums.type,
            "start": start,
        },
        constants=(table, *sums.constants),
        helpers=(*sums.helpers, *helpers),
        macs=macs,
    )

"""PAD in front of a window goes into the window's own padding, so that no larger copy of the image is made.

A convolution leaves out what lies beyond the image. Zeros there, as PAD puts them, add nothing to its sums: a product
with 0 is 0 of either sign, and a sum that began with +0 stays what it is. A maximum leaves it out as well, so the pad
must be as small as what a window shows of the image at least.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.operators import Layer
from tools.sni.ops.pad import paddings
from tools.sni.passes.rewriting import Sweep
from tools.sni.windows import Axis, reach, same_or_valid, window_of

_PADS = ("PAD", "PADV2")
_CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
_NOT_NEGATIVE = ("RELU", "RELU6")


def fold_padding(graph: Graph) -> Graph:
    """PAD and PADV2 of rows and columns by zeros go, if all that read them are CONV_2D or DEPTHWISE_CONV_2D, or
    MAX_POOL_2D of what is not negative: these pad themselves, SAME if that comes to the same, else EXPLICIT.
    """
    sweep = Sweep(graph)
    readers: dict[int, list[Op]] = {}
    for op in graph.ops:
        for tensor in op.inputs:
            readers.setdefault(tensor, []).append(op)
    padding: dict[int, Op] = {}
    for op in graph.ops:
        sweep.keep(padding.get(id(op), op))
        if op.kind in _PADS and len(op.outputs) == 1 and _is_spatial(sweep, op):
            reading = readers.get(op.outputs[0], [])
            merged = [_merged(sweep, op, reader) for reader in reading]
            if None not in merged:
                padding |= {id(reader): one for reader, one in zip(reading, merged, strict=True)}
    return sweep.graph()


def _is_spatial(sweep: Sweep, pad: Op) -> bool:
    """Whether a PAD can go: a value that stays, inside the network, with a border of rows and columns alone."""
    source, padded = pad.inputs[0], pad.outputs[0]
    if not sweep.legal(pad) or sweep.is_output(padded) or not (sweep.stable(source) and sweep.stable(padded)):
        return False
    x, y = sweep.tensors[source], sweep.tensors[padded]
    around = paddings(sweep.layer(pad))
    return len(around) == 4 and (*around[0], *around[3]) == (0, 0, 0, 0) and x.quantisation == y.quantisation


def _merged(sweep: Sweep, pad: Op, op: Op) -> Op | None:
    """The operator with the padding of the PAD that makes its input."""
    if op.inputs.index(pad.outputs[0]) or op.inputs.count(pad.outputs[0]) > 1 or not sweep.legal(op):
        return None
    if not _left_out(sweep, pad, op):
        return None
    layer = sweep.layer(op)
    window = window_of(layer, _taps(layer))
    _, rows, columns, _ = paddings(sweep.layer(pad))
    axes = [_without(axis, around) for axis, around in ((window.y, rows), (window.x, columns))]
    if not all(_shows_image(axis) for axis in axes):
        return None
    merged = replace(op, inputs=(pad.inputs[0], *op.inputs[1:]), attributes={**op.attributes, **_attributes(*axes)})
    return merged if sweep.legal(merged) else None


def _taps(layer: Layer) -> tuple[int, int]:
    if layer.op.kind in _CONVOLUTIONS:
        _, rows, columns, _ = layer.inputs[1].shape
        return rows, columns
    return int(layer.attribute("filter_height", 1)), int(layer.attribute("filter_width", 1))


def _left_out(sweep: Sweep, pad: Op, op: Op) -> bool:
    """Whether the border's value is what the operator leaves out."""
    fill, y = _fill(sweep, pad), sweep.tensors[pad.outputs[0]]
    zero = y.quantisation.zero_point if y.dtype is not DType.FLOAT32 and y.quantisation else 0
    if fill is None:
        return False
    if op.kind in _CONVOLUTIONS:
        weights = sweep.tensors[op.inputs[1]].data
        return fill == zero and bool(y.dtype is not DType.FLOAT32 or np.all(np.isfinite(weights)))
    if op.kind != "MAX_POOL_2D":
        return False
    lowest = float(np.finfo(np.float32).min) if y.dtype is DType.FLOAT32 else y.dtype.bounds[0]
    return fill <= lowest or (fill == zero and _not_negative(sweep, pad.inputs[0], y))


def _fill(sweep: Sweep, pad: Op) -> float | None:
    """What a PAD puts around the image, None if that is computed."""
    value, y = sweep.layer(pad).optional(2), sweep.tensors[pad.outputs[0]]
    if value is not None:
        return value.data.reshape(-1)[0].item() if value.is_constant else None
    return y.quantisation.zero_point if y.dtype is DType.INT8 and y.quantisation else 0


def _not_negative(sweep: Sweep, source: int, x: Tensor) -> bool:
    """Whether a tensor was clamped at 0. A float must not be -0 either, which RELU leaves as it is: sums never are."""
    summing = (*_CONVOLUTIONS, "FULLY_CONNECTED")
    clamping = summing if x.dtype is DType.FLOAT32 else (*summing, *_NOT_NEGATIVE, "ADD", "MUL", "SUB")
    producer = sweep.producer(source, clamping)
    if producer is None:
        return False
    return producer.kind in _NOT_NEGATIVE or producer.attributes.get("fused_activation_function") in _NOT_NEGATIVE


def _without(axis: Axis, around: tuple[int, int]) -> Axis:
    """The axis of the same windows on an image without a border."""
    return replace(axis, input=axis.input - sum(around), before=axis.before + around[0])


def _shows_image(axis: Axis) -> bool:
    """Whether the last tap of the first window and the first tap of the last window lie on the image, or around it."""
    last = (axis.output - 1) * axis.stride - axis.before
    return reach(axis.taps, axis.dilation) > axis.before and last < axis.input


def _attributes(y: Axis, x: Axis) -> dict[str, int | str]:
    if all(axis == same_or_valid("SAME", axis.input, axis.taps, axis.stride, axis.dilation) for axis in (y, x)):
        return {"padding": "SAME"}
    after_y, after_x = (
        max(0, (axis.output - 1) * axis.stride + reach(axis.taps, axis.dilation) - axis.input - axis.before)
        for axis in (y, x)
    )
    names = ("pad_top", "pad_bottom", "pad_left", "pad_right")
    return {"padding": "EXPLICIT", **dict(zip(names, (y.before, after_y, x.before, after_x), strict=True))}

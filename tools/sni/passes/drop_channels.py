"""Channels that carry nothing are dropped: training leaves many dead in networks of ReLUs.

Weights and biases are known, so are the ranges of inputs, and requantisation is monotone: the range of each channel of
each int8 tensor follows from those before it. A channel whose range is one value can be left out, if what reads it can
do without: a convolution takes what the value adds to its sums into the bias, which padding allows only for the zero
point. A depthwise convolution or a pooling needs a channel only if somebody needs what it makes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.lower import layer_of, problems
from tools.sni.numerics.multiplier import ROUNDINGS, Multiplier, multiply, quantise_multiplier
from tools.sni.operators import Layer
from tools.sni.options import Options
from tools.sni.passes.rewriting import Sweep, is_control
from tools.sni.quantised import activation_bounds
from tools.sni.windows import window_of

_OPTIONS = Options("model")
_POOLS = ("AVERAGE_POOL_2D", "MAX_POOL_2D")
_SUMS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_FOURS = 4
"""Kernels like channels by fours; where all were, so many are kept that what is left is again."""


def drop_channels(graph: Graph) -> Graph:
    """Channels of int8 convolutions and FULLY_CONNECTED go that have one value for any input, or that nothing needs."""
    if any(is_control(op) for op in graph.ops):
        return graph
    roles = _roles(graph)
    ranges = _ranges(graph, roles)
    dropped = _dropped(graph, roles, ranges)
    if not any(mask.any() for mask in dropped.values()):
        return graph
    sweep = Sweep(graph)
    for op in graph.ops:
        sweep.keep(_without(sweep, graph, op, roles.get(op.outputs[0]), ranges, dropped))
    for tensor, mask in dropped.items():
        old = sweep.tensors[tensor]
        sweep.tensors[tensor] = replace(old, shape=(*old.shape[:-1], int((~mask).sum())))
    return sweep.graph()


@dataclass(frozen=True)
class _Role:
    """What an operator does to channels. sums: each output sums over all inputs; otherwise it is made of one channel.

    weights: [output, tap, input], for a depthwise convolution [channel, tap, 1]; None for what moves or pools.
    padded: windows leave the image, where it is the zero point.
    """

    layer: Layer
    sums: bool = False
    weights: np.ndarray | None = None
    padded: bool = False


def _roles(graph: Graph) -> dict[int, _Role]:
    """By output, the operators that this pass understands."""
    sweep = Sweep(graph)
    roles = {}
    for op in graph.ops:
        known = op.kind in (*_SUMS, *_POOLS, "RESHAPE") and len(op.outputs) == 1
        if not known or not all(sweep.stable(t) for t in (op.inputs[0], op.outputs[0])):
            continue
        layer = layer_of(graph, op, _OPTIONS)
        x, y = layer.input, layer.output
        if x.dtype is not DType.INT8 or y.dtype is not DType.INT8 or x.is_constant or not x.shape or not y.shape:
            continue
        if problems(Graph(graph.tensors, (op,), (), ()), "", _OPTIONS):
            continue
        role = _role(layer)
        if role is not None:
            roles[op.outputs[0]] = role
    return roles


def _role(layer: Layer) -> _Role | None:
    x, y, kind = layer.input, layer.output, layer.op.kind
    if kind in _POOLS:
        return _Role(layer)
    if kind == "RESHAPE":
        one_pixel = x.elements == x.shape[-1] == y.shape[-1]
        return _Role(layer) if one_pixel else None
    weights, bias = layer.inputs[1], layer.optional(2)
    if not weights.is_constant or (bias and not bias.is_constant) or any(weights.quantisation.zero_points):
        return None
    if kind == "FULLY_CONNECTED":
        fits = x.shape[-1] == weights.shape[1]
        return _Role(layer, True, weights.data[:, None, :].astype(np.int64)) if fits else None
    padded = window_of(layer, weights.shape[1:3]).clipped
    if kind == "DEPTHWISE_CONV_2D":
        outputs = weights.shape[3]
        by_channel = weights.data.reshape(-1, outputs).T[:, :, None].astype(np.int64)
        return _Role(layer, False, by_channel, padded) if outputs == x.shape[3] else None
    if weights.shape[3] != x.shape[3]:
        return None
    return _Role(layer, True, weights.data.reshape(weights.shape[0], -1, x.shape[3]).astype(np.int64), padded)


Ranges = Mapping[int, tuple[np.ndarray, np.ndarray]]
"""By tensor, the smallest and the largest value of each channel."""


def _ranges(graph: Graph, roles: Mapping[int, _Role]) -> Ranges:
    ranges: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    for op in graph.ops:
        role = roles.get(op.outputs[0]) if op.outputs else None
        if role is None:
            continue
        source, x = op.inputs[0], role.layer.input
        low, high = ranges.get(source) or (np.full(x.shape[-1], -128), np.full(x.shape[-1], 127))
        ranges[op.outputs[0]] = _range(role, low, high)
    return ranges


def _range(role: _Role, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    layer, y = role.layer, role.layer.output
    if layer.op.kind == "RESHAPE":
        return low, high
    clamp = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    if role.weights is None:
        return np.clip(low, *clamp), np.clip(high, *clamp)
    zero_point = layer.input.quantisation.zero_point
    low, high = low.astype(np.int64) - zero_point, high.astype(np.int64) - zero_point
    if role.padded:
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    if not role.sums:
        low, high = low[:, None, None], high[:, None, None]
    positive, negative = np.maximum(role.weights, 0), np.minimum(role.weights, 0)
    start = _bias(layer, len(role.weights))
    ends = [start + (positive * a + negative * b).sum(axis=(1, 2)) for a, b in ((low, high), (high, low))]
    multipliers = _multipliers(layer, len(start))
    made = [_outputs(layer, sums, multipliers, rounding, clamp) for sums in ends for rounding in ROUNDINGS]
    # TFLM adds and shifts modulo 2^32: where that matters, anything can come out.
    room = np.array([1 << (31 - max(m.shift, 0)) for m in multipliers])
    wraps = (ends[0] < -room) | (ends[1] >= room)
    return np.where(wraps, clamp[0], np.minimum.reduce(made)), np.where(wraps, clamp[1], np.maximum.reduce(made))


def _bias(layer: Layer, outputs: int) -> np.ndarray:
    bias = layer.optional(2)
    return bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(outputs, np.int64)


def _multipliers(layer: Layer, outputs: int) -> list[Multiplier]:
    x, y = layer.input.quantisation, layer.output.quantisation
    scales = layer.inputs[1].quantisation.scales
    return [quantise_multiplier(x.scale * scale / y.scale) for scale in scales] * (outputs if len(scales) == 1 else 1)


def _outputs(
    layer: Layer, sums: np.ndarray, multipliers: list[Multiplier], rounding: str, clamp: tuple[int, int]
) -> np.ndarray:
    """What the sums of each channel become."""
    zero_point = layer.output.quantisation.zero_point
    made = [multiply(np.int64(total), m, rounding) for total, m in zip(sums.tolist(), multipliers, strict=True)]
    return np.clip(np.array(made, np.int64) + zero_point, *clamp)


def _dropped(graph: Graph, roles: Mapping[int, _Role], ranges: Ranges) -> dict[int, np.ndarray]:
    """By tensor, the channels that go: the most that all who make and read the tensor agree on."""
    dropped = {t: np.ones(role.layer.output.shape[-1], bool) for t, role in roles.items() if t not in graph.outputs}
    while True:
        before = {tensor: mask.copy() for tensor, mask in dropped.items()}
        for op in graph.ops:
            role = roles.get(op.outputs[0]) if op.outputs else None
            for position, tensor in enumerate(op.inputs):
                if tensor not in dropped:
                    continue
                if role is None or position:
                    dropped[tensor][:] = False
                else:
                    dropped[tensor] &= _dispensable(op, role, ranges, dropped)
            if role is not None and not role.sums and op.outputs[0] in dropped:
                dropped[op.outputs[0]] &= dropped.get(op.inputs[0], np.zeros(1, bool))
        if all(np.array_equal(dropped[tensor], before[tensor]) for tensor in dropped):
            break
    for mask in dropped.values():
        kept = int((~mask).sum())
        wanted = max(1, -(-kept // _FOURS) * _FOURS if mask.size % _FOURS == 0 else kept)
        mask[np.flatnonzero(mask)[: wanted - kept]] = False
    return dropped


def _dispensable(op: Op, role: _Role, ranges: Ranges, dropped: Mapping[int, np.ndarray]) -> np.ndarray:
    """The channels of its first input that an operator can do without."""
    channels = role.layer.input.shape[-1]
    if not role.sums:
        return dropped.get(op.outputs[0], np.zeros(channels, bool))
    low, high = ranges.get(op.inputs[0]) or (np.full(channels, -128), np.full(channels, 127))
    constant = low == high
    if role.padded:
        constant &= low == role.layer.input.quantisation.zero_point
    return constant | ~role.weights.any(axis=(0, 1))


def _without(
    sweep: Sweep, graph: Graph, op: Op, role: _Role | None, ranges: Ranges, dropped: Mapping[int, np.ndarray]
) -> Op:
    """The operator without the channels dropped from its input and output."""
    if role is None:
        return op
    x, y = role.layer.input, role.layer.output
    gone = dropped.get(op.inputs[0], np.zeros(x.shape[-1], bool))
    kept = ~dropped.get(op.outputs[0], np.zeros(y.shape[-1], bool))
    if not gone.any() and kept.all():
        return op
    if op.kind == "RESHAPE":
        shape = (*y.shape[:-1], int(kept.sum()))
        return replace(op, inputs=op.inputs[:1], attributes={**op.attributes, "new_shape": shape})
    if role.weights is None:
        return op
    weights = role.layer.inputs[1]
    axis = 3 if op.kind == "DEPTHWISE_CONV_2D" else 0
    data = np.compress(kept, weights.data, axis=axis)
    bias = _bias(role.layer, len(role.weights))
    if role.sums and gone.any():
        data = np.compress(~gone, data, axis=-1)
        low = ranges[op.inputs[0]][0] if op.inputs[0] in ranges else np.zeros(gone.size, np.int64)
        # Without weights it does not matter which value the channel has.
        value = np.where(gone & role.weights.any(axis=(0, 1)), low - x.quantisation.zero_point, 0)
        bias = bias + (role.weights * value).sum(axis=(1, 2))
    # Modulo 2^32, as TFLM adds.
    wrapped = (bias[kept] & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
    return replace(
        op,
        inputs=(
            op.inputs[0],
            sweep.constant(weights.name, weights.dtype, data, _chosen(weights, kept)),
            *_bias_input(sweep, role.layer, wrapped, kept),
        ),
    )


def _bias_input(sweep: Sweep, layer: Layer, values: np.ndarray, kept: np.ndarray) -> tuple[int, ...]:
    bias = layer.optional(2)
    if bias is None and not values.any():
        return ()
    name = bias.name if bias else f"{layer.output.name}/bias"
    return (sweep.constant(name, DType.INT32, values, _chosen(bias, kept) if bias else None),)


def _chosen(tensor: Tensor, kept: np.ndarray):
    """The quantisation of a part of the outputs."""
    q = tensor.quantisation
    if q is None or len(q.scales) == 1:
        return q
    zero_points = np.array(q.zero_points)[kept] if len(q.zero_points) == len(q.scales) else np.array(q.zero_points)
    return replace(q, scales=tuple(np.array(q.scales)[kept].tolist()), zero_points=tuple(zero_points.tolist()))

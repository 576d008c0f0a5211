"""SVDF: a dense layer of rank-limited filters over time; the state keeps what each filter made of the last inputs.

state[f] = (state[f][1:], sum over i of input[i] * weights_feature[f, i]);
output[u] = activation(bias[u] + sum over the filters f of u and the times t of state[f, t] * weights_time[f, t]).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.emit.literals import clamped_float, factor, plus
from tools.sni.ir import DType, Tensor
from tools.sni.numerics.multiplier import float32
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS, per_tensor_problems, signature
from tools.sni.rescaling import Rescaling, factor_problems

_STATES = {DType.FLOAT32: (DType.FLOAT32,), DType.INT8: (DType.INT16, DType.INT8)}
"""What the state and the weights over time may be, by the type of the input."""


@operator(
    "SVDF",
    types=("float32", "int8 with int16 or int8 state"),
    inputs=(5, 5),
    limits="constant weights and bias; float32: NONE, RELU, RELU6, RELU_N1_TO_1; int8: NONE, RELU (by the zero point)",
)
def check(layer: Layer) -> Iterator[str]:
    x, feature, time, bias, state = layer.inputs
    y = layer.output
    if feature is None or time is None or state is None:
        yield "needs an input, weights over features and over time, and a state"
        return
    types = _STATES.get(x.dtype, ())
    fits = feature.dtype is x.dtype and time.dtype in types and state.dtype is time.dtype and y.dtype is x.dtype
    if not fits or (bias and bias.dtype is not (DType.FLOAT32 if x.dtype is DType.FLOAT32 else DType.INT32)):
        yield (
            "takes float32 throughout, or int8 with int16 or int8 weights over time and state, and int32 bias; "
            f"it has {signature((*layer.inputs, y))}"
        )
        return
    if not feature.is_constant or not time.is_constant or (bias and not bias.is_constant):
        yield "needs constant weights and bias; these are computed"
    if not state.variable:
        yield f"needs a variable as its state, which keeps it from one inference to the next; {state} is none"
    yield from _shape_problems(layer, feature, time, bias, state)
    activation = layer.attribute("fused_activation_function", "NONE")
    accepted = ("NONE", "RELU") if x.dtype is DType.INT8 else tuple(ACTIVATIONS)
    if activation not in accepted:
        yield f"has the fused activation {activation}; accepted: {', '.join(accepted)}"
    if x.dtype is DType.INT8:
        problems = list(per_tensor_problems(x, feature, time, state, y))
        yield from problems
        if not problems:
            if feature.quantisation.zero_point or time.quantisation.zero_point:
                yield f"needs weights with zero point 0; it has {feature.quantisation} and {time.quantisation}"
            yield from factor_problems("a sum", *_factors(layer))


def _shape_problems(layer: Layer, feature: Tensor, time: Tensor, bias: Tensor | None, state: Tensor) -> Iterator[str]:
    x, y, rank = layer.input, layer.output, layer.attribute("rank", 0)
    if any(len(tensor.shape) != 2 for tensor in (x, feature, time)) or feature.shape[0] != time.shape[0]:
        yield (
            "needs an input [batch, features] and weights [filters, features] and [filters, times]; it has "
            f"{x}, {feature} and {time}"
        )
        return
    (batch, features), (filters, times) = x.shape, time.shape
    if feature.shape[1] != features:
        yield f"needs weights for each of {features} features; it has {feature}"
    if rank < 1 or filters % rank:
        yield f"has {filters} filters of rank {rank}, which cannot be shared out equally"
        return
    units = filters // rank
    if y.shape != (batch, units):
        yield f"makes {[batch, units]}; its output is {y}"
    if bias and bias.elements != units:
        yield f"needs one bias for each of {units} outputs; it has {bias.elements}"
    if state.elements != batch * filters * times:
        yield f"needs a state of {batch * filters * times} elements; it has {state}"


def _factors(layer: Layer) -> tuple[float, float]:
    """From sums over features to the state, and from sums over time to the output; TFLM computes them in float."""
    x, feature, time, _, state = (
        np.float32(t.quantisation.scale) if t and t.quantisation else None for t in layer.inputs
    )
    y = np.float32(layer.output.quantisation.scale)
    return float32(x * feature / state), float32(state * time / y)


def _sizes(layer: Layer) -> dict[str, int]:
    filters, times = layer.inputs[2].shape
    batch, features = layer.input.shape
    return {
        "batch": batch,
        "features": features,
        "filters": filters,
        "times": times,
        "units": layer.output.shape[1],
        "rank": layer.attribute("rank", 0),
    }


def _macs(layer: Layer) -> int:
    return layer.input.shape[0] * (layer.inputs[1].elements + layer.inputs[2].elements)


@kernel("SVDF", profile="c99")
def float_kernel(layer: Layer) -> Kernel | None:
    if layer.input.dtype is not DType.FLOAT32:
        return None
    feature, time, bias = layer.inputs[1:4]
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    constants = [
        Constant("weights_feature", feature.data.reshape(-1), "[filter][feature]"),
        Constant("weights_time", time.data.reshape(-1), "[filter][time], the oldest first"),
    ]
    if bias:
        constants.append(Constant("bias", bias.data.reshape(-1), "[output]"))
    return Kernel(
        "svdf_float32",
        "svdf_float32.c.j2",
        {**_sizes(layer), "start": "bias[u]" if bias else "0.0f", "result": clamped_float("y", low, high)},
        tuple(constants),
        includes=("string.h",),
        macs=_macs(layer),
    )


@kernel("SVDF", profile="c99")
def integer_kernel(layer: Layer) -> Kernel | None:
    x, feature, time, bias, state = layer.inputs
    to_state, to_output = _factors(layer)
    # sum of (x - zero point) * w is sum of x * w plus a constant, which goes into a bias; so for the state.
    w = feature.data.astype(np.int64)
    feature_bias = -x.quantisation.zero_point * w.sum(axis=1)
    feature_bound = int((128 * np.abs(w).sum(axis=1) + np.abs(feature_bias)).max(initial=0))
    low, high = state.dtype.bounds
    per_unit = time.data.astype(np.int64).reshape(layer.output.shape[1], -1)
    given = bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(len(per_unit), np.int64)
    time_bias = given - state.quantisation.zero_point * per_unit.sum(axis=1)
    time_bound = int((-low * np.abs(per_unit).sum(axis=1) + np.abs(time_bias)).max(initial=0))
    # TFLM adds modulo 2^32; where these sums can leave that range they are cut to it at the end.
    wraps = [bound >= 1 << 31 for bound in (feature_bound, time_bound)]
    types = ["int64_t" if wrap else "int32_t" for wrap in wraps]
    tables = [
        Constant("weights_feature", feature.data.reshape(-1), "[filter][feature]"),
        Constant("weights_time", time.data.reshape(-1), "[filter][time], the oldest first"),
        *_biases("bias_feature", feature_bias, wraps[0]),
        *_biases("bias", time_bias, wraps[1]),
    ]
    rescalings = [
        Rescaling(real, (1 << 31) - 1 if wrap else bound)
        for real, wrap, bound in zip((to_state, to_output), wraps, (feature_bound, time_bound), strict=True)
    ]
    expressions = [
        rescaling.expression("(int32_t)sum" if wrap else "sum")
        for rescaling, wrap in zip(rescalings, wraps, strict=True)
    ]
    zero_point = layer.output.quantisation.zero_point
    helpers = {helper for helper in ("requantise", "requantise_any") for e in expressions if f"sni_{helper}(" in e}
    return Kernel(
        f"svdf_int8_{state.dtype.value}_state",
        "svdf_int8.c.j2",
        {
            **_sizes(layer),
            "types": types,
            "has": [bool(feature_bias.any()), bool(time_bias.any())],
            "state_type": state.dtype.c,
            # TFLM holds what it adds to the state between the bounds of its type before it adds the zero point.
            "newest": factor(f"sni_clamp({expressions[0]}, {low}, {high}){plus(state.quantisation.zero_point)}"),
            "y": f"sni_clamp({expressions[1]}, {-128 - zero_point}, {127 - zero_point}){plus(zero_point)}",
        },
        tuple(tables),
        helpers=(*sorted(helpers), "clamp"),
        includes=("string.h",),
        macs=_macs(layer),
    )


def _biases(name: str, values: np.ndarray, wide: bool) -> list[Constant]:
    comment = "where each sum starts, with what the zero point of what it goes over adds up to"
    return [Constant(name, values.astype(np.int64 if wide else np.int32), comment)] if values.any() else []

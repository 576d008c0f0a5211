"""AVERAGE_POOL_2D, MAX_POOL_2D and L2_POOL_2D: of each channel the mean, the maximum or the root of the mean square of
what lies under a window; beyond the image there is nothing, so windows at the border see less.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.blocks import blocks
from tools.sni.emit.literals import c_float, clamped_float
from tools.sni.ir import DType
from tools.sni.memory.overlap import window_overlap
from tools.sni.neon.mean import MOST_TAPS, reciprocal
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS, activation_bounds, per_tensor_problems, signature
from tools.sni.windows import Window, window_of, window_problems

_LIMITS = "input and output quantised alike; NONE, RELU, RELU6, RELU_N1_TO_1"
_INTEGERS = (DType.INT8, DType.INT16)


@operator("AVERAGE_POOL_2D", types=("float32", "int8", "int16x8"), limits=_LIMITS)
def check_average(layer: Layer) -> Iterator[str]:
    yield from _problems(layer, DType.FLOAT32, *_INTEGERS)
    rows, columns = _taps(layer)
    if layer.input.dtype in _INTEGERS and rows * columns * -layer.input.dtype.bounds[0] >= 1 << 30:
        yield f"has a window of {rows} x {columns}; sums of so many {layer.input.dtype.value} do not fit 32 bits"


@operator("MAX_POOL_2D", types=("float32", "int8", "int16x8"), limits=_LIMITS)
def check_max(layer: Layer) -> Iterator[str]:
    yield from _problems(layer, DType.FLOAT32, *_INTEGERS)


@operator("L2_POOL_2D", types=("float32",), limits="NONE, RELU, RELU6, RELU_N1_TO_1")
def check_l2(layer: Layer) -> Iterator[str]:
    yield from _problems(layer, DType.FLOAT32)


def _problems(layer: Layer, *types: DType) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.dtype not in types:
        yield f"takes and makes one of {', '.join(t.value for t in types)}; it has {signature((x, y))}"
        return
    yield from window_problems(layer, _taps(layer), x.shape[-1] if x.shape else 0)
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation not in ACTIVATIONS:
        yield f"has the fused activation {activation}; accepted: {', '.join(ACTIVATIONS)}"
    if x.dtype is DType.FLOAT32:
        return
    problems = list(per_tensor_problems(x, y))
    yield from problems
    if not problems and not _alike(layer):
        yield f"needs the same scale and zero point on both sides; it has {x.quantisation} and {y.quantisation}"


def _alike(layer: Layer) -> bool:
    """As TFLM asks for it: scales may differ by 1e-6, which it then takes no notice of."""
    x, y = layer.input.quantisation, layer.output.quantisation
    difference = abs(float(np.float32(x.scale) - np.float32(y.scale)))
    return x.zero_point == y.zero_point and difference <= 1e-6


def _taps(layer: Layer) -> tuple[int, int]:
    return int(layer.attribute("filter_height", 1)), int(layer.attribute("filter_width", 1))


@kernel("MAX_POOL_2D", profile="c99")
def maximum(layer: Layer) -> Kernel:
    x = layer.input
    start = c_float(float(np.finfo(np.float32).min)) if x.dtype is DType.FLOAT32 else str(x.dtype.bounds[0])
    return _kernel(layer, "max", x.dtype.c, start, "in[k] > values[k] ? in[k] : values[k]", "values[k]")


@kernel("AVERAGE_POOL_2D", profile="c99")
def average(layer: Layer) -> Kernel:
    if layer.input.dtype is DType.FLOAT32:
        return _kernel(layer, "average", "float", "0.0f", "values[k] + in[k]", "values[k] / (float)count")
    mean = "sni_average(values[k], count)"
    return _kernel(layer, "average", "int32_t", "0", "values[k] + in[k]", mean, "average")


_MOST_TAPS_DSP = 255
"""So that their sum fits 16 bits."""


@kernel("AVERAGE_POOL_2D", profile="dsp")
def average_dsp(layer: Layer) -> Kernel | None:
    x, y = layer.input, layer.output
    window = window_of(layer, _taps(layer))
    if x.dtype is not DType.INT8 or window.clipped or window.batches > 1:
        return None
    if window.channels % 4 or window.taps > _MOST_TAPS_DSP:
        return None
    low, high = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    return Kernel(
        name="average_pool_2d_int8_dsp",
        template="dsp_average_pool.c.j2",
        values={"window": window, "low": low, "high": high},
        helpers=("dsp_average_pool",),
        overlap=window_overlap(layer, window),
        reason="channels by fours, windows inside the image: sums of 16 bits, two at a time",
    )


_MOST_TAPS_X86 = 1 << 14
"""So that quotients of floats are exact enough: sums below 2^22, and fractions of more than 2^-15."""


@kernel("AVERAGE_POOL_2D", profile="x86")
def average_x86(layer: Layer) -> Kernel | None:
    x, y = layer.input, layer.output
    window = window_of(layer, _taps(layer))
    if x.dtype is not DType.INT8 or window.clipped or window.batches > 1:
        return None
    if window.channels < 16 or window.taps > _MOST_TAPS_X86:
        return None
    low, high = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    suffix = "" if (low, high) == x.dtype.bounds else "__clamped"
    return Kernel(
        name="average_pool_2d_int8_x86",
        template="x86_average.c.j2",
        values={"window": window, "low": low, "high": high, "suffix": suffix},
        helpers=(f"x86_average{suffix}",),
        overlap=window_overlap(layer, window),
        dispatched=True,
        reason="windows inside the image, 16 channels or more: 16 sums at a time",
    )


@kernel("AVERAGE_POOL_2D", profile="mve_integer")
def average_mve(layer: Layer) -> Kernel | None:
    x, y = layer.input, layer.output
    window = window_of(layer, _taps(layer))
    if x.dtype is not DType.INT8 or window.clipped or window.batches > 1:
        return None
    if window.channels < 8 or not 2 <= window.taps <= MOST_TAPS:
        return None
    low, high = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    factor, shift = reciprocal(window.taps)
    vectors = 2 if window.channels >= 16 else 1
    helper = f"mve_mean__{vectors}" + ("" if (low, high) == x.dtype.bounds else "__clamped")
    # The rows of windows as wide as the image lie one behind the other.
    rows = 1 if window.x.taps == window.x.input else window.y.taps
    return Kernel(
        name="average_pool_2d_int8_mve",
        template="mve_average_pool.c.j2",
        values={
            "window": window,
            "rows": rows,
            "vectors": vectors,
            "factor": factor,
            "shift": shift,
            "low": low,
            "high": high,
            "helper": helper,
        },
        helpers=("mve_function", helper),
        overlap=window_overlap(layer, window),
        reason=f"windows inside the image, 8 channels or more: {8 * vectors} sums of 16 bits at a time",
    )


@kernel("AVERAGE_POOL_2D", profile="neon")
def average_neon(layer: Layer) -> Kernel | None:
    x, y = layer.input, layer.output
    window = window_of(layer, _taps(layer))
    if x.dtype is not DType.INT8 or window.clipped or window.channels < 8 or not 2 <= window.taps <= MOST_TAPS:
        return None
    low, high = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    factor, shift = reciprocal(window.taps)
    clamped = (low, high) != x.dtype.bounds
    values = {"factor": factor, "shift": shift, "clamped": clamped, "low": low, "high": high}
    reason = "windows inside the image, 8 channels or more: 8 sums of 16 bits at a time"
    return _average_neon(layer, window, values, "neon_mean", reason)


@kernel("AVERAGE_POOL_2D", profile="neon")
def float_average_neon(layer: Layer) -> Kernel | None:
    window = window_of(layer, _taps(layer))
    if layer.input.dtype is not DType.FLOAT32 or window.channels < 8:
        return None
    bounds = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    low, high = (None if bound is None else c_float(bound) for bound in bounds)
    return _average_neon(layer, window, {"low": low, "high": high}, "neon_float_load", "8 channels or more")


def _average_neon(layer: Layer, window: Window, values: dict[str, object], helper: str, reason: str) -> Kernel:
    dtype = layer.input.dtype
    return Kernel(
        name=f"average_pool_2d_{dtype.value}_neon",
        template="neon_average_pool.c.j2",
        values={"window": window, "type": dtype.c, **values},
        helpers=(helper, *window.helpers),
        includes=("arm_neon.h",),
        overlap=window_overlap(layer, window),
        reason=reason,
    )


@kernel("L2_POOL_2D", profile="c99")
def l2(layer: Layer) -> Kernel:
    update = "sni_multiply_add(in[k], in[k], values[k])"
    return _kernel(layer, "l2", "float", "0.0f", update, "sqrtf(values[k] / (float)count)", "multiply_add")


def _kernel(layer: Layer, name: str, held: str, start: str, update: str, result: str, *helpers: str) -> Kernel:
    """C for each channel: `values[k]`, of the type held, from a start, updated by each `in[k]`, gives the result."""
    x, y = layer.input, layer.output
    window = window_of(layer, _taps(layer))
    activation = layer.attribute("fused_activation_function", "NONE")
    if x.dtype is DType.FLOAT32:
        output = clamped_float("value", *ACTIVATIONS[activation])
    else:
        low, high = activation_bounds(y, activation)
        output = f"({y.dtype.c})sni_clamp(value, {low}, {high})"
        helpers += ("clamp",)
    return Kernel(
        name=f"{name}_pool_2d_{x.dtype.value}",
        template="pool_2d.c.j2",
        values={
            "window": window,
            "blocks": blocks(window.channels),
            "input_type": x.dtype.c,
            "held": held,
            "start": start,
            "update": update,
            "result": result,
            "counted": "count" in result,
            "output": output,
        },
        helpers=helpers + window.helpers,
        includes=("math.h",) if held == "float" else (),
        overlap=window_overlap(layer, window),
    )

"""SOFTMAX over the last axis: exp(beta * (x - max)) / sum of the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from tools.sni.elementwise import IN_PLACE
from tools.sni.ir import DType
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import multiply, quantise_multiplier, round_half_away
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature

_TYPES = {DType.FLOAT32: (DType.FLOAT32,), DType.INT8: (DType.INT8, DType.INT16), DType.INT16: (DType.INT16,)}
_INPUT_INTEGER_BITS = 5
_LONGEST_INT8 = 4095
"""A sum has 12 integer bits."""
_OUTPUT_QUANTISATIONS = {
    (DType.INT8, DType.INT8): (1 / 256, -128),
    (DType.INT8, DType.INT16): (1 / 65536, -32768),
    (DType.INT16, DType.INT16): (1 / 32768, 0),
}
"""The only output scale and zero point that the integer arithmetic makes."""


@operator(
    "SOFTMAX",
    types=("float32", "int8", "int8 to int16", "int16x8"),
    limits="over the last axis; int8 over at most 4095 elements",
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if y.dtype not in _TYPES.get(x.dtype, ()):
        yield f"takes float32, int8 or int16; it has {signature((x, y))}"
        return
    if not x.shape or x.shape != y.shape:
        yield f"keeps the shape, of one dimension or more; it has {x} and {y}"
    elif x.dtype is DType.INT8 and x.shape[-1] > _LONGEST_INT8:
        yield f"adds up at most {_LONGEST_INT8} int8 exponentials without overflow; it has {x.shape[-1]}"
    problems = list(per_tensor_problems(x, y))
    yield from problems
    wanted = _OUTPUT_QUANTISATIONS.get((x.dtype, y.dtype))
    if wanted and not problems:
        scale, zero_point = wanted
        q = y.quantisation
        if q.zero_point != zero_point or abs(q.scale - scale) > 0.001 * scale:
            yield f"makes {y.dtype.value} of scale {scale:.9g} and zero point {zero_point}; it has {q}"
        if x.dtype is DType.INT16 and x.quantisation.zero_point:
            yield f"needs an int16 input with zero point 0; it has {x.quantisation}"


@kernel("SOFTMAX", profile="c99")
def softmax(layer: Layer) -> Kernel:
    lower = {DType.FLOAT32: _float32, DType.INT8: _int8, DType.INT16: _int16}[layer.input.dtype]
    return lower(layer)


@kernel("SOFTMAX", profile="dsp")
def softmax_dsp(layer: Layer) -> Kernel | None:
    """The same arithmetic, of which little is to be saved; but compilers unroll its loops to a kilobyte."""
    if layer.input.dtype is not DType.INT8:
        return None
    common = _int8(layer)
    return replace(
        common,
        name=f"{common.name}_dsp",
        values={**common.values, "compact": layer.options.optimise != "speed"},
        helpers=(*common.helpers, "keep_loop"),
        reason="one network has one: loops that are not unrolled",
    )


def _values(layer: Layer) -> dict[str, object]:
    depth = layer.input.shape[-1]
    return {"rows": layer.input.elements // depth, "depth": depth, "output_type": layer.output.dtype.c}


def _beta(layer: Layer) -> float:
    return float(np.float32(layer.attribute("beta", 1.0)))


def _float32(layer: Layer) -> Kernel:
    values = {**_values(layer), "beta": _beta(layer)}
    return Kernel("softmax_float32", "softmax_float32.c.j2", values, includes=("math.h",), in_place=IN_PLACE)


def _int8(layer: Layer) -> Kernel:
    """exp of each difference from the maximum comes from a table: there are at most 256 of them."""
    scaled = min(_beta(layer) * layer.input.quantisation.scale * (1 << (31 - _INPUT_INTEGER_BITS)), (1 << 31) - 1.0)
    multiplier = quantise_multiplier(scaled)
    radius = fixed_point.input_radius(_INPUT_INTEGER_BITS, multiplier.shift, 31)
    differences = -np.arange(min(256, radius + 1), dtype=np.int64)
    exponentials = fixed_point.exp_on_negative_values(
        multiply(differences, multiplier, layer.options.rounding), _INPUT_INTEGER_BITS
    )
    low, high = layer.output.dtype.bounds
    bits, depth = 8 * layer.output.dtype.size, layer.input.shape[-1]
    return Kernel(
        name=f"softmax_int8_{layer.output.dtype.value}_table",
        template="softmax_int8.c.j2",
        values={
            **_values(layer),
            "entries": len(differences),
            "low": low,
            "high": high,
            "compact": False,
            "bits": bits,
            # Shares are shifted by up to 30 + bits of the depth - bits of the output, which 32 bits must allow.
            "sums": "uint32_t" if depth.bit_length() <= bits + 1 else "uint64_t",
        },
        constants=(Constant("exponentials", exponentials.astype(np.uint32), "2^31 exp(-i * input scale * beta)"),),
        helpers=("reciprocal",),
        in_place=IN_PLACE if layer.output.dtype is DType.INT8 else (),
    )


def _int16(layer: Layer) -> Kernel:
    real = layer.input.quantisation.scale * _beta(layer) / (10.0 / 65535.0)
    multiplier = quantise_multiplier(real)
    step = np.float32(65535)
    exponentials = _interpolation_table(np.float32(10) / step, 32767, np.float32(2) / step, np.exp)
    reciprocals = _interpolation_table(np.float32(1) / step, -32768, np.float32(2) / step, lambda x: 1 / (1 + x))
    return Kernel(
        name="softmax_int16_interpolated",
        template="softmax_int16.c.j2",
        values={**_values(layer), "multiplier": multiplier.value, "shift": -multiplier.shift},
        constants=(
            Constant("exponentials", exponentials, "32768 exp(10 (i - 512) / 512)"),
            Constant("reciprocals", reciprocals, "32768 / (1 + i / 512)"),
        ),
        helpers=("requantise_any", "interpolate", "clamp", "leading_zeros"),
    )


def _interpolation_table(
    input_scale: np.float32,
    input_zero_point: int,
    output_scale: np.float32,
    function: Callable[[np.ndarray], np.ndarray],
) -> np.ndarray:
    """513 samples of a function for linear interpolation, int16: TFLM's LUTPopulate, in single precision as there."""
    one = np.float32(1)
    low = input_scale * np.float32(-32768 - input_zero_point)
    high = input_scale * np.float32(32767 - input_zero_point)
    output_low, output_high = output_scale * np.float32(-32768), output_scale * np.float32(32767)
    step = (high - low) / np.float32(512)
    inverse = np.float32(65536) / (output_high - output_low)

    def at(x: np.float32) -> np.float32:
        return np.float32(function(np.float64(x)))

    def rounded(x: np.float32) -> np.float32:
        return np.float32(round_half_away(float(x)))

    samples = []
    for i in range(512):
        x = low + np.float32(i) * step
        sample = rounded(at(x) * inverse)
        chord = rounded((at(low + np.float32(i + 1) * step) * inverse + sample) / np.float32(2))
        error = chord - rounded(at(x + step / np.float32(2)) * inverse)
        samples.append(sample - rounded(error / np.float32(2)) * one)
    samples.append(rounded(at(high) * inverse))
    return np.clip(samples, -32768, 32767).astype(np.int16)

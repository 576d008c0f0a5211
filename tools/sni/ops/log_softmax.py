"""LOG_SOFTMAX over the last axis: x - max - log(sum of exp(x - max))."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import IN_PLACE
from tools.sni.ir import DType
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import multiply, quantise_multiplier, rounding_divide_by_power_of_two
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature

_INPUT_INTEGER_BITS = 5
_ACCUMULATION_INTEGER_BITS = 12
_LONGEST_INT8 = (1 << _ACCUMULATION_INTEGER_BITS) - 1
_SMALLEST_SCALE = 2.0**-25
"""The smallest that TFLM's fixed-point arithmetic still tells from 0, and a bit of room."""
_OUTPUT_SCALE, _OUTPUT_ZERO_POINT = 16 / 256, 127


@operator(
    "LOG_SOFTMAX",
    types=("float32", "int8"),
    limits=f"over the last axis; int8 over at most {_LONGEST_INT8} elements, into scale 1/16 and zero point 127",
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.dtype not in (DType.FLOAT32, DType.INT8):
        yield f"takes and makes one of float32, int8; it has {signature((x, y))}"
        return
    if not x.shape or x.shape != y.shape:
        yield f"keeps the shape, of one dimension or more; it has {x} and {y}"
    elif x.dtype is DType.INT8 and x.shape[-1] > _LONGEST_INT8:
        yield f"adds up at most {_LONGEST_INT8} int8 exponentials without overflow; it has {x.shape[-1]}"
    found = list(per_tensor_problems(x, y))
    yield from found
    q = y.quantisation
    if x.dtype is DType.INT8 and not found and x.quantisation.scale < _SMALLEST_SCALE:
        yield f"needs an int8 input of a scale of at least {_SMALLEST_SCALE}; it has {x.quantisation}"
    if x.dtype is DType.INT8 and not found and (q.scale, q.zero_point) != (_OUTPUT_SCALE, _OUTPUT_ZERO_POINT):
        yield f"makes int8 of scale {_OUTPUT_SCALE} and zero point {_OUTPUT_ZERO_POINT}; it has {q}"


@kernel("LOG_SOFTMAX", profile="c99")
def log_softmax(layer: Layer) -> Kernel:
    depth = layer.input.shape[-1]
    values = {"rows": layer.input.elements // depth, "depth": depth}
    if layer.input.dtype is DType.FLOAT32:
        return Kernel(
            "log_softmax_float32", "log_softmax_float32.c.j2", values, includes=("math.h",), in_place=IN_PLACE
        )
    return _int8(layer, values)


def _int8(layer: Layer, values: dict[str, object]) -> Kernel:
    """Both exp of a difference from the maximum and the difference itself come from tables: there are at most 256."""
    scaled = min(layer.input.quantisation.scale * (1 << (31 - _INPUT_INTEGER_BITS)), (1 << 31) - 1.0)
    multiplier = quantise_multiplier(scaled)
    radius = fixed_point.input_radius(_INPUT_INTEGER_BITS, multiplier.shift, 31)
    differences = multiply(-np.arange(min(256, radius + 1)), multiplier, layer.options.rounding)
    exponentials = fixed_point.exp_on_negative_values(differences, _INPUT_INTEGER_BITS)
    terms = rounding_divide_by_power_of_two(exponentials, _ACCUMULATION_INTEGER_BITS)
    reverse = quantise_multiplier((1 << (31 - multiplier.shift)) / multiplier.value)
    return Kernel(
        name="log_softmax_int8_table",
        template="log_softmax_int8.c.j2",
        values={
            **values,
            "entries": len(differences),
            "reverse_multiplier": reverse.value,
            "reverse_shift": -reverse.shift,
        },
        constants=(
            Constant("exponentials", terms.astype(np.int32), "2^19 exp(-i * input scale)"),
            Constant("differences", differences.astype(np.int32), "-2^26 i * input scale"),
        ),
        helpers=("log", "requantise_any", "clamp"),
        in_place=IN_PLACE,
    )

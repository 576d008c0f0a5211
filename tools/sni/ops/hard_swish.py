"""HARD_SWISH: x * min(6, max(0, x + 3)) / 6."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, broadcast
from tools.sni.elementwise import INT8_INPUTS, table
from tools.sni.ir import DType
from tools.sni.numerics.multiplier import Multiplier, quantise_multiplier, rounding_divide_by_power_of_two
from tools.sni.operators import Kernel, Layer, kernel, operator

_INT16 = (-(1 << 15), (1 << 15) - 1)


@operator("HARD_SWISH", types=("float32", "int8"))
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, DType.FLOAT32, DType.INT8))
    yield from found
    if not found and layer.output.dtype is DType.INT8 and _output_multiplier(layer).shift > 0:
        x, y = layer.input.quantisation, layer.output.quantisation
        yield f"needs an output scale of more than 1/128 of the input's; it has {x} and {y}"


def _output_multiplier(layer: Layer) -> Multiplier:
    return quantise_multiplier(layer.input.quantisation.scale / 128 / layer.output.quantisation.scale)


@kernel("HARD_SWISH", profile="c99")
def hard_swish(layer: Layer) -> Kernel:
    if layer.output.dtype is DType.FLOAT32:
        return broadcast(
            layer, "hard_swish_float32", lambda x: Element(f"{x} * sni_clamp_float({x} + 3.0f, 0.0f, 6.0f) / 6.0f")
        )
    return table(layer, "hard_swish_int8_table", _int8_outputs(layer))


def _int8_outputs(layer: Layer) -> np.ndarray:
    """TFLM's 16-bit fixed-point arithmetic (kernels/internal/reference/hard_swish.h)."""
    output = _output_multiplier(layer)
    relu = quantise_multiplier(layer.input.quantisation.scale / 128 / (3 / 32768))
    x = (INT8_INPUTS - layer.input.quantisation.zero_point) << 7
    scaled = _high(x, _short(output))
    # x as a share of 3, saturated to [-1, 1], then that as a share of [0, 1].
    share = np.clip(x << min(max(relu.shift - 1, 0), 31), *_INT16)
    share = _high(share, _short(relu))
    if relu.shift > 0:
        share = np.clip(share << 1, *_INT16)
    share = rounding_divide_by_power_of_two(share, max(-relu.shift, 0))
    share = (share + (1 << 15)) >> 1
    product = share * scaled
    truncated = np.where(product < 0, -(-product >> 15), product >> 15)
    outputs = rounding_divide_by_power_of_two(truncated, -output.shift) + layer.output.quantisation.zero_point
    return np.clip(outputs, -128, 127)


def _short(multiplier: Multiplier) -> int:
    """A 31-bit multiplier rounded to 15 bits."""
    return min((multiplier.value + (1 << 15)) >> 16, (1 << 15) - 1)


def _high(x: np.ndarray, multiplier: int) -> np.ndarray:
    """x * multiplier / 2^15, rounded, halves upwards."""
    return (x * multiplier + (1 << 14)) >> 15

"""What TANH and LOGISTIC share: the fixed-point input of the int8 kernels and the interpolation of the int16 ones."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import IN_PLACE
from tools.sni.ir import DType
from tools.sni.numerics.fixed_point import input_radius
from tools.sni.numerics.multiplier import Multiplier, quantise_multiplier
from tools.sni.operators import Constant, Kernel, Layer

_INPUT_INTEGER_BITS = 4


def fixed_point_input(scale: float) -> tuple[Multiplier, int]:
    """How an int8 difference from the zero point becomes a fixed-point number with four integer bits.

    Gives the multiplier, and the smallest magnitude of a difference that does not fit and saturates the result.
    """
    multiplier = quantise_multiplier(scale * (1 << (31 - _INPUT_INTEGER_BITS)))
    return multiplier, input_radius(_INPUT_INTEGER_BITS, multiplier.shift, 31)


def interpolation_problems(layer: Layer) -> Iterator[str]:
    """What TFLM asks of int16: symmetric on both sides, output scale 2^-15."""
    x, y = layer.input, layer.output
    if x.dtype is not DType.INT16 or not x.quantisation or not y.quantisation:
        return
    if any(x.quantisation.zero_points) or any(y.quantisation.zero_points):
        yield f"needs zero point 0 for int16; it has {x.quantisation} and {y.quantisation}"
    exponent = math.log2(y.quantisation.scales[0]) if y.quantisation.scales[0] > 0 else 0.0
    if abs(exponent + 15) >= 1e-3:
        yield f"makes an int16 output of scale 2^-15; it has {y.quantisation}"


def sigmoid_table() -> np.ndarray:
    """65536 * logistic(i / 24) for i = 0 .. 255, as uint16.

    Each entry carries half the error that the chord to the next makes in the middle, so that linear interpolation errs
    to both sides alike. The values are those of TFLM's table.
    """
    i = np.arange(256)
    at = 65536 / (1 + np.exp(-i / 24))
    middle = 65536 / (1 + np.exp(-(i + 0.5) / 24))
    after = 65536 / (1 + np.exp(-(i + 1) / 24))
    values = np.floor(at + (middle - (at + after) / 2) / 2 + 0.5)
    values[255] = 65535
    return values.astype(np.uint16)


def interpolated(layer: Layer, function: str) -> Kernel:
    """The int16 kernel: x * multiplier / 2^shift indexes the table in steps of 1/24 of the logistic's argument."""
    scale = layer.input.quantisation.scale
    exponent = round(math.log2(scale))
    power_of_two = abs(np.float32(math.log2(scale)) - exponent) < 1e-3
    shift = 12 + exponent
    if power_of_two and shift in ((0,) if function == "logistic" else (0, 1)):
        multiplier, right = 3 << shift, 0
    else:
        real = scale * 4096.0 * 3.0
        right = 0
        while real <= 32767.0 / 2.0 and right <= 30:
            right += 1
            real *= 2.0
        multiplier = int(real)
    return Kernel(
        name=f"{function}_int16_interpolated",
        template=f"{function}_int16.c.j2",
        values={
            "elements": layer.output.elements,
            "multiplier": multiplier,
            "shift": right,
            "round": (1 << right) >> 1,
        },
        constants=(Constant("table", sigmoid_table(), "65536 * logistic(i / 24)"),),
        in_place=IN_PLACE,
    )

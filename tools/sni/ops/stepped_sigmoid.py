"""LOGISTIC and TANH of int8 in a loop whose steps are quantised differently: both by one table for all steps.

TFLM computes them from a fixed-point number x with 27 bits behind the point. Less its zero point, LOGISTIC is an odd
function that rises from 0 to 128, and TANH of x is LOGISTIC of 2 x, for each computes the other's exponential. So what
there is to know are the 128 numbers at which it reaches the next value. In an interval of 2^21 there is one at most.
"""

from __future__ import annotations

import functools

import numpy as np

from tools.sni.elementwise import IN_PLACE, INT8_INPUTS
from tools.sni.ir import Quantisation
from tools.sni.numerics import fixed_point
from tools.sni.numerics.multiplier import multiply, quantise_multiplier, rounding_divide_by_power_of_two
from tools.sni.operators import Constant, Kernel, Layer, stepped
from tools.sni.stepping import Told, less

_BITS = 27
"""Behind the point of TFLM's number."""

_INTERVAL = 21
"""Bits of a number within an interval."""

_LARGEST_SHIFT = 28
"""Of a difference from the zero point. Beyond, the smallest that reaches 128 might not fit 32 bits."""


@stepped("LOGISTIC", profile="c99")
def logistic(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sigmoid(layer, steps, "logistic", doubled=0)


@stepped("TANH", profile="c99")
def tanh(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sigmoid(layer, steps, "tanh", doubled=1)


def _sigmoid(layer: Layer, steps: tuple[Layer, ...], function: str, doubled: int) -> Kernel | None:
    told = Told(layer, steps)
    if not told.fits:
        return None
    scale = told.scale("scale", lambda step: step.input)
    point = told.zero_point("zero_point", lambda step: step.input)
    unit = 2.0**_BITS
    one = told.literal(1.0)
    told.factor("factor", scale.values * unit, scale, unit, one, bound=255)
    # TFLM takes the shift to be to the left.
    shifts_fit = ((scale.values * unit >= 1) & (scale.values * unit < 1 << _LARGEST_SHIFT)).all()
    told.fits &= (
        scale.told
        and bool(shifts_fit)
        and all(is_exact(step.input.quantisation, doubled, layer.options.rounding) for step in steps)
    )
    reached, intervals = tables()
    kernel = Kernel(
        f"{function}_int8_told",
        "stepped_sigmoid.c.j2",
        {
            "elements": layer.output.elements,
            "difference": less("input[i]", point),
            "doubled": doubled,
            "largest": (len(intervals) << _INTERVAL) - 1,
            "last": int(reached[-1]),
            "interval": _INTERVAL,
        },
        constants=(
            Constant("reached", reached, "128 tanh(x / 2) reaches the next of 1 to 128 at these x, times 2^27"),
            Constant("intervals", intervals, f"128 tanh(x / 2) where intervals of {1 << _INTERVAL} begin, 127 at most"),
        ),
        helpers=("rounded_product",),
        in_place=IN_PLACE,
    )
    return told.kernel(kernel)


def rising(x: np.ndarray) -> np.ndarray:
    """LOGISTIC in 8 bits, less its zero point."""
    return rounding_divide_by_power_of_two(fixed_point.logistic(x, 31 - _BITS), 23) - 128


@functools.cache
def tables() -> tuple[np.ndarray, np.ndarray]:
    """Where it reaches 1 to 128; and its values, up to 127, where intervals begin, up to twice the last of these."""
    low, high = np.zeros(128, np.int64), np.full(128, 1 << 30)
    while (low < high).any():
        middle = (low + high) // 2
        there = rising(middle) > np.arange(128)
        low, high = np.where(there, low, middle + 1), np.where(there, middle, high)
    begins = np.arange(2 * low[-1] // (1 << _INTERVAL) + 1) << _INTERVAL
    return low.astype(np.uint32), np.minimum(np.searchsorted(low, begins, side="right"), 127).astype(np.int8)


def is_exact(q: Quantisation, doubled: int, rounding: str) -> bool:
    """Whether the tables give TFLM's bits for all inputs.

    At five places TFLM's function falls back for one number or two, and negative numbers round their halves upwards:
    where an input meets that, it is none of the table's.
    """
    multiplier = quantise_multiplier(q.scale * 2.0**_BITS)
    difference = INT8_INPUTS - q.zero_point
    radius = 15 << _BITS >> multiplier.shift

    def number(difference: np.ndarray) -> np.ndarray:
        # Any that reaches 128 will do for those beyond.
        x = multiply(np.clip(difference, -radius, radius), multiplier, rounding) << doubled
        return np.clip(x, -(1 << 30), 1 << 30)

    wanted = rising(number(difference))
    size = number(np.abs(difference))
    found = np.searchsorted(tables()[0], size, side="right")
    return np.array_equal(np.minimum(wanted, 127), np.minimum(np.where(difference < 0, -found, found), 127))

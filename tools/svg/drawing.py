"""Numbers, names and the marks of axes, as pictures of the project show them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def pixels(value: float) -> str:
    """To a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def short_name(name: str) -> str:
    """The telling part of a tensor's name: of `net/a/Relu;net/b/BiasAdd` the last two parts of the first, `a/Relu`."""
    return "/".join(name.split(";")[0].rstrip("/").split("/")[-2:]) or name


def ticks(largest: int) -> Sequence[int]:
    """About eight round numbers from 0 to the largest."""
    rough = largest / 8
    power = 10 ** max(0, math.floor(math.log10(max(1.0, rough))))
    step = next(int(power * factor) for factor in (1, 2, 5, 10) if power * factor >= rough)
    return range(0, largest + 1, step)


def log_ticks(least: float, largest: float) -> Sequence[float]:
    """Round numbers between two positive ones, for a logarithmic axis: powers of ten, and 2 and 5 times these where
    there are few."""
    exponents = range(math.floor(math.log10(least)), math.ceil(math.log10(largest)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        found = [
            factor * 10.0**exponent
            for exponent in exponents
            for factor in factors
            if least <= factor * 10.0**exponent <= largest
        ]
        if len(found) >= 3:
            return found
    return found

"""Inputs from a generator, for where no data is at hand: the same numbers on every machine."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from tools.convert.problem import fail
from tools.convert.representative import InputSpec

FORMS = "normal, normal(MEAN, DEVIATION), uniform or uniform(LOW, HIGH), with :SEED behind it for another than 0"
SAMPLES = 250


def generated(text: str, inputs: Sequence[InputSpec]) -> list[np.ndarray]:
    """SAMPLES samples: one array for each input, of shape [samples, *input.shape].

    normal: mean 0 and deviation 1; uniform: 0 to 1. Integers are rounded down, as those that look up rows of a table
    need it. Raises ConvertError for a text that is none of FORMS.
    """
    number = r"\s*(-?\d+(?:\.\d+)?)\s*"
    found = re.fullmatch(rf"(normal|uniform)(?:\({number},{number}\))?(?::(\d+))?", text)
    if not found:
        raise fail("generated data", f'"{text}" is not known; accepted: {FORMS}')
    rng = np.random.default_rng(int(found[4] or 0))
    a, b = float(found[2] or 0), float(found[3] or 1)
    if (found[1] == "normal" and b < 0) or (found[1] == "uniform" and b <= a):
        raise fail("generated data", f'"{text}": the range is empty; accepted: {FORMS}')
    draw = rng.normal if found[1] == "normal" else rng.uniform
    drawn = [draw(a, b, (SAMPLES, *spec.shape)) for spec in inputs]
    return [
        (values if np.issubdtype(np.dtype(spec.dtype), np.floating) else np.floor(values)).astype(spec.dtype)
        for values, spec in zip(drawn, inputs, strict=True)
    ]

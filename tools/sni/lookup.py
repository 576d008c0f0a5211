"""Functions of int8 by a table of all 256 results, made as TFLM's LUTPopulate makes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tools.sni.elementwise import INT8_INPUTS, table
from tools.sni.operators import Kernel, Layer


def tabulated(layer: Layer, name: str, function: Callable[[float], float]) -> Kernel:
    """A real function of an int8 input.

    function: in double; its result is rounded to single precision, where TFLM computes throughout. The bits agree as
    long as the C library that TFLM was built with rounds its float functions correctly, which it almost always does.
    """
    x, y = layer.input.quantisation, layer.output.quantisation
    reals = np.float32(x.scale) * (INT8_INPUTS - x.zero_point).astype(np.float32)
    with np.errstate(over="ignore"):
        values = np.array([function(float(real)) for real in reals]).astype(np.float32)
        scaled = values * (np.float32(1) / np.float32(y.scale))
    # Beyond int32 the conversion of the C++ is undefined; there, and for infinities, this saturates.
    rounded = np.trunc(np.abs(np.nan_to_num(scaled, posinf=1e9, neginf=-1e9).astype(np.float64)) + 0.5)
    return table(layer, name, np.clip(np.copysign(rounded, scaled) + y.zero_point, -128, 127))

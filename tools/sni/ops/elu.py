"""ELU: x where it is not negative, else exp(x) - 1."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, broadcast
from tools.sni.ir import DType
from tools.sni.lookup import tabulated
from tools.sni.numerics.multiplier import float32
from tools.sni.operators import Kernel, Layer, kernel, operator


@operator("ELU", types=("float32", "int8"))
def check(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.FLOAT32, DType.INT8)


@kernel("ELU", profile="c99")
def elu(layer: Layer) -> Kernel:
    if layer.output.dtype is DType.INT8:
        return tabulated(layer, "elu_int8_table", _elu)
    return broadcast(layer, "elu_float32", lambda x: Element(f"{x} < 0.0f ? expm1f({x}) : {x}", includes=("math.h",)))


def _elu(x: float) -> float:
    """As TFLM's table has it: exp in single precision, less 1, and not expm1 as in its float kernel."""
    return float32(np.float32(math.exp(x)) - np.float32(1)) if x < 0 else x

"""GELU: x times the share of a normal distribution that lies below x, or its approximation by tanh."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import c_float
from tools.sni.ir import DType
from tools.sni.lookup import tabulated
from tools.sni.operators import Kernel, Layer, kernel, operator

_SQRT_OF_2_OVER_PI = math.sqrt(2 / math.pi)
_CUBIC = 0.044715


@operator("GELU", types=("float32", "int8"), limits="exact or approximate; TFLM lacks it, so the model is LiteRT's")
def check(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.FLOAT32, DType.INT8)


@kernel("GELU", profile="c99")
def gelu(layer: Layer) -> Kernel:
    approximate = bool(layer.attribute("approximate", False))
    name = f"gelu{'_approximate' if approximate else ''}_{layer.output.dtype.value}"
    if layer.output.dtype is DType.INT8:
        return tabulated(layer, f"{name}_table", _approximate if approximate else _exact)

    def element(x: Operand) -> Element:
        if not approximate:
            # erfc and not 1 + erf: far below zero the sum would lose all digits.
            return Element(f"0.5f * {x} * erfcf({x} * {c_float(-math.sqrt(0.5))})", includes=("math.h",))
        # x (1 + tanh(u)) / 2 in the form that keeps its digits where tanh is next to -1.
        lines = (
            f"const float x = {x};",
            f"const float twice = {c_float(2 * _SQRT_OF_2_OVER_PI)} * (x + {c_float(_CUBIC)} * x * x * x);",
        )
        return Element("x / (1.0f + expf(-twice))", lines=lines, includes=("math.h",))

    return broadcast(layer, name, element)


def _exact(x: float) -> float:
    f = np.float32
    return float(f(0.5) * f(x) * f(math.erfc(float(f(x) * f(-math.sqrt(0.5))))))


def _approximate(x: float) -> float:
    f = np.float32
    inner = f(_SQRT_OF_2_OVER_PI) * (f(x) + f(_CUBIC) * f(x) * f(x) * f(x))
    return float(f(0.5) * f(x) * (f(1) + f(math.tanh(float(inner)))))

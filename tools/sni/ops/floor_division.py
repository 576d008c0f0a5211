"""FLOOR_DIV: the quotient rounded down, and FLOOR_MOD: what it leaves, of the divisor's sign."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator

_TYPES = (DType.FLOAT32, DType.INT32)
_NAMES = tuple(t.value for t in _TYPES)
_LIMITS = "broadcasts; int32 by zero gives 0"


@operator("FLOOR_DIV", types=_NAMES, inputs=(2, 2), limits=_LIMITS)
def check_div(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, *_TYPES)


@operator("FLOOR_MOD", types=_NAMES, inputs=(2, 2), limits=_LIMITS)
def check_mod(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, *_TYPES)


@kernel("FLOOR_DIV", profile="c99")
def floor_div(layer: Layer) -> Kernel:
    if layer.output.dtype is DType.INT32:
        return broadcast(layer, "floor_div_int32", lambda a, b: Element(f"sni_floor_divide({a}, {b})"))

    def element(a: Operand, b: Operand) -> Element:
        # In double, as TFLM: in float, a quotient just below a whole number would round up to it.
        return Element(f"floor((double){a} / (double){b})", wide=True, includes=("math.h",))

    return broadcast(layer, "floor_div_float32", element)


@kernel("FLOOR_MOD", profile="c99")
def floor_mod(layer: Layer) -> Kernel:
    if layer.output.dtype is DType.INT32:
        return broadcast(layer, "floor_mod_int32", lambda a, b: Element(f"sni_floor_modulo({a}, {b})"))

    def element(a: Operand, b: Operand) -> Element:
        lines = (f"const float b = {b};", f"const float rest = fmodf({a}, b);")
        return Element(
            "rest != 0.0f && (b < 0.0f) != (rest < 0.0f) ? rest + b : rest", lines=lines, includes=("math.h",)
        )

    return broadcast(layer, "floor_mod_float32", element)

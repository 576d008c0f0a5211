"""The operators that are one C expression of a float: EXP, LOG, SQRT, SIN, COS, SQUARE, NEG, CEIL, FLOOR, ROUND.

EXP takes int8 and NEG plain integers too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, broadcast
from tools.sni.ir import DType
from tools.sni.lookup import tabulated
from tools.sni.operators import Kernel, Layer, kernel, operator

_FUNCTIONS = {
    "LOG": "logf({x})",
    "SQRT": "sqrtf({x})",
    "SIN": "sinf({x})",
    "COS": "cosf({x})",
    "SQUARE": "{x} * {x}",
    "CEIL": "ceilf({x})",
    "FLOOR": "floorf({x})",
    # Halves to even, which is what rintf does in the rounding mode that C starts in.
    "ROUND": "rintf({x})",
}
_LARGEST_EXPONENT = 700.0
"""Beyond, exp overflows a double; int8 is saturated long before."""
_NEGATED = (DType.FLOAT32, DType.INT32, DType.INT64)


def _problems(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.FLOAT32)


def _function(layer: Layer) -> Kernel:
    expression = _FUNCTIONS[layer.op.kind]
    includes = ("math.h",) if "f(" in expression else ()
    name = f"{layer.op.kind.lower()}_float32"
    return broadcast(layer, name, lambda x: Element(expression.format(x=x), includes=includes))


for _kind in _FUNCTIONS:
    operator(_kind, types=("float32",))(_problems)
    kernel(_kind, profile="c99")(_function)


@operator("EXP", types=("float32", "int8"), limits="TFLM has float32 alone, so int8 is LiteRT's")
def check_exp(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.FLOAT32, DType.INT8)


@kernel("EXP", profile="c99")
def exp(layer: Layer) -> Kernel:
    if layer.output.dtype is DType.INT8:
        return tabulated(layer, "exp_int8_table", lambda x: math.exp(min(x, _LARGEST_EXPONENT)))
    return broadcast(layer, "exp_float32", lambda x: Element(f"expf({x})", includes=("math.h",)))


@operator("NEG", types=tuple(t.value for t in _NEGATED))
def check_neg(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, *_NEGATED)


@kernel("NEG", profile="c99")
def neg(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    # The smallest integer has no negative; modulo 2^32 it stays itself.
    unsigned = "-{x}" if dtype is DType.FLOAT32 else f"({dtype.c})(0U - (u{dtype.c}){{x}})"
    return broadcast(layer, f"neg_{dtype.value}", lambda x: Element(unsigned.format(x=x)))

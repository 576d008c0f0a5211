"""Python values as C literals and the small expressions made of them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import numpy as np

_PER_LINE = {
    "int8": 20,
    "uint8": 20,
    "bool": 14,
    "int16": 14,
    "uint16": 14,
    "int32": 8,
    "uint32": 8,
    "int64": 5,
    "float32": 6,
}
_C_TYPES = {"float32": "float", "bool": "bool"}


def c_type(dtype: np.dtype) -> str:
    """The C type of a table's elements."""
    return _C_TYPES.get(dtype.name, f"{dtype.name}_t")


def c_float(value: float) -> str:
    """A float literal that reads back as the same single-precision number: nine significant digits do."""
    if math.isnan(value):
        return "NAN"
    if math.isinf(value):
        return "INFINITY" if value > 0 else "(-INFINITY)"
    text = f"{float(np.float32(value)):.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def c_value(value: np.ndarray) -> str:
    """A literal of one number, in the type of its element."""
    if value.dtype == np.float32:
        return c_float(float(value))
    if value.dtype == np.bool_:
        return "true" if value else "false"
    return {"int32": _int32, "int64": _int64}.get(value.dtype.name, str)(int(value))


def c_integer(value: int, dtype: np.dtype) -> str:
    """An integer literal for an operand of that type."""
    return _int64(value) if dtype == np.int64 else _int32(value)


def factor(expression: str) -> str:
    """An expression as an operand of a product or a cast: in parentheses, unless it is a name, an element or a call."""
    return expression if re.fullmatch(r"-?\w+|\w+\[[^][]*\]|\w+\([^()]*\)", expression) else f"({expression})"


def plus(value: int) -> str:
    """` + 3`, ` - 3`, or nothing for 0: what follows an expression."""
    return f" {'+' if value > 0 else '-'} {abs(value)}" if value else ""


def clamped_float(expression: str, low: float | None, high: float | None) -> str:
    """`expression` held between bounds; a NaN goes through.

    The expression is repeated, so it must be cheap and free of effects.
    """
    inner = expression if high is None else f"({expression} > {c_float(high)} ? {c_float(high)} : {expression})"
    if low is None:
        return inner
    return f"{expression} < {c_float(low)} ? {c_float(low)} : {inner}"


def table_lines(data: np.ndarray) -> Iterator[str]:
    """The elements of a table, in lines of at most about 100 columns, each ending in a comma."""
    flat = data.reshape(-1)
    per_line = _PER_LINE[data.dtype.name]
    if data.dtype == np.float32:
        words = _floats(flat)
    elif data.dtype == np.bool_:
        words = ["true" if value else "false" for value in flat.tolist()]
    elif data.dtype == np.uint32:
        words = [f"{value}U" for value in flat.tolist()]
    elif data.dtype == np.int64:
        words = [_int64(value) for value in flat.tolist()]
    elif data.dtype == np.int32:
        words = [_int32(value) for value in flat.tolist()]
    else:
        words = list(map(str, flat.tolist()))
    for start in range(0, len(words), per_line):
        yield ", ".join(words[start : start + per_line]) + ","


def _floats(flat: np.ndarray) -> list[str]:
    """As c_float; all at once where all are finite, which takes a third of the time."""
    if not np.isfinite(flat).all():
        return [c_float(value) for value in flat.tolist()]
    words = ("%.9g " * flat.size % tuple(flat.tolist())).split()
    return [f"{word}f" if "." in word or "e" in word else f"{word}.0f" for word in words]


def _int32(value: int) -> str:
    # -2147483648 would be the negation of a number that does not fit an int.
    return "INT32_MIN" if value == -(1 << 31) else str(value)


def _int64(value: int) -> str:
    return "INT64_MIN" if value == -(1 << 63) else f"INT64_C({value})"

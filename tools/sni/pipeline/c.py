"""Pieces of C text: literals, identifiers, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import jinja2
import numpy as np

# What generated code calls of <math.h>.
MATH_FUNCTIONS = ("cosf", "expf", "fabsf", "hypotf", "logf", "remainderf", "roundf", "sinf", "sqrtf")

# Keywords, the types and other functions that generated code uses, and what GNU C defines as macros on some systems.
_RESERVED = """
auto break case char const continue default do double else enum extern float for goto if inline int long register
restrict return short signed sizeof static struct switch typedef union unsigned void volatile while bool true false
int8_t uint8_t int16_t int32_t uint32_t size_t
memcpy memset
asm typeof unix linux i386 mips sparc sun vax hpux sgi arm m68k
"""

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,
)
_ENVIRONMENT.filters["comment"] = lambda text: comment(text)


def render_template(template: str, /, **context: object) -> str:
    """The text of a template of this package; `template` is its path below the package."""
    return _ENVIRONMENT.get_template(template).render(**context)


def float_literal(value: float) -> str:
    """The shortest float32 literal that reads back as the same number: `0.1f`, `1e-07f`, `-3.0f`."""
    text = str(np.float32(value))
    assert "n" not in text, "infinities and NaN have no literal"
    return text + "f"


def add(term: str, constant: float) -> str:
    """`term + constant`, with the sign of the constant as the operator; the term alone when there is nothing to add."""
    if constant == 0:
        return term
    return f"{term} {'-' if constant < 0 else '+'} {float_literal(abs(constant))}"


def int_plus(constant: int) -> str:
    """` + 3`, ` - 3`, or nothing for 0: what follows an integer expression."""
    return f" {'-' if constant < 0 else '+'} {abs(constant)}" if constant else ""


def factor(term: str) -> str:
    """A term that something is multiplied with: in parentheses when it is a sum."""
    return f"({term})" if " " in term else term


def number(value: float) -> str:
    """A float32 number for people: `3.2`, `360`."""
    return str(np.float32(value)).removesuffix(".0")


def plus(term: str, constant: float) -> str:
    """As `add`, for people: `x - 3`."""
    return f"{term} {'-' if constant < 0 else '+'} {number(abs(constant))}" if constant else term


def comment(text: str) -> str:
    """Text that can stand inside a comment, whatever the user's names contain."""
    return text.replace("*/", "* /").replace("/*", "/ *").replace("\\", "/").replace("??", "? ?")


def identifier(text: str) -> str:
    """Text with whatever no identifier can contain replaced by underscores."""
    return re.sub(r"[^A-Za-z0-9_]", "_", text)


class Locals:
    """Names for the local variables of one function, all different.

    taken: identifiers that the function uses otherwise. prefix: the model's name; what starts with it is a function's.
    """

    def __init__(self, taken: Iterable[str], prefix: str) -> None:
        self._taken = set(taken)
        self._prefix = prefix + "_"

    def name(self, text: str) -> str:
        """A new variable's name, as close to `text` as the language allows."""
        plain = identifier(text)
        risky = (
            plain in (*MATH_FUNCTIONS, *_RESERVED.split())
            or plain.startswith(self._prefix)
            or not re.match(r"[a-z]", plain)
        )
        base = f"value_{plain}" if risky else plain
        name, count = base, 2
        while name in self._taken:
            name, count = f"{base}_{count}", count + 1
        self._taken.add(name)
        return name

"""The kinds of value that a key of the pipeline file can take: each checks one JSON value and converts it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

SMALLEST_NORMAL = float(np.finfo(np.float32).tiny)
_GREATEST = float(np.finfo(np.float32).max)
_GREATEST_INTEGER = 2**31 - 1


class RejectedError(Exception):
    """A value that is not of the kind. `problems`: pairs of a place below the value (`[2]`, or empty) and a message."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__(*problems)
        self.problems = problems


class Kind(Protocol):
    """One kind of value."""

    def read(self, value: object) -> object:
        """The value, converted. Raises RejectedError."""


@dataclass(frozen=True)
class Number:
    """A number that float32 can hold, rounded to float32. `positive`: above zero, and its reciprocal fits too."""

    positive: bool = False

    def read(self, value: object) -> float:
        accepted = "a number above 0" if self.positive else "a finite number"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise unexpected(accepted, value)
        if not math.isfinite(value):
            raise unexpected(accepted, value)
        if abs(value) > _GREATEST:
            raise RejectedError(("", f"{value:g} does not fit float32 (at most {_GREATEST:g} in magnitude)"))
        single = float(np.float32(value))
        if self.positive and value > 0 and single < SMALLEST_NORMAL:
            raise RejectedError(("", f"{value:g} is too small for float32 (at least {SMALLEST_NORMAL:g})"))
        if self.positive and single <= 0:
            raise unexpected(accepted, value)
        return single


@dataclass(frozen=True)
class Integer:
    """A whole number from `minimum` up, as 32 signed bits hold it. 3.0 is not one."""

    minimum: int

    def read(self, value: object) -> int:
        accepted = f"a whole number, {self.minimum} or more"
        if isinstance(value, bool) or not isinstance(value, int) or value < self.minimum:
            raise unexpected(accepted, value)
        if value > _GREATEST_INTEGER:
            raise RejectedError(("", f"{value} is too large (at most {_GREATEST_INTEGER})"))
        return value


@dataclass(frozen=True)
class Boolean:
    """true or false."""

    def read(self, value: object) -> bool:
        if not isinstance(value, bool):
            raise unexpected("true or false", value)
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    def read(self, value: object) -> str:
        if not isinstance(value, str) or value not in self.words:
            raise unexpected(" or ".join(f'"{word}"' for word in self.words), value)
        return value


@dataclass(frozen=True)
class Identifier:
    """The name of a signal or of a result: letters, digits and underscores, no digit first."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", value):
            raise unexpected("a name of letters, digits and underscores that starts with no digit", value)
        return value


@dataclass(frozen=True)
class Text:
    """A column or a label: text that a CSV row shows as it is."""

    def read(self, value: object) -> str:
        if not isinstance(value, str) or not value or not value.isprintable() or value != value.strip():
            raise unexpected("printable text with no space at either end", value)
        return value


@dataclass(frozen=True)
class Reference:
    """A name that stands for something defined elsewhere; whether it exists is not looked at here."""

    def read(self, value: object) -> str:
        if not isinstance(value, str):
            raise unexpected("a name in quotes", value)
        return value


@dataclass(frozen=True)
class Operands:
    """What a signal is computed of: one name, or a list of exactly `count` names. Always gives a tuple."""

    count: int

    def read(self, value: object) -> tuple[str, ...]:
        if self.count == 1:
            return (Reference().read(value),)
        if not isinstance(value, list) or len(value) != self.count:
            raise unexpected(f"a list of {self.count} names", value)
        return List(Reference(), unique=False).read(value)


@dataclass(frozen=True)
class Names:
    """What a window feature is computed of: one name, or a list of them. Always gives a tuple."""

    def read(self, value: object) -> tuple[str, ...]:
        if isinstance(value, list):
            return List(Reference()).read(value)
        if not isinstance(value, str):
            raise unexpected("a name in quotes, or a list of names", value)
        return (value,)


@dataclass(frozen=True)
class Between:
    """A number from `low` to `high`, as double precision holds it."""

    low: float
    high: float

    def read(self, value: object) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high:
            raise unexpected(f"a number from {self.low:g} to {self.high:g}", value)
        return float(value)


@dataclass(frozen=True)
class OneOrEach:
    """A number of a kind, or a list of them. Always gives a tuple."""

    of: Number

    def read(self, value: object) -> tuple[float, ...]:
        if isinstance(value, list):
            return List(self.of, unique=False).read(value)
        return (self.of.read(value),)


@dataclass(frozen=True)
class List:
    """A list of values of one kind; nothing occurs twice in it when `unique`."""

    of: Kind
    minimum: int = 1
    unique: bool = True

    def read(self, value: object) -> tuple:
        if not isinstance(value, list) or len(value) < self.minimum:
            raise unexpected("a list" if self.minimum == 0 else f"a list of at least {self.minimum}", value)
        problems: list[tuple[str, str]] = []
        result = []
        for index, item in enumerate(value):
            try:
                result.append(self.of.read(item))
            except RejectedError as error:
                problems += [(f"[{index}]{place}", message) for place, message in error.problems]
            if self.unique and item in value[:index]:
                problems.append((f"[{index}]", f"{found(item)} occurs twice (first at [{value.index(item)}])"))
        if problems:
            raise RejectedError(*problems)
        return tuple(result)


@dataclass(frozen=True)
class Raw:
    """A list or an object that is read further by whoever asked for it."""

    type: type[list] | type[dict]

    def read(self, value: object) -> object:
        if not isinstance(value, self.type):
            raise unexpected("a list" if self.type is list else "an object", value)
        return value


def unexpected(accepted: str, value: object) -> RejectedError:
    """The rejection of a value that is something else than what is accepted."""
    return RejectedError(("", f"expected {accepted}, found {found(value)}"))


def found(value: object) -> str:
    """A JSON value in words, short enough for a message."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f"the text {quoted(value)}"
    if isinstance(value, (int, float)):
        return f"the number {value:.9g}" if isinstance(value, float) else f"the number {value}"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return "an object"


def quoted(text: str) -> str:
    """Text in double quotes for a message, cut when it is long, harmless to a terminal."""
    short = text if len(text) <= 60 else text[:57] + "..."
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short) + '"'


def listed(names: Sequence[str]) -> str:
    """Names in a row for a message, the middle left out of long lists."""
    return ", ".join(names if len(names) <= 20 else [*names[:10], f"... ({len(names)} in all)", names[-1]])

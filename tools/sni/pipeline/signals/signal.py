"""What every signal has: a scalar that is computed from each row, of columns and of signals before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tools.sni.pipeline.kinds import Identifier, Operands
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.registry import Registry


@dataclass(frozen=True)
class Member:
    """A float32 of the pipeline's state that belongs to one signal; zero at the start."""

    name: str
    comment: str


@dataclass(frozen=True)
class Update:
    """What a member becomes once the signal is computed."""

    member: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One entry of `signals`. A subclass adds its keys as fields, and says how the value is computed.

    delay: how many rows must have passed before the first value means something.
    helper: stem of a template beside this file with a C function that `expression` calls, or None.
    """

    op: ClassVar[str]
    delay: ClassVar[int] = 0

    name: str = entry(Identifier())
    of: tuple[str, ...] = entry(Operands(1))

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the values of the keys taken together: pairs of key and message."""
        yield from ()

    @property
    def helper(self) -> str | None:
        return None

    def expression(self, operands: Sequence[str], helper: str) -> str:
        """The value as a C expression of float32 type.

        operands: identifiers of the variables that hold `of`. helper: name of the C function made of `self.helper`.
        """
        raise NotImplementedError

    def members(self) -> tuple[Member, ...]:
        """What the signal remembers from row to row."""
        return ()

    def updates(self, operands: Sequence[str]) -> tuple[Update, ...]:
        """How the members change with each row, after the value has been computed."""
        return ()

    def formula(self) -> str:
        """The value in words, for comments and reports: `log(sog_kn + 1)`."""
        raise NotImplementedError


SIGNALS: Registry[Signal] = Registry()

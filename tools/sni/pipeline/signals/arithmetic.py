"""add, subtract, multiply and hypot: of two signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tools.sni.pipeline.kinds import Operands
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Signal


@dataclass(frozen=True, kw_only=True)
class _Binary(Signal):
    """left OPERATOR right."""

    operator: ClassVar[str]

    of: tuple[str, ...] = entry(Operands(2))

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f" {self.operator} ".join(operands)

    def formula(self) -> str:
        return f" {self.operator} ".join(self.of)


@SIGNALS.register("add")
@dataclass(frozen=True, kw_only=True)
class Add(_Binary):
    """a + b."""

    operator = "+"


@SIGNALS.register("subtract")
@dataclass(frozen=True, kw_only=True)
class Subtract(_Binary):
    """a - b."""

    operator = "-"


@SIGNALS.register("multiply")
@dataclass(frozen=True, kw_only=True)
class Multiply(_Binary):
    """a * b."""

    operator = "*"


@SIGNALS.register("hypot")
@dataclass(frozen=True, kw_only=True)
class Hypotenuse(Signal):
    """sqrt(a * a + b * b), without overflow on the way."""

    of: tuple[str, ...] = entry(Operands(2))

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f"hypotf({operands[0]}, {operands[1]})"

    def formula(self) -> str:
        return f"hypot({self.of[0]}, {self.of[1]})"

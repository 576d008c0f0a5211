"""sin and cos of an angle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.pipeline.c import float_literal
from tools.sni.pipeline.kinds import Choice
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Signal


@dataclass(frozen=True, kw_only=True)
class _Angle(Signal):
    """A function of an angle in radians; degrees are multiplied by pi / 180 first."""

    unit: str = entry(Choice(("degrees", "radians")))

    def expression(self, operands: Sequence[str], helper: str) -> str:
        factor = f" * {float_literal(math.pi / 180)}" if self.unit == "degrees" else ""
        return f"{self.op}f({operands[0]}{factor})"

    def formula(self) -> str:
        return f"{self.op}({self.of[0]}), {self.of[0]} in {self.unit}"


@SIGNALS.register("sin")
@dataclass(frozen=True, kw_only=True)
class Sine(_Angle):
    """sin(x)."""


@SIGNALS.register("cos")
@dataclass(frozen=True, kw_only=True)
class Cosine(_Angle):
    """cos(x)."""

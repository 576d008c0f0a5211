"""clip: limits a signal to a range."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.sni.pipeline.c import float_literal, number
from tools.sni.pipeline.kinds import Number
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Signal


@SIGNALS.register("clip")
@dataclass(frozen=True, kw_only=True)
class Clip(Signal):
    """x, but at least min and at most max."""

    helper = "clip"

    min: float = entry(Number())
    max: float = entry(Number())

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.min >= self.max:
            yield "max", f"{number(self.max)} is not above min, {number(self.min)}"

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f"{helper}({operands[0]}, {float_literal(self.min)}, {float_literal(self.max)})"

    def formula(self) -> str:
        return f"{self.of[0]} limited to {number(self.min)} .. {number(self.max)}"

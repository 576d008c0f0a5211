"""difference: this row minus the row before, for angles along the shorter way round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.pipeline.c import float_literal, number
from tools.sni.pipeline.kinds import Number
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Member, Signal, Update


@SIGNALS.register("difference")
@dataclass(frozen=True, kw_only=True)
class Difference(Signal):
    """x[t] - x[t-1]; with `wrap` brought into [-wrap/2, wrap/2) by adding multiples of `wrap`."""

    delay = 1

    wrap: float | None = entry(Number(positive=True), default=None)

    @property
    def helper(self) -> str | None:
        return None if self.wrap is None else "wrap"

    def expression(self, operands: Sequence[str], helper: str) -> str:
        step = f"{operands[0]} - pipeline->{self._previous}"
        return step if self.wrap is None else f"{helper}({step}, {float_literal(self.wrap)})"

    def members(self) -> tuple[Member, ...]:
        return (Member(self._previous, f"{self.of[0]} of the row before, for {self.name}"),)

    def updates(self, operands: Sequence[str]) -> tuple[Update, ...]:
        return (Update(self._previous, operands[0]),)

    def formula(self) -> str:
        step = f"{self.of[0]} - {self.of[0]} of the row before"
        if self.wrap is None:
            return step
        return f"{step}, wrapped into [-{number(self.wrap / 2)}, {number(self.wrap / 2)})"

    @property
    def _previous(self) -> str:
        return f"previous_{self.name}"

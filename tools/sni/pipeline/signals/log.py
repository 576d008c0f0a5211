"""log: the natural logarithm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.sni.pipeline.c import add, plus
from tools.sni.pipeline.kinds import Number
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Signal


@SIGNALS.register("log")
@dataclass(frozen=True, kw_only=True)
class Log(Signal):
    """log(x + offset). What is below the smallest positive normal float32 counts as that number: log is then -87.3."""

    helper = "log"

    offset: float = entry(Number(), default=0.0)

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f"{helper}({add(operands[0], self.offset)})"

    def formula(self) -> str:
        return f"log({plus(self.of[0], self.offset)})"

"""scale, standardise and min_max: a shift and a factor, in the three ways people write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.pipeline.c import add, factor, float_literal, number, plus
from tools.sni.pipeline.kinds import SMALLEST_NORMAL, Number
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.signals.signal import SIGNALS, Signal


@SIGNALS.register("scale")
@dataclass(frozen=True, kw_only=True)
class Scale(Signal):
    """x * by + offset."""

    by: float = entry(Number())
    offset: float = entry(Number(), default=0.0)

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return add(f"{operands[0]} * {float_literal(self.by)}", self.offset)

    def formula(self) -> str:
        return plus(f"{self.of[0]} * {number(self.by)}", self.offset)


@SIGNALS.register("standardise")
@dataclass(frozen=True, kw_only=True)
class Standardise(Signal):
    """(x - mean) * (1 / std); the reciprocal is taken here, since division is slow on small cores."""

    mean: float = entry(Number())
    std: float = entry(Number(positive=True))

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f"{factor(add(operands[0], -self.mean))} * {float_literal(1 / self.std)}"

    def formula(self) -> str:
        return f"{factor(plus(self.of[0], -self.mean))} / {number(self.std)}"


@SIGNALS.register("min_max")
@dataclass(frozen=True, kw_only=True)
class MinMax(Signal):
    """(x - min) * (1 / (max - min)): 0 at min, 1 at max, not limited to that range."""

    min: float = entry(Number())
    max: float = entry(Number())

    def problems(self) -> Iterator[tuple[str, str]]:
        span = self.max - self.min
        if span <= 0:
            yield "max", f"{number(self.max)} is not above min, {number(self.min)}"
        elif not SMALLEST_NORMAL <= span <= float(np.finfo(np.float32).max):
            yield "max", f"max - min, {span:g}, does not fit float32"

    def expression(self, operands: Sequence[str], helper: str) -> str:
        return f"{factor(add(operands[0], -self.min))} * {float_literal(1 / (self.max - self.min))}"

    def formula(self) -> str:
        return f"{factor(plus(self.of[0], -self.min))} / {number(self.max - self.min)}"

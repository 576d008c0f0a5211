"""threshold: whether a value is too high."""

from __future__ import annotations

from dataclasses import dataclass

from tools.sni.pipeline.after.after import AFTER, After, Network, Surroundings, Value
from tools.sni.pipeline.c import float_literal, number
from tools.sni.pipeline.kinds import Number, Reference
from tools.sni.pipeline.records import entry


@AFTER.register("threshold")
@dataclass(frozen=True, kw_only=True)
class Threshold(After):
    """1 when the value is greater than `above`, else 0: also when it is equal, and when it is NaN."""

    of: str = entry(Reference())
    above: float = entry(Number())

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.of,)

    def values(self, network: Network) -> tuple[Value, ...]:
        return (Value(self.name, "flag"),)

    def element(self, index: str, around: Surroundings) -> str:
        return f"{around.values[self.of]} > {float_literal(self.above)} ? 1.0f : 0.0f"

    def formula(self, network: Network) -> str:
        return f"{self.of} > {number(self.above)}"

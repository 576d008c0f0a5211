"""percentile: the value below which a given share of the values lie."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tools.sni.pipeline.c import float_literal, number
from tools.sni.pipeline.kinds import Between
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.window.feature import WINDOW_FEATURES
from tools.sni.pipeline.window.parts import Statistic


@WINDOW_FEATURES.register("percentile")
@dataclass(frozen=True, kw_only=True)
class Percentile(Statistic):
    """numpy.percentile(x, q), to the bit: between the two nearest values, linearly."""

    q: float = entry(Between(0, 100))

    def scratch(self, size: int) -> int:
        return self.largest(size)

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        return {"percentile": ("window/percentile", {})}

    def value(self, size: int, prefix: str) -> str:
        """NumPy's index is a double; its fraction is rounded to float32, from the side that is nearer."""
        index = (size - 1) * (self.q / 100)
        rank = min(math.floor(index), size - 1)
        share = index - rank
        above, below = (share, 0.0) if share < 0.5 else (0.0, 1 - share)
        call = f"{prefix}_pipeline_percentile(x, {size}, scratch"
        return f"{call}, {rank}, {float_literal(above)}, {float_literal(below)})"

    def of_all(self) -> str:
        return f"percentile {number(self.q)}"

"""Ratios on a line: the mean as a point, from the least to the greatest as a stroke, and where 100% is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tools.report.summary import Comparison
from tools.svg.drawing import pixels

WIDTH = 120
_ROOM = 6


@dataclass(frozen=True)
class Spread:
    """A logarithmic line from the least to the greatest ratio."""

    least: float
    greatest: float
    width: int = WIDTH

    def at(self, ratio: float) -> str:
        share = math.log(ratio / self.least) / math.log(self.greatest / self.least)
        return pixels(_ROOM + share * (WIDTH - 2 * _ROOM))


def spread(comparisons: Sequence[Comparison]) -> Spread:
    """The line on which all of them have a place, and 100% and a little more too."""
    ratios = [found for comparison in comparisons for found in comparison.ratios.values() if found]
    return Spread(
        min((found.least for found in ratios if found.least < 0.8), default=0.8),
        max((found.greatest for found in ratios if found.greatest > 1.25), default=1.25),
    )

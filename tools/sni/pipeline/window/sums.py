"""energy and std: sums over a vector, in the order in which NumPy adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tools.sni.pipeline.window.feature import WINDOW_FEATURES
from tools.sni.pipeline.window.parts import Statistic

_SUMS = {"sum_block": ("window/sum_block", {}), "sums": ("window/sums", {})}


@WINDOW_FEATURES.register("energy")
@dataclass(frozen=True, kw_only=True)
class Energy(Statistic):
    """numpy.sum(x * x), to the bit."""

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        return _SUMS

    def value(self, size: int, prefix: str) -> str:
        return f"{prefix}_pipeline_sums(x, {size}, 0.0f, true)"

    def of_all(self) -> str:
        return "sum of squares"


@WINDOW_FEATURES.register("std")
@dataclass(frozen=True, kw_only=True)
class StandardDeviation(Statistic):
    """numpy.std(x), to the bit: the root of the mean of (x - mean)^2, with the number of values as divisor."""

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        return {**_SUMS, "sums_std": ("window/std", {})}

    def value(self, size: int, prefix: str) -> str:
        return f"{prefix}_pipeline_sums_std(x, {size})"

    def of_all(self) -> str:
        return "standard deviation"

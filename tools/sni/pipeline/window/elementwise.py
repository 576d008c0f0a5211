"""log and standardise: the signals of these names, for all values of a vector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tools.sni.pipeline.c import add, factor, float_literal, number, plus
from tools.sni.pipeline.kinds import Number, OneOrEach
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.window.feature import WINDOW_FEATURES, Table, WindowFeature


@dataclass(frozen=True, kw_only=True)
class _Elementwise(WindowFeature):
    """One value of each."""

    in_place = True
    template = "elementwise"

    def element(self, prefix: str) -> str:
        """What x[i] becomes, as a C expression."""
        raise NotImplementedError

    def context(self, size: int) -> Mapping[str, object]:
        return {"element": self.element}


@WINDOW_FEATURES.register("log")
@dataclass(frozen=True, kw_only=True)
class LogOfEach(_Elementwise):
    """log(x + offset), limited as the signal of that name."""

    offset: float = entry(Number(), default=0.0)

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        return {"log": ("signals/log", {})}

    def element(self, prefix: str) -> str:
        return f"{prefix}_pipeline_log({add('x[i]', self.offset)})"

    def formula(self, size: int) -> str:
        return f"log({plus(self.of[0], self.offset)})"


@WINDOW_FEATURES.register("standardise")
@dataclass(frozen=True, kw_only=True)
class StandardiseEach(_Elementwise):
    """(x - mean) * (1 / std); mean and std are numbers, or lists with one for each value."""

    mean: tuple[float, ...] = entry(OneOrEach(Number()))
    std: tuple[float, ...] = entry(OneOrEach(Number(positive=True)))

    def misfits(self, size: int) -> Iterator[tuple[str, str]]:
        for key in ("mean", "std"):
            given = len(getattr(self, key))
            if given not in (1, size):
                yield key, f"{given} numbers for the {size} values of {self.of[0]}"

    def tables(self, size: int) -> tuple[Table, ...]:
        means, factors = np.array(self.mean, np.float32), (1 / np.array(self.std)).astype(np.float32)
        tables = (Table(f"mean_{self.name}", f"{self.name}: mean.", means),)
        tables += (Table(f"factor_{self.name}", f"{self.name}: 1 / std.", factors),)
        return tuple(table for table in tables if len(table.data) > 1)

    def element(self, prefix: str) -> str:
        less = add("x[i]", -self.mean[0])
        if len(self.mean) > 1:
            less = f"x[i] - {prefix}_pipeline_mean_{self.name}[i]"
        by = f"{prefix}_pipeline_factor_{self.name}[i]" if len(self.std) > 1 else float_literal(1 / self.std[0])
        return f"{factor(less)} * {by}"

    def formula(self, size: int) -> str:
        less = plus(self.of[0], -self.mean[0]) if len(self.mean) == 1 else f"{self.of[0]} - mean"
        return f"{factor(less)} / {number(self.std[0]) if len(self.std) == 1 else 'std'}"

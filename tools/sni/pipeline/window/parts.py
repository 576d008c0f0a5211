"""Statistics of a vector: of all its values, of equal parts of it, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.sni.pipeline.kinds import Boolean, Integer
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.window.feature import WindowFeature


@dataclass(frozen=True, kw_only=True)
class Statistic(WindowFeature):
    """One number for the whole vector, then one for each of `parts` parts, which are numpy.array_split's."""

    template = "statistic"

    parts: int | None = entry(Integer(1), default=None)
    whole: bool = entry(Boolean(), default=True)

    def problems(self) -> Iterator[tuple[str, str]]:
        if self.parts is None and not self.whole:
            yield "whole", "false, and without parts there is nothing else (give parts, or leave whole out)"

    def misfits(self, size: int) -> Iterator[tuple[str, str]]:
        if self.parts is not None and self.parts > size:
            yield "parts", f"{self.parts} parts of {size} values: some would be empty"

    def count(self, size: int) -> int:
        return int(self.whole) + (self.parts or 0)

    def runs(self, size: int) -> tuple[tuple[int, int], ...]:
        """Parts of equal size behind one another: how many, and of how many values."""
        if self.parts is None:
            return ()
        each, longer = divmod(size, self.parts)
        return tuple((count, values) for count, values in ((longer, each + 1), (self.parts - longer, each)) if count)

    def largest(self, size: int) -> int:
        """Values in the largest vector that it is computed of at once."""
        return size if self.whole else max(values for _, values in self.runs(size))

    def value(self, size: int, prefix: str) -> str:
        """The statistic of the `size` values from `x` on, as a C expression."""
        raise NotImplementedError

    def of_all(self) -> str:
        """The statistic in words: `90th percentile`."""
        raise NotImplementedError

    def context(self, size: int) -> Mapping[str, object]:
        return {"whole": self.whole, "runs": self.runs(size), "value": self.value, "scratch": self.scratch(size) > 0}

    def formula(self, size: int) -> str:
        of = [f"all {size} values"] * self.whole + [f"{self.parts} parts"] * (self.parts is not None)
        return f"{self.of_all()} of {self.of[0]}, of {' and of '.join(of)}"

"""slice: some of the values of a vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.sni.pipeline.kinds import Integer
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.window.feature import WINDOW_FEATURES, WindowFeature


@WINDOW_FEATURES.register("slice")
@dataclass(frozen=True, kw_only=True)
class Slice(WindowFeature):
    """`length` values from the one at `start` on, which are left where they are."""

    start: int = entry(Integer(0), default=0)
    length: int = entry(Integer(1))

    def misfits(self, size: int) -> Iterator[tuple[str, str]]:
        if self.start + self.length > size:
            yield "length", f"values {self.start} to {self.start + self.length - 1} of {size}, 0 to {size - 1}"

    def count(self, size: int) -> int:
        return self.length

    def first(self) -> int:
        return self.start

    def formula(self, size: int) -> str:
        return f"values {self.start} to {self.start + self.length - 1} of {self.of[0]}"

"""What every window feature has: a vector that is computed of another, once for each inference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tools.sni.pipeline.kinds import Identifier, Names
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.registry import Registry


@dataclass(frozen=True)
class Table:
    """A constant of the generated code. name: of the C array, without the prefix that all of the pipeline's have."""

    name: str
    comment: str
    data: np.ndarray


@dataclass(frozen=True, kw_only=True)
class WindowFeature:
    """One entry of `window_features`. A subclass adds its keys as fields, and says what it makes of `size` values.

    in_place: whether the values take the place of those they are made of, of which there are no fewer.
    template: stem of a template beside this file with the C function PREFIX_pipeline_feature_NAME: it takes `float *x`
    if it works in place, else `const float *x, float *y` and, where it has scratch memory, `float *scratch`. None for a
    view: some of the values as they are.
    """

    op: ClassVar[str]
    in_place: ClassVar[bool] = False
    template: ClassVar[str | None] = None

    name: str = entry(Identifier())
    of: tuple[str, ...] = entry(Names())

    def problems(self) -> Iterator[tuple[str, str]]:
        """What is wrong with the values of the keys taken together: pairs of key and message."""
        yield from ()

    def misfits(self, size: int) -> Iterator[tuple[str, str]]:
        """Why it cannot be computed of so many values: pairs of key and message."""
        yield from ()

    def count(self, size: int) -> int:
        """How many values it has."""
        return size

    def scratch(self, size: int) -> int:
        """Floats that it needs beside what it reads and writes."""
        return 0

    def first(self) -> int:
        """Of a view: position of its first value among those it is made of."""
        return 0

    def tables(self, size: int) -> tuple[Table, ...]:
        """Constants; those of the same name are the same."""
        return ()

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        """C functions that it shares with others, PREFIX_pipeline_KEY: key to template and what that wants to know.

        In the order of the keys each may call those before it.
        """
        return {}

    def context(self, size: int) -> Mapping[str, object]:
        """What the template wants to know beyond `prefix`, `function`, `formula` and `size`."""
        return {}

    def formula(self, size: int) -> str:
        """The values in words, for comments and reports."""
        raise NotImplementedError


WINDOW_FEATURES: Registry[WindowFeature] = Registry()

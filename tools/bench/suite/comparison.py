"""What changed between two runs of a suite: cells that came, went, broke or were mended, and figures, worst first."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tools.bench.suite.results import Failure, Figures, Key, Result, Results


@dataclass(frozen=True)
class Measure:
    """Something that is better the smaller it is.

    value: None where there is none. shown: of a value. floor: what two values may differ by without a change. judged:
    whether growth counts where no threshold names this measure; times of a machine do not.
    """

    name: str
    value: Callable[[Figures], float | None]
    shown: Callable[[float], str]
    floor: float = 0
    judged: bool = True


def _count(value: float) -> str:
    return f"{value:,}"


def _exact(figures: Figures) -> float | None:
    return None if figures.exact is None else float(not figures.exact)


MEASURES = (
    Measure("instructions", lambda figures: figures.instructions, _count),
    Measure("flash", lambda figures: figures.flash, _count),
    Measure("ram", lambda figures: figures.ram, _count),
    Measure("stack", lambda figures: figures.stack, _count),
    Measure("arena", lambda figures: figures.arena, _count),
    # Of the range of outputs. Float networks differ by some 1e-7 between compilers, which says nothing.
    Measure("error", lambda figures: figures.error and figures.error.of_range, "{:.3g}".format, floor=1e-6),
    Measure("exact", _exact, lambda value: "no" if value else "yes"),
    Measure("wall", lambda figures: figures.wall and figures.wall.p50, lambda ns: f"{ns:,} ns", judged=False),
    Measure("build", lambda figures: figures.build_s, "{:.3g} s".format, judged=False),
)


@dataclass(frozen=True)
class Change:
    """A figure of a cell, before and after; None where there was none."""

    key: Key
    measure: Measure
    old: float | None
    new: float | None

    @property
    def growth(self) -> float:
        """(new - old) / old. Infinite where there was nothing and is something, and where a figure was lost: what was
        known is not known any more. -infinite where it was found."""
        if self.new is None or self.old is None:
            return math.inf if self.new is None else -math.inf
        if self.old == 0:
            return math.inf
        return self.new / self.old - 1


@dataclass(frozen=True)
class Comparison:
    """changes: of cells that were measured in both runs, worst first. broke: cells that had figures, with why they
    have none. both: how many cells were measured in both runs."""

    appeared: tuple[Result, ...]
    vanished: tuple[Key, ...]
    broke: tuple[tuple[Key, Failure], ...]
    mended: tuple[Key, ...]
    changes: tuple[Change, ...]
    both: int


@dataclass(frozen=True)
class Thresholds:
    """By how much measures may grow, as shares: `by_name`, or `default` for those that are judged anyway."""

    default: float = 0.01
    by_name: Mapping[str, float] = field(default_factory=dict)

    def passed(self, change: Change) -> bool:
        """Whether a figure got worse by more than is allowed."""
        if change.measure.name not in self.by_name and not change.measure.judged:
            return False
        return change.growth > self.by_name.get(change.measure.name, self.default)


def compare(old: Results, new: Results) -> Comparison:
    """Cells are those of the same key."""
    before = {result.key: result for result in old.results}
    after = {result.key: result for result in new.results}
    pairs = [(before[key], after[key]) for key in after if key in before]
    measured = [(now.key, was.figures, now.figures) for was, now in pairs if was.figures and now.figures]
    changes = [change for pair in measured for change in _changes(*pair)]
    return Comparison(
        appeared=tuple(result for key, result in after.items() if key not in before),
        vanished=tuple(key for key in before if key not in after),
        broke=tuple((now.key, now.failure) for was, now in pairs if was.figures and now.failure),
        mended=tuple(now.key for was, now in pairs if was.failure and now.figures),
        changes=tuple(sorted(changes, key=lambda change: -change.growth)),
        both=len(measured),
    )


def _changes(key: Key, old: Figures, new: Figures) -> list[Change]:
    changes = [Change(key, measure, _known(measure, old), _known(measure, new)) for measure in MEASURES]
    return [change for change in changes if _differs(change)]


def _known(measure: Measure, figures: Figures) -> float | None:
    value = measure.value(figures)
    return None if value is None or math.isnan(value) else value


def _differs(change: Change) -> bool:
    if change.old is None or change.new is None:
        return change.old is not change.new
    return change.old != change.new and abs(change.new - change.old) > change.measure.floor

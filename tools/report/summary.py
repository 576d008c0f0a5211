"""What a suite's results say at a glance: one engine beside the others, and how many cells there are of each kind."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.bench.suite.results import Failure, Figures, Key, Result, Results
from tools.report.wording import about, listed
from tools.report.wording import engine as engine_name

MEASURES: Mapping[str, Callable[[Figures], int | None]] = {
    "instructions": lambda figures: figures.instructions,
    "flash": lambda figures: figures.flash,
    "RAM": lambda figures: figures.ram,
}
"""What engines are compared by."""


@dataclass(frozen=True)
class Ratio:
    """The reference's figure over another engine's: the geometric mean over `pairs` cells, the least, the greatest."""

    mean: float
    least: float
    greatest: float
    pairs: int


@dataclass(frozen=True)
class Comparison:
    """The reference beside another engine. platform: None for all. ratios: by measure; None where nothing pairs."""

    platform: str | None
    engine: str
    ratios: Mapping[str, Ratio | None]


@dataclass(frozen=True)
class Failed:
    """Cells that failed alike. failure: of the first one; same: of all, to the letter, or but for names of cells."""

    failure: Failure
    keys: tuple[Key, ...]
    same: bool


@dataclass(frozen=True)
class Summary:
    """reference: the engine that the others are compared with; None where there is no cell at all.

    exact: by engine, how many cells have the bits of TensorFlow Lite Micro's reference kernels, of how many of which
    that is known; exact_by_variant: the reference's. Only engines and variants of which it is known of any.
    """

    reference: str | None
    cells: int
    failed: tuple[Failed, ...]
    exact: Mapping[str, tuple[int, int]]
    exact_by_variant: Mapping[str, tuple[int, int]]
    overall: tuple[Comparison, ...]
    by_platform: tuple[Comparison, ...]

    @property
    def failures(self) -> int:
        return sum(len(failed.keys) for failed in self.failed)

    @property
    def failing(self) -> Mapping[str, int]:
        """How many cells of each engine failed; only of engines of which any did."""
        engines = [key.engine for failed in self.failed for key in failed.keys]
        return {engine: engines.count(engine) for engine in dict.fromkeys(engines)}


def values_of(results: Results, dimension: str) -> tuple[str, ...]:
    """What there is of a dimension of the cells, as `engine`, in the suite's order."""
    return tuple(dict.fromkeys(getattr(result.key, dimension) for result in results.results))


def reference(results: Results) -> str | None:
    """SNI where it takes part, else the suite's first engine."""
    engines = values_of(results, "engine")
    return "sni" if "sni" in engines else next(iter(engines), None)


def peers(results: Results) -> Mapping[Key, Figures]:
    """For each measured cell, the reference's figures of the same model, variant, platform and options, if any."""
    engine = reference(results)
    ours = {_place(r.key): r.figures for r in results.results if r.figures and r.key.engine == engine}
    return {r.key: ours[_place(r.key)] for r in results.results if r.figures and _place(r.key) in ours}


def _place(key: Key) -> tuple[str, str, str, str]:
    return key.model, key.variant, key.platform, key.options


def ratio(ours: int | None, theirs: int | None) -> float | None:
    """None where either is missing or nothing, of which no mean can be formed."""
    return ours / theirs if ours and theirs else None


def summary(results: Results) -> Summary:
    ours, engine = peers(results), reference(results)
    others = [name for name in values_of(results, "engine") if name != engine]
    pairs = [
        (result.key, ours[result.key], result.figures)
        for result in results.results
        if result.key.engine != engine and result.figures and result.key in ours
    ]

    def compared(platform: str | None, other: str) -> Comparison:
        chosen = [(a, b) for key, a, b in pairs if key.engine == other and platform in (None, key.platform)]
        return Comparison(platform, other, {name: _mean(chosen, of) for name, of in MEASURES.items()})

    by_platform = [compared(platform, other) for platform in values_of(results, "platform") for other in others]
    return Summary(
        engine,
        len(results.results),
        _failed(results.results),
        _exact(results.results, "engine", (engine or "", *others)),
        _exact([r for r in results.results if r.key.engine == engine], "variant", values_of(results, "variant")),
        tuple(found for other in others if any((found := compared(None, other)).ratios.values())),
        tuple(found for found in by_platform if any(found.ratios.values())),
    )


def _mean(pairs: Iterable[tuple[Figures, Figures]], of: Callable[[Figures], int | None]) -> Ratio | None:
    ratios = [found for a, b in pairs if (found := ratio(of(a), of(b))) is not None]
    if not ratios:
        return None
    return Ratio(math.exp(math.fsum(map(math.log, ratios)) / len(ratios)), min(ratios), max(ratios), len(ratios))


def _exact(results: Iterable[Result], dimension: str, names: Iterable[str]) -> Mapping[str, tuple[int, int]]:
    known = [(getattr(r.key, dimension), r.figures.exact) for r in results if r.figures and r.figures.exact is not None]
    found = {name: [exact for own, exact in known if own == name] for name in names}
    return {name: (own.count(True), len(own)) for name, own in found.items() if own}


def _failed(results: Sequence[Result]) -> tuple[Failed, ...]:
    alike: dict[tuple[str, str], list[tuple[Key, Failure]]] = {}
    for result in results:
        if result.failure:
            told = (result.failure.stage, _without_names(result.failure.message, result.key.model))
            alike.setdefault(told, []).append((result.key, result.failure))
    return tuple(
        Failed(cells[0][1], tuple(key for key, _ in cells), len({failure for _, failure in cells}) == 1)
        for cells in alike.values()
    )


def _without_names(message: str, model: str) -> str:
    """A message without the files and targets that bear the model's name."""
    if not model:
        return message
    return re.sub(rf"\S*(?<![A-Za-z0-9]){re.escape(model)}(?![A-Za-z0-9])\S*", "…", message)


def sentence(comparison: Comparison, reference: str) -> str:
    """A comparison in words."""
    said = [(name, found) for name, found in comparison.ratios.items() if found]
    first, *rest = [f"{about(found.mean)} of {{}} {name}" for name, found in said]
    other = engine_name(comparison.engine)
    parts = [first.replace("{}", f"{other}’s"), *(part.replace("{}", "its") for part in rest)]
    return f"{engine_name(reference)} needs {listed(parts)}"

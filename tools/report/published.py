"""Rows that others published, measured on hardware, beside this suite's cells of the same network and variant."""

from __future__ import annotations

from dataclasses import dataclass

from tools.bench.suite.results import Figures, Key, Published, Results
from tools.report.summary import reference, values_of


@dataclass(frozen=True)
class Beside:
    """Our cell of a network and variant, and what others published of these."""

    key: Key
    ours: Figures
    published: tuple[Published, ...]


@dataclass(frozen=True)
class Table:
    """platform: of all of our cells here. left_out: published rows of what the suite did not measure."""

    platform: str
    cells: tuple[Beside, ...]
    left_out: int


def table(results: Results) -> Table | None:
    """None where nothing was published, or nothing of ours was measured. Cells in our order, rows in the sources'."""
    engine, platform = reference(results), _platform(results)
    ours: dict[tuple[str, str], tuple[Key, Figures]] = {}
    # Of what does not say its variant, as MLPerf Tiny's rows, quantised networks are most.
    unsaid = "int8_only" if "int8_only" in values_of(results, "variant") else None
    for result in results.results:
        if result.figures and result.key.engine == engine and result.key.platform == platform:
            cell = (result.key, result.figures)
            ours.setdefault((_plain(result.key.model), _plain(result.key.variant)), cell)
            if unsaid in (None, result.key.variant):
                ours.setdefault((_plain(result.key.model), ""), cell)
    if not results.published or not ours:
        return None
    rows: dict[Key, list[Published]] = {key: [] for key, _ in ours.values()}
    left_out = 0
    for row in results.published:
        cell = ours.get((_plain(row.model), _plain(row.variant)))
        if cell:
            rows[cell[0]].append(row)
        else:
            left_out += 1
    figures = dict(ours.values())
    cells = tuple(Beside(key, figures[key], tuple(beside)) for key, beside in rows.items() if beside)
    return Table(platform or "", cells, left_out)


def _platform(results: Results) -> str | None:
    """The one nearest to the boards of publications: Cortex-M4, else another Cortex-M, else the suite's first."""
    names = values_of(results, "platform")
    for beginning in ("cortex_m4", "cortex_m", ""):
        for name in names:
            if name.startswith(beginning):
                return name
    return None


def _plain(name: str) -> str:
    """`FC_0`, `fc-0` and `fc0` are one name."""
    return "".join(c for c in name.lower() if c.isalnum())

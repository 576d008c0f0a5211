"""Cells as one table, with ratios to the first engine, and the limits that a test sets on these."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tools.compare.cell import Cell, CompareError

FIGURES = ("instructions", "flash", "ram", "stack", "arena", "setup_ns")
"""What ratios are formed of."""

LIMIT_FORM = "[PLATFORM/][ENGINE/]FIGURE, where FIGURE is one of " + ", ".join(FIGURES)


@dataclass(frozen=True)
class Row:
    """A cell beside the first engine's on the same platform.

    ratios: of that one's figures to this one's; None where either has none. error: the largest difference of an output
    from the first engine's, in real units. same: whether all outputs have the same bits.
    """

    cell: Cell
    ratios: Mapping[str, float | None]
    error: float
    same: bool


def rows_of(cells: Sequence[Cell]) -> list[Row]:
    """The cells of each platform, in the order given."""
    first = {}
    for cell in cells:
        first.setdefault(cell.platform, cell)
    return [_row(cell, first[cell.platform]) for cell in cells]


def _row(cell: Cell, first: Cell) -> Row:
    ratios: dict[str, float | None] = {}
    for figure in FIGURES:
        ours, theirs = getattr(first, figure), getattr(cell, figure)
        ratios[figure] = ours / theirs if ours is not None and theirs else None
    if [len(o.values) for o in cell.outputs] != [len(o.values) for o in first.outputs]:
        raise CompareError(f"{cell.engine} on {cell.platform}: other outputs than {first.engine}'s")
    pairs = [
        (a, b)
        for x, y in zip(cell.outputs, first.outputs, strict=True)
        for a, b in zip(x.values, y.values, strict=True)
    ]
    error = max((abs(a - b) for a, b in pairs if a != b), default=0.0)
    same = [o.bits for o in cell.outputs] == [o.bits for o in first.outputs]
    return Row(cell, ratios, error, same)


def to_json(rows: Sequence[Row]) -> str:
    """A list with one object for each cell."""
    entries = []
    for row in rows:
        figures = {name: value for name, value in vars(row.cell).items() if name != "outputs"}
        entries.append({**figures, "ratios": row.ratios, "error": row.error, "same_bits": row.same})
    return json.dumps(entries, indent=2) + "\n"


def to_markdown(rows: Sequence[Row]) -> str:
    """A table; ratios in brackets are the first engine's figure over this one's."""
    lines = [
        "| platform | engine | instructions | flash | RAM | stack | arena | set-up, ns | outputs |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        cell = row.cell
        figures = [_figure(getattr(cell, name), row.ratios[name]) for name in FIGURES]
        outputs = "same bits" if row.same else f"within {row.error:.2g}"
        lines.append(f"| {cell.platform} | {cell.engine} {cell.version} | {' | '.join(figures)} | {outputs} |")
    notes = dict.fromkeys(f"{row.cell.engine}: {note}" for row in rows for note in row.cell.notes)
    text = "\n".join(lines) + "\n"
    return text + ("\n" + "\n".join(f"* {note}" for note in notes) + "\n" if notes else "")


def _figure(value: int | None, ratio: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,}" if ratio is None else f"{value:,} ({ratio:.2f})"


@dataclass(frozen=True)
class Limit:
    """The largest ratio of a figure to that of another engine; platform, engine: None for any."""

    key: str
    platform: str | None
    engine: str | None
    figure: str
    largest: float


def read_limits(entries: Mapping[str, str], rows: Sequence[Row]) -> list[Limit]:
    """Limits from their keys and values. Raises CompareError with all that is wrong with them."""
    platforms, engines = {row.cell.platform for row in rows}, {row.cell.engine for row in rows}
    limits, problems = [], []
    for key, text in entries.items():
        *where, figure = key.split("/")
        place = {"platform": None, "engine": None}
        for name in where:
            kind = "platform" if name in platforms else "engine" if name in engines else None
            if kind is None or place[kind] is not None:
                known = ", ".join(sorted(platforms | engines))
                problems.append(f'max_ratio "{key}": "{name}" is neither platform nor engine here ({known})')
            else:
                place[kind] = name
        if figure not in FIGURES:
            problems.append(f'max_ratio "{key}": "{figure}" is no figure (a key is {LIMIT_FORM})')
        if not re.fullmatch(r"\d+(\.\d+)?", text) or not float(text):
            problems.append(f'max_ratio "{key}" = "{text}": not a ratio (a positive number, as 0.5)')
        else:
            limits.append(Limit(key, place["platform"], place["engine"], figure, float(text)))
    if problems:
        raise CompareError("\n".join(problems))
    return limits


def exceeded(limits: Sequence[Limit], rows: Sequence[Row]) -> list[str]:
    """A sentence for each ratio above its limit, and for each limit that nothing was compared for."""
    first = rows[0].cell.engine
    found = []
    for limit in limits:
        meant = [
            row
            for row in rows
            if row.cell.engine != first
            and limit.platform in (None, row.cell.platform)
            and limit.engine in (None, row.cell.engine)
        ]
        ratios = [(row, row.ratios[limit.figure]) for row in meant]
        for row, ratio in ratios:
            if ratio is not None and ratio > limit.largest:
                ours = next(r.cell for r in rows if r.cell.platform == row.cell.platform)
                figures = f"{getattr(ours, limit.figure):,} to {getattr(row.cell, limit.figure):,}"
                found.append(
                    f"{row.cell.platform}: {limit.figure} of {first} are {ratio:.3f} of {row.cell.engine}'s "
                    f'({figures}), above {limit.largest:g} (max_ratio "{limit.key}")'
                )
        if not any(ratio is not None for _, ratio in ratios):
            found.append(f'max_ratio "{limit.key}": nothing to compare, no engine beside {first} has this figure')
    return found

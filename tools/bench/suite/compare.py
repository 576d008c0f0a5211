"""`compare OLD NEW`: what changed between two results.json of a suite.

Exit status: 0; 1 where a figure got worse by more than its threshold, or a cell broke; 2 where a file cannot be read.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.bench.suite.comparison import MEASURES, Change, Comparison, Thresholds, compare
from tools.bench.suite.fields import meant
from tools.bench.suite.results import Results, ResultsError

_NOISE = 0.1
"""Times of a machine differ from run to run by this share; changes that are no larger are not shown."""

_THRESHOLD_HELP = f"""by how much figures may grow, 1%% where nothing is said: as 2%%, or flash=0.5%% for one of
{", ".join(measure.name for measure in MEASURES)}; may be given several times. wall and build count only where they are
named"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of the command."""
    parser.add_argument("old", type=Path, metavar="OLD", help="a results.json")
    parser.add_argument("new", type=Path, metavar="NEW", help="a later one")
    parser.add_argument(
        "--threshold",
        action="append",
        default=[],
        type=_threshold,
        metavar="[FIGURE=]PERCENT",
        help=_THRESHOLD_HELP,
    )


def run(arguments: argparse.Namespace) -> int:
    """Prints the comparison as Markdown. Returns the exit status."""
    try:
        old, new = _read(arguments.old), _read(arguments.new)
    except ResultsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    named = dict(arguments.threshold)
    thresholds = Thresholds(named.pop("", Thresholds.default), named)
    comparison = compare(old, new)
    print(rendered(old, new, comparison, thresholds))
    return int(bool(comparison.broke) or any(map(thresholds.passed, comparison.changes)))


def _threshold(text: str) -> tuple[str, float]:
    """(name of a measure, or nothing for all; share)."""
    names = [measure.name for measure in MEASURES]
    found = re.fullmatch(r"(?:(\w+)=)?(\d{1,6}(?:\.\d{1,6})?)%", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r}: a percentage is needed, as 1% or flash=0.5%")
    name = found[1] or ""
    if name and name not in names:
        raise argparse.ArgumentTypeError(f"{name!r} is no figure{meant(name, names)}; accepted: {', '.join(names)}")
    return name, float(found[2]) / 100


def _read(path: Path) -> Results:
    try:
        return Results.from_json(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise ResultsError(f"{path}: cannot be read ({error})") from None


def rendered(old: Results, new: Results, comparison: Comparison, thresholds: Thresholds) -> str:
    """The comparison as Markdown that reads well in a terminal too."""
    return "\n\n".join(_blocks(old, new, comparison, thresholds))


def _blocks(old: Results, new: Results, comparison: Comparison, thresholds: Thresholds) -> Iterator[str]:
    yield f"# {old.run.suite}, {old.run.started}, and {new.run.suite}, {new.run.started}"
    yield _verdict(comparison, thresholds)
    if comparison.broke:
        yield _listed(
            "Broke", [f"{key}: {failure.stage}: {_first(failure.message)}" for key, failure in comparison.broke]
        )
    timed = [change for change in comparison.changes if not change.measure.judged]
    exact = [change for change in comparison.changes if change.measure.judged]
    if exact:
        yield "## Figures\n\n" + _table(exact, thresholds)
    times = [change for change in timed if abs(change.growth) > _NOISE or thresholds.passed(change)]
    if times:
        machines = "" if old.run.machine == new.run.machine else f", on {old.run.machine}, then on {new.run.machine}"
        yield f"## Times that changed by more than {_NOISE:.0%}{machines}\n\n" + _table(times, thresholds)
    if comparison.mended:
        yield _listed("Mended", list(map(str, comparison.mended)))
    if comparison.appeared:
        yield _listed(
            "New", [f"{r.key}{f': {r.failure.stage} fails' if r.failure else ''}" for r in comparison.appeared]
        )
    if comparison.vanished:
        yield _listed("No longer there", list(map(str, comparison.vanished)))


def _verdict(comparison: Comparison, thresholds: Thresholds) -> str:
    worse = sum(map(thresholds.passed, comparison.changes))
    broke = f" {_plural(len(comparison.broke), 'cell')} broke." if comparison.broke else ""
    both = _plural(comparison.both, "cell")
    return f"{both} measured in both: {_plural(worse, 'figure')} got worse by more than is allowed.{broke}"


def _plural(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _listed(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n" + "\n".join(f"* {line}" for line in lines)


def _first(message: str) -> str:
    return (message.strip().splitlines() or ["no message"])[0]


def _table(changes: Sequence[Change], thresholds: Thresholds) -> str:
    rows = [("cell", "figure", "old", "new", "change", "verdict"), *(_row(change, thresholds) for change in changes)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    lines = ["| " + " | ".join(_padded(row, widths)) + " |" for row in rows]
    rule = [("-" * (width - 1) + ":") if 2 <= column < 5 else "-" * width for column, width in enumerate(widths)]
    return "\n".join([lines[0], f"| {' | '.join(rule)} |", *lines[1:]])


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for column, (text, width) in enumerate(zip(row, widths, strict=True)):
        yield text.rjust(width) if 2 <= column < 5 else text.ljust(width)


def _row(change: Change, thresholds: Thresholds) -> tuple[str, ...]:
    shown = ["none" if value is None else change.measure.shown(value) for value in (change.old, change.new)]
    cell = str(change.key).replace("|", "\\|")
    return cell, change.measure.name, *shown, _percent(change), "worse" if thresholds.passed(change) else ""


def _percent(change: Change) -> str:
    if change.new is None:
        return "lost"
    if change.old is None:
        return "new"
    return f"{change.growth:+.2%}" if math.isfinite(change.growth) else "from 0"

"""The report as Markdown: what is said first, the main table, failures, what others published, how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tools.bench.suite.results import Results, Run
from tools.report import published, summary, wording
from tools.report.table import KEYS, groups, rows


def markdown(results: Results) -> str:
    found = summary.summary(results)
    engine = wording.engine(found.reference or "")
    blocks = [
        f"# {escaped(results.run.suite)}",
        "\n".join(f"* {escaped(summary.sentence(one, found.reference or ''))}." for one in found.overall),
        _counts(found),
        _by_platform(found, engine),
        "## Cells",
        f"“{escaped(engine)} ÷ this” is {escaped(engine)}’s figure as a share of the cell’s own: "
        f"below 100%, {escaped(engine)} needs less.",
        _cells(results, engine),
        *_failed(found),
        *_published(results, engine),
        "## How it was made",
        _run(results.run),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escaped(text: str) -> str:
    """Text in one line of Markdown, whatever it holds: nothing in it is markup or ends a cell of a table."""
    line = " ".join(wording.clean(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join(f"\\{c}" if c in "\\`*_[]|#~!" else c for c in line)


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]], numbers_from: int) -> str:
    rule = ["---" if column < numbers_from else "---:" for column in range(len(heads))]
    return "\n".join(
        f"| {' | '.join(map(escaped, line))} |" if line is not rule else f"| {' | '.join(rule)} |"
        for line in (heads, rule, *lines)
    )


def _counts(found: summary.Summary) -> str:
    cells = f"{wording.plural(found.cells, 'cell')}, {found.failures:,} failed."
    exact = [f"{some:,} of {known:,} of {wording.engine(name)}’s cells" for name, (some, known) in found.exact.items()]
    variants = [f"{name} {some:,} of {known:,}" for name, (some, known) in found.exact_by_variant.items()]
    own = f" ({wording.engine(found.reference or '')}’s by variant: {', '.join(variants)})" if variants else ""
    told = f"The very bits of TensorFlow Lite Micro’s reference kernels: {wording.listed(exact)}{own}."
    return f"{cells} {escaped(told)} Floats are held to 1e-5, not to bits." if exact else cells


def _by_platform(found: summary.Summary, engine: str) -> str:
    if not found.by_platform:
        return ""
    lines = [
        [
            comparison.platform or "",
            wording.engine(comparison.engine),
            *(wording.percent(ratio.mean) if ratio else wording.NONE for ratio in comparison.ratios.values()),
            str(max(ratio.pairs for ratio in comparison.ratios.values() if ratio)),
        ]
        for comparison in found.by_platform
    ]
    told = f"{escaped(engine)}’s figures as a share of each other engine’s, geometric means over the cells of both:"
    return told + "\n\n" + _table(["platform", f"{engine} beside", *summary.MEASURES, "cells"], lines, 2)


def _cells(results: Results, engine: str) -> str:
    shown = [(column, group.name) for group in groups(engine) for column in group.columns]
    heads = [f"{column.name}, {column.unit}" if column.unit else column.name for column, _ in shown]
    lines = []
    for row in rows(results, engine):
        texts = row.texts if row.failure is None else (row.failure, *([wording.NONE] * (len(heads) - 1)))
        keys = [wording.engine(row.key.engine) if name == "engine" else getattr(row.key, name) for name in KEYS]
        lines.append([*keys, *texts])
    return _table([*KEYS, *heads], lines, len(KEYS))


def _failed(found: summary.Summary) -> list[str]:
    blocks = ["## Failures"] if found.failed else []
    for failed in found.failed:
        lines = [escaped(line) for line in failed.failure.message.splitlines() if line.strip()]
        cells = ", ".join(escaped(str(key)) for key in failed.keys)
        blocks.append("\n".join([f"* {escaped(failed.failure.stage)}: {cells}", *(f"  * {line}" for line in lines)]))
    return blocks


def _published(results: Results, engine: str) -> list[str]:
    table = published.table(results)
    if not table or not table.cells:
        return []
    heads = ["model", "variant", "source", "tool", "board", "ms", "energy, µJ", "flash", "RAM", "error"]
    heads += [f"{engine}: variant", f"{engine}: instructions", f"{engine}: flash", f"{engine}: RAM"]
    lines = [
        [
            row.model,
            row.variant or "not said",
            row.source,
            row.tool,
            row.board,
            wording.decimal(row.milliseconds),
            wording.decimal(row.energy_uj),
            wording.count(row.flash),
            wording.count(row.ram),
            wording.decimal(row.error),
            cell.key.variant,
            wording.count(cell.ours.instructions),
            wording.count(cell.ours.flash),
            wording.count(cell.ours.ram),
        ]
        for cell in table.cells
        for row in cell.published
    ]
    return [
        "## Published, measured on hardware",
        f"Others’ rows, by the definitions of each source; the last four columns are this suite’s own, on "
        f"{escaped(table.platform)} under emulation. Different measurements: no ratio is formed of them.",
        _table(heads, lines, 5),
    ]


def _run(run: Run) -> str:
    facts = {
        "command": run.command,
        "started": run.started,
        "machine": run.machine,
        "build": f"{wording.seconds(run.build_s)}, {'cold' if run.cold else 'warm'}",
        "runs": f"{wording.seconds(run.run_s)}, {wording.plural(run.reused, 'cell')} taken from an earlier run",
        "Bazel’s actions": ", ".join(f"{number:,} {name}" for name, number in run.actions.items()) or wording.NONE,
        **run.versions,
    }
    return "\n".join(f"* {escaped(name)}: {escaped(value)}" for name, value in facts.items())

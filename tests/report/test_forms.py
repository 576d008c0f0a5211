"""The report's other forms: CSV, JSON, Markdown; the command; the same bytes for the same results."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.report.any_results import any_results
from tests.report.example import HOSTILE, example
from tools.bench.suite.results import Figures, Results
from tools.report.__main__ import main
from tools.report.csv_file import FIGURES, csv_text
from tools.report.markdown import escaped, markdown
from tools.report.table import KEYS
from tools.report.write import write_report

FORMS = ("report.html", "report.csv", "report.json", "report.md")


def read_csv(results: Results) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_text(results), newline="")))


@settings(deadline=None)
@given(any_results())
def test_csv_holds_the_figures_themselves(results: Results) -> None:
    lines = read_csv(results)
    assert len(lines) == len(results.results)
    for line, result in zip(lines, results.results, strict=True):
        assert [line[name] for name in KEYS] == [getattr(result.key, name) for name in KEYS]
        if result.failure:
            assert (line["failed_stage"], line["failure"]) == (result.failure.stage, result.failure.message)
            assert not any(line[name] for name in FIGURES)
        else:
            for name in FIGURES:
                assert line[name] == _written(_figure(result.figures, name)), name


def _figure(figures: Figures, column: str) -> object:
    """What a column's name says: a figure, or one of its parts, with or without the unit."""
    name = re.sub(r"_(bytes|ns|sha256)$", "", column)
    if hasattr(figures, name):
        return getattr(figures, name)
    part, _, own = name.partition("_")
    whole = getattr(figures, part)
    return None if whole is None else getattr(whole, own)


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(value)
    return {None: "", True: "yes", False: "no"}[value] if value is None or isinstance(value, bool) else str(value)


def test_csv_has_every_figure() -> None:
    """A new figure of the contract has to be in it, under its own name or with its unit behind it."""
    elsewhere = {"layers", "buffers", "fingerprint"}
    told = [name for name in Figures.__dataclass_fields__ if name not in elsewhere]
    assert [name for name in told if not any(column.startswith(name) for column in FIGURES)] == []


def test_json_is_what_was_read(tmp_path: Path) -> None:
    results = example(3)
    write_report(results, tmp_path)
    assert Results.from_json((tmp_path / "report.json").read_text(encoding="utf-8"), "report.json") == results


def test_markdown_has_a_row_for_each_cell() -> None:
    results = example(3, hostile=False)
    section = markdown(results).split("## Cells")[1].split("\n## ")[0]
    head, rule, *rows = [line for line in section.splitlines() if line.startswith("|")]
    assert len(rows) == len(results.results)
    assert {line.count("|") for line in (head, rule, *rows)} == {head.count("|")}
    figures = results.results[0].figures
    assert figures is not None
    assert rows[0].startswith(f"| cnn\\_0 | basic | SNI | x86\\_64 | -O3 | {figures.instructions:,} |")


@settings(deadline=None)
@given(any_results())
def test_no_name_breaks_a_table_of_markdown(results: Results) -> None:
    section = markdown(results).split("\n## Cells\n")[1].split("\n## How it was made\n")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    columns = {len(re.findall(r"(?<!\\)\|", line)) for line in lines[: 2 + len(results.results)]}
    assert len(columns) == 1


def test_markdown_of_hostile_names() -> None:
    assert escaped("a|b\n<i>*`") == r"a\|b &lt;i&gt;\*\`"
    assert escaped("a\\|b") == r"a\\\|b"
    assert "<b" not in markdown(example(2))
    assert escaped(HOSTILE).startswith("&lt;/script&gt;&lt;b id=evil")


def test_published_rows_are_said_to_be_others() -> None:
    text = markdown(example(3, hostile=False))
    section = text.split("## Published, measured on hardware")[1]
    assert "no ratio is formed" in section
    assert "| CNN\\_0 | basic | EdgeMark | TFLM | NUCLEO-L4R5ZI | 1.5 | – | 100,000 | 9,000 | 0.0036 |" in section
    cells = text.split("## Cells")[1].split("\n## ")[0]
    assert "EdgeMark |" not in cells


def test_the_same_results_make_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_report(example(4), tmp_path / folder / "new")
    for name in FORMS:
        assert (tmp_path / "a/new" / name).read_bytes() == (tmp_path / "b/new" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "a/new").iterdir()) == sorted(FORMS)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "results.json").write_text(example(2).to_json(), encoding="utf-8")
    assert main([str(tmp_path / "results.json"), "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*FORMS}
    capsys.readouterr()
    (tmp_path / "other.json").write_text('{"format": 0}', encoding="utf-8")
    assert main([str(tmp_path / "other.json"), "--out", str(tmp_path)]) == 1
    assert "format 0" in capsys.readouterr().err
    assert main([str(tmp_path / "none.json"), "--out", str(tmp_path)]) == 1
    assert "none.json: No such file" in capsys.readouterr().err
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    assert main([str(tmp_path / "bytes.json"), "--out", str(tmp_path)]) == 1
    assert "bytes.json: no results of a benchmark suite (not UTF-8" in capsys.readouterr().err

"""Writes a report into a folder, in every form."""

from __future__ import annotations

from pathlib import Path

from tools.bench.suite.results import Results
from tools.report.csv_file import csv_text
from tools.report.markdown import markdown
from tools.report.page import page


def write_report(results: Results, folder: Path) -> None:
    """Makes report.html, report.csv, report.json and report.md in `folder`, which is made if it is not there.

    The files depend on nothing but the results. Raises OSError where they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "report.html": page(results),
        "report.csv": csv_text(results),
        "report.json": results.to_json(),
        "report.md": markdown(results),
    }
    for name, text in files.items():
        # Half of a surrogate pair, which JSON can hold, has no bytes.
        (folder / name).write_bytes(text.encode("utf-8", "replace"))

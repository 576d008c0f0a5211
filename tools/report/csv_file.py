"""The cells as CSV, for spreadsheets and scripts: a line for each, all its figures but those of its layers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from tools.bench.suite.results import Figures, Results
from tools.report.table import KEYS

_Cell = str | int | float | bool | None

FIGURES: Mapping[str, Callable[[Figures], _Cell]] = {
    "engine_version": lambda f: f.engine_version,
    "instructions": lambda f: f.instructions,
    "instructions_per_mac": lambda f: f.instructions_per_mac,
    "wall_p50_ns": lambda f: f.wall and f.wall.p50,
    "wall_p90_ns": lambda f: f.wall and f.wall.p90,
    "wall_p99_ns": lambda f: f.wall and f.wall.p99,
    "flash_bytes": lambda f: f.flash,
    "ram_bytes": lambda f: f.ram,
    "stack_bytes": lambda f: f.stack,
    "arena_bytes": lambda f: f.arena,
    "constants_bytes": lambda f: f.constants,
    "weights": lambda f: f.weights,
    "macs": lambda f: f.macs,
    "error_max_abs": lambda f: f.error and f.error.max_abs,
    "error_mean_abs": lambda f: f.error and f.error.mean_abs,
    "error_of_range": lambda f: f.error and f.error.of_range,
    "error_top1": lambda f: f.error and f.error.top1,
    "error_samples": lambda f: f.error and f.error.samples,
    "exact": lambda f: f.exact,
    "edgemark_flash_total_bytes": lambda f: f.edgemark and f.edgemark.flash_total,
    "edgemark_flash_net_bytes": lambda f: f.edgemark and f.edgemark.flash_net,
    "edgemark_ram_total_bytes": lambda f: f.edgemark and f.edgemark.ram_total,
    "edgemark_ram_net_bytes": lambda f: f.edgemark and f.edgemark.ram_net,
    "build_s": lambda f: f.build_s,
    "program_sha256": lambda f: f.program,
    "command": lambda f: f.command,
    "notes": lambda f: "\n".join(f.notes),
}
"""Columns after the keys, and after `failed_stage` and `failure`. Empty where there is no figure."""


def csv_text(results: Results) -> str:
    """RFC 4180 but for its line ends, which are Unix's; numbers without separators, floats so that they round-trip."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*KEYS, "failed_stage", "failure", *FIGURES])
    for result in results.results:
        failure, figures = result.failure, result.figures
        told = [failure.stage, failure.message] if failure else ["", ""]
        values = [_text(of(figures)) if figures else "" for of in FIGURES.values()]
        writer.writerow([*(getattr(result.key, name) for name in KEYS), *told, *values])
    return text.getvalue()


def _text(value: _Cell) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)

"""Budgets: what a model may take, compared with what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.size.measure import Size
from tools.size.parts import Part
from tools.size.problem import SizeError
from tools.size.report import parts_table, stack_table, table

KINDS = ("flash", "ram", "stack")


def check(size: Size, limits: Mapping[str, int], place: str) -> None:
    """Raises SizeError if a limit is exceeded: with all limits and figures, and what takes the space.

    limits: bytes, by "flash", "ram" and "stack". place: the target, for the message.
    """
    deepest = size.stack.deepest
    figures = {"flash": size.flash, "ram": size.ram, "stack": deepest.bytes if deepest else None}
    exceeded = [kind for kind in limits if (figure := figures[kind]) is None or figure > limits[kind]]
    if not exceeded:
        return
    rows = [("budget", "limit", "figure", "exceeded by")]
    for kind in KINDS:
        if kind in limits:
            figure = figures[kind]
            over = "unknown" if figure is None else f"{figure - limits[kind]:,}" if figure > limits[kind] else ""
            rows.append((kind, f"{limits[kind]:,}", "unknown" if figure is None else f"{figure:,}", over))
    blocks = [
        f"{place}: over its budget of {', '.join(exceeded)} (in bytes)\n" + "\n".join(table(rows, right=(1, 2, 3)))
    ]
    if {"flash", "ram"} & set(exceeded):
        biggest = (lambda p: (-p.flash, -p.ram)) if "flash" in exceeded else _by_ram
        blocks.append(parts_table(sorted(size.parts, key=biggest)))
    if "stack" in exceeded:
        blocks.append(stack_table(size.stack) if deepest else f"stack: {size.stack.reason}")
    raise SizeError("\n\n".join(blocks))


def _by_ram(part: Part) -> tuple[int, int]:
    return -part.ram, -part.flash


def write_stamp(path: Path) -> None:
    """Marks that all was within its budget."""
    path.write_text("within the budget\n", encoding="utf-8")

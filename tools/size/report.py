"""Sizes as JSON, for tools and for later steps of a build, and as tables for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from tools.size.measure import Size, Stack
from tools.size.parts import Part
from tools.size.stack import Bound


def to_json(size: Size) -> str:
    """The size as a JSON object; bytes."""
    deepest = size.stack.deepest
    return (
        json.dumps(
            {
                "name": size.name,
                "flash": size.flash,
                "ram": size.ram,
                "stack": deepest.bytes if deepest else None,
                "stack_reason": size.stack.reason,
                "functions": {
                    name: {"stack": bound.bytes, "path": [list(step) for step in bound.path]}
                    for name, bound in size.stack.bounds.items()
                },
                "parts": [{"name": p.name, "flash": p.flash, "code": p.code, "ram": p.ram} for p in size.parts],
                "sections": [{"name": name, "flash": flash, "ram": ram} for name, flash, ram in size.sections],
            },
            indent=2,
        )
        + "\n"
    )


def from_json(text: str) -> Size:
    """The size that to_json wrote."""
    read = json.loads(text)
    bounds = {
        name: Bound(entry["stack"], tuple((function, taken) for function, taken in entry["path"]))
        for name, entry in read["functions"].items()
    }
    return Size(
        name=read["name"],
        flash=read["flash"],
        ram=read["ram"],
        stack=Stack(bounds, read["stack_reason"]),
        parts=tuple(Part(p["name"], p["flash"], p["code"], p["ram"]) for p in read["parts"]),
        sections=tuple((s["name"], s["flash"], s["ram"]) for s in read["sections"]),
    )


def to_text(size: Size) -> str:
    """The size as tables: totals, sections, parts, and the deepest path of each function."""
    blocks = [
        f"{size.name}: flash {size.flash:,}, RAM {size.ram:,}, stack {stack_text(size.stack)}",
        "\n".join(table([("section", "flash", "RAM"), *_rows(size.sections)], right=(1, 2))),
    ]
    if size.parts:
        blocks.append(parts_table(size.parts))
    if size.stack.bounds:
        blocks.append(stack_table(size.stack))
    return "\n\n".join(blocks) + "\n"


def stack_text(stack: Stack) -> str:
    """The bound of the deepest function, or that there is none and why."""
    deepest = stack.deepest
    return f"{deepest.bytes:,}" if deepest else f"unknown ({stack.reason})"


def parts_table(parts: Sequence[Part]) -> str:
    """Flash and RAM by part, in the order given."""
    rows = [(p.name, _number(p.flash), _number(p.code), _number(p.flash - p.code), _number(p.ram)) for p in parts]
    return "\n".join(table([("part", "flash", "of it code", "constants", "RAM"), *rows], right=(1, 2, 3, 4)))


def stack_table(stack: Stack) -> str:
    """The bound of each function, deepest first, with the path that takes it."""
    rows = [
        (name, f"{bound.bytes:,}", " > ".join(f"{function} {taken}" for function, taken in bound.path))
        for name, bound in sorted(stack.bounds.items(), key=lambda item: -item[1].bytes)
    ]
    return "\n".join(table([("function", "stack", "deepest path"), *rows], right=(1,)))


def _rows(sections: Sequence[tuple[str, int, int]]) -> list[tuple[str, ...]]:
    ordered = sorted(sections, key=lambda section: -(section[1] + section[2]))
    return [(name, _number(flash), _number(ram)) for name, flash, ram in ordered]


def _number(number: int) -> str:
    return f"{number:,}" if number else ""


def table(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Rows as aligned columns, two blanks apart; the columns named in `right` aligned to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def comparison_json(rows: Sequence[tuple[str, str, Size]]) -> str:
    """Rows of target, platform and size, as a JSON list."""
    entries: list[Mapping[str, object]] = []
    for target, platform, size in rows:
        deepest = size.stack.deepest
        entries.append(
            {
                "target": target,
                "platform": platform,
                "flash": size.flash,
                "ram": size.ram,
                "stack": deepest.bytes if deepest else None,
                "stack_reason": size.stack.reason,
            }
        )
    return json.dumps(entries, indent=2) + "\n"


def comparison_text(rows: Sequence[tuple[str, str, Size]]) -> str:
    """Rows of target, platform and size, as a table; below it why a stack has no bound."""
    lines = [("target", "platform", "flash", "RAM", "stack bound")]
    notes: list[str] = []
    for target, platform, size in rows:
        deepest = size.stack.deepest
        if deepest is None and size.stack.reason not in notes:
            notes.append(str(size.stack.reason))
        stack = f"{deepest.bytes:,}" if deepest else f"[{notes.index(str(size.stack.reason)) + 1}]"
        lines.append((target, platform, f"{size.flash:,}", f"{size.ram:,}", stack))
    text = table(lines, right=(2, 3, 4))
    return "\n".join([*text, *(f"[{index}] {note}" for index, note in enumerate(notes, 1))]) + "\n"

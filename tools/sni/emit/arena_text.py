"""The map of the arena as text: a row a tensor, from low to high addresses, and a column a step."""

from __future__ import annotations

from collections.abc import Sequence

from tools.sni.emit.arena_blocks import Block, blocks_of, steps_of_blocks
from tools.sni.program import Program
from tools.svg.drawing import short_name

_WIDTH = 100
_MOST_COLUMNS = 48


def arena_map(program: Program) -> list[str]:
    """Lines of at most 100 columns; nothing for a network without activations."""
    blocks = blocks_of(program)
    if not blocks:
        return []
    steps = steps_of_blocks(blocks)
    scale = -(-len(steps) // _MOST_COLUMNS)
    sizes = [("from", "end", "bytes")] + [
        (f"{b.place.offset:,}", f"{b.place.offset + b.place.size:,}", f"{b.place.size:,}") for b in blocks
    ]
    widths = [max(len(row[column]) for row in sizes) for column in range(3)]
    lines = [
        "map of the arena: a row for each tensor, from low to high addresses; a column for "
        + ("each step" if scale == 1 else f"every {scale} steps"),
        "  = alive, < written over its input, > overwritten by its output; i before, o after all steps",
    ]
    ruler = _ruler(steps, scale)
    for (start, end, size), bar, what in zip(
        sizes, [ruler, *(_bar(b, steps, scale) for b in blocks)], ["", *map(_description, blocks)], strict=True
    ):
        head = f"{start.rjust(widths[0])}  {end.rjust(widths[1])}  {size.rjust(widths[2])}  {bar}  "
        lines.append((head + _shortened(what, _WIDTH - len(head))).rstrip())
    return lines


def _description(block: Block) -> str:
    kind = {"input": ", input", "output": ", output", "variable": ", variable"}.get(block.kind, "")
    moving = f", {block.place.stride:+} a step" if block.place.stride else ""
    return f"{short_name(block.name)} {block.type}{kind}{moving}"


def _shortened(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(0, width - 2)]}.."


def _bar(block: Block, steps: Sequence[int], scale: int) -> str:
    columns = []
    for start in range(0, len(steps), scale):
        column = steps[start : start + scale]
        alive = block.place.first <= column[-1] and block.place.last >= column[0]
        sign = "=" if alive else "."
        if block.hands_over and block.place.last in column:
            sign = ">"
        if block.takes_over and block.place.first in column:
            sign = "<"
        columns.append(sign)
    return "".join(columns)


def _ruler(steps: Sequence[int], scale: int) -> str:
    """`i0123456789..o`: the last digit of each column's first step, and its tens where they change."""
    columns = [steps[start] for start in range(0, len(steps), scale)]
    if scale > 1:
        return "steps".ljust(len(columns))[: len(columns)]
    return "i" + "".join(str(step % 10) for step in columns[1:-1]) + ("o" if len(columns) > 1 else "")

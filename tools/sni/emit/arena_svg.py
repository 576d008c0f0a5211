"""The arena as a picture: steps from left to right, bytes from the bottom up, a box for all that lies in it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import jinja2

from tools.sni.emit.arena_blocks import Block, blocks_of, steps_of_blocks
from tools.sni.program import Program
from tools.svg.drawing import pixels, short_name, ticks

_HEIGHT = 560
"""Of the arena, in pixels."""
_WIDTH = 1120
"""Of all steps, in pixels, unless they are too few or too many to fill it well."""
_WIDEST_STEP, _NARROWEST_STEP = 110.0, 2.0
_LEFT, _TOP, _RIGHT, _BELOW = 78, 64, 26, 178
_CHARACTER, _LINE = 5.1, 10.5
"""Width of an average character and distance of lines of a label, in pixels."""


@dataclass(frozen=True)
class Label:
    """Lines of a box's text, each with its distance from y; angle: 0, or -90 where the box is higher than wide.

    leader: how far below y the box is, where a line must lead there; else 0.
    """

    lines: tuple[tuple[float, str], ...]
    x: float
    y: float
    angle: int
    leader: float = 0.0


@dataclass(frozen=True)
class Box:
    """A block in pixels from the top left corner. title: shown by browsers under the pointer. text: of a label.

    label: None where there is no room for one in the box.
    """

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str
    text: str
    label: Label | None


def arena_svg(program: Program, env: jinja2.Environment) -> str:
    """The picture as SVG, complete in itself."""
    blocks = blocks_of(program)
    steps = steps_of_blocks(blocks)
    step_width = max(_NARROWEST_STEP, min(_WIDEST_STEP, _WIDTH / max(1, len(steps))))
    height = max(1, program.arena.size, program.arena.lower_bound)
    width = step_width * len(steps)
    boxes = [_box(block, step_width, _HEIGHT / height) for block in blocks]
    # Small ones last, so that none is hidden behind a larger one that it shares its place with.
    boxes.sort(key=lambda box: -box.width * box.height)
    return env.get_template("arena.svg.j2").render(
        program=program,
        boxes=boxes,
        labels=[box.label for box in boxes if box.label] + _outside(boxes, _LEFT + max(width, 460)),
        kinds={kind: name for kind, name in _KINDS.items() if any(box.kind == kind for box in boxes)},
        left=_LEFT,
        top=_TOP,
        plot_width=pixels(width),
        plot_height=_HEIGHT,
        width=pixels(_LEFT + max(width, 460) + _RIGHT),
        height=_TOP + _HEIGHT + _BELOW,
        bytes=[(pixels(_TOP + _HEIGHT * (1 - value / height)), value) for value in ticks(height)],
        bound=pixels(_TOP + _HEIGHT * (1 - program.arena.lower_bound / height)),
        steps=_step_labels(program, steps, step_width),
    )


_KINDS: Mapping[str, str] = {
    "input": "input",
    "activation": "activation",
    "output": "output",
    "variable": "variable",
    "scratch": "scratch of a layer",
}


def xml(text: str) -> str:
    """Text as it stands in XML: names in a model can hold anything."""
    printable = "".join(c if c.isprintable() else "?" for c in text)
    return printable.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _box(block: Block, step_width: float, scale: float) -> Box:
    place = block.place
    # What is written over what it is made from takes its place in the middle of the step.
    first = place.first + 1 + (0.5 if block.takes_over else 0)
    last = place.last + 2 - (0.5 if block.hands_over else 0)
    x, width = _LEFT + first * step_width, (last - first) * step_width
    y, height = _TOP + _HEIGHT - (place.offset + place.size) * scale, max(1.5, place.size * scale)
    title = (
        f"{block.name} {block.type}: {place.size:,} bytes from {place.offset:,} to {place.offset + place.size:,}, "
        f"steps {place.first} to {place.last}"
    )
    if place.stride:
        title += f", moving by {place.stride:+,} bytes a step"
    text = f"{short_name(block.name)} {place.size:,}{_JOINT}bytes"
    return Box(x, y, width, height, block.kind, title, text, _inside(text, x, y, width, height))


_JOINT = "\N{NO-BREAK SPACE}"


def _inside(text: str, x: float, y: float, width: float, height: float) -> Label | None:
    """The text in a box, along its longer side if it does not fit otherwise; None where hardly any of it fits."""
    lying, standing = _wrapped(text, width - 6, height - 3), _wrapped(text, height - 6, width - 3)
    lines, angle = (standing, -90) if _shown(standing) > _shown(lying) else (lying, 0)
    if _shown(lines) < min(_FEW, len(text)):
        return None
    first = -(len(lines) - 1) * _LINE / 2 + 3.5
    placed = tuple((first + number * _LINE, line) for number, line in enumerate(lines))
    return Label(placed, x + width / 2, y + height / 2, angle)


_FEW = 8
"""Letters: labels that show less tell nothing."""


def _shown(lines: Sequence[str]) -> int:
    return sum(len(line.rstrip("…")) for line in lines)


def _wrapped(text: str, width: float, height: float) -> tuple[str, ...]:
    """Lines that fit, broken at blanks and slashes; the last one ends in an ellipsis if not all fits."""
    columns, rows = int(width / _CHARACTER), int((height + 3) / _LINE)
    words = text.replace("/", "/ ").split(" ")
    if columns < min(_FEW, max(map(len, words))) or rows < 1:
        return ()
    lines = [""]
    for word in words:
        joint = "" if not lines[-1] or lines[-1].endswith("/") else " "
        if len(lines[-1] + joint + word) <= columns:
            lines[-1] += joint + word
        else:
            lines += [word[start : start + columns] for start in range(0, len(word), columns)]
    lines = [line for line in lines if line]
    if len(lines) > rows:
        lines = [*lines[: rows - 1], f"{lines[rows - 1][: columns - 1]}…"]
    return tuple(line.replace(_JOINT, " ") for line in lines)


def _outside(boxes: Sequence[Box], right: float) -> list[Label]:
    """Labels above the boxes that have none, where there is room. right: where the picture ends."""
    taken = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in boxes]
    labels = []
    for box in sorted((box for box in boxes if box.label is None), key=lambda box: (box.x, -box.y)):
        half = len(box.text) * _CHARACTER / 2
        x = min(max(box.x + box.width / 2, _LEFT + half), right - half)
        for level in range(6):
            bottom = box.y - 2 - level * _LINE
            if all(
                x + half <= left or end <= x - half or bottom <= top or below <= bottom - _LINE
                for left, top, end, below in taken
            ):
                taken.append((x - half, bottom - _LINE, x + half, bottom))
                line = box.text.replace(_JOINT, " ")
                labels.append(Label(((0.0, line),), x, bottom - 2.5, 0, box.y - bottom if level else 0.0))
                break
    return labels


def _step_labels(program: Program, steps: Sequence[int], step_width: float) -> list[tuple[str, str]]:
    """Where steps are named, in the middle of each, and how; of narrow ones only some."""
    every = max(1, math.ceil(13 / step_width))
    labels = []
    for step in steps:
        name = "before" if step < 0 else "after" if step >= len(program.steps) else ""
        if not name and step % every == 0:
            name = f"{step} {program.steps[step].op.kind}"
        if name:
            labels.append((pixels(_LEFT + (step + 1.5) * step_width), name[:26]))
    return labels

"""Loops and conditions of the function that calls the layers, and places that move with a loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from tools.sni.memory.arena import Placement
from tools.sni.program import Step


class Operand(Protocol):
    """What a statement reads."""

    def argument(self) -> str:
        """C for the pointer to it."""


def counter(loops: int) -> str:
    """What the innermost of so many loops calls its counter: `step`, `step_2`."""
    return "step" if loops < 2 else f"step_{loops}"


def address(place: Placement) -> str:
    """C for where a tensor begins: `&arena[64]`, or `&arena[64 + 32 * step]` for a row of a loop."""
    moving = ""
    if place.stride:
        moving = f" {'-' if place.stride < 0 else '+'} {abs(place.stride)} * {counter(place.depth)}"
    return f"&arena[{place.offset}{moving}]"


def control_statement(step: Step, operands: Sequence[Operand]) -> str:
    """What begins, ends or leaves a loop or a condition."""
    kernel = step.kernel
    match kernel.block:
        case "loop":
            count, i = kernel.values["count"], counter(step.loops + 1)
            return f"for (int32_t {i} = 0; {i} < {count}; ++{i}) {{"
        case "if":
            return f"if (*{operands[0].argument()}) {{"
        case "leave":
            return f"if (!*{operands[0].argument()}) break;"
        case "else":
            return "} else {"
    return "}"

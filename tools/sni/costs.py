"""What kernels for the same layer cost, and which one is worth its price."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_MORE_FLASH = 1.6
"""How much flash a faster kernel may take, times the dense one's."""

_FOR_SPEED = 3.2
"""The same for speed, times that of the weights as int8."""

_MANY = 96
"""Rows of which the first do not count; a multiple of what kernels take at a time."""


@dataclass(frozen=True)
class Cost:
    """instructions: of one inference. bytes: of weights and of the code that no other layer shares."""

    instructions: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.instructions:,} instructions and {self.bytes:,} bytes"


def pays(cost: Cost, dense: Cost, weights: int, optimise: str, more: float = _MORE_FLASH) -> bool:
    """Whether a kernel that leaves out zeros takes the place of the dense one: faster, and not much larger.

    weights: how many the dense kernel has. optimise: of the options. more: how many times the dense one's bytes.
    """
    allowed = max(more * dense.bytes, _FOR_SPEED * weights if optimise == "speed" else 0)
    return cost.instructions < dense.instructions and cost.bytes <= allowed


def compared(taken: bool, zeros: float, cost: Cost, dense: Cost) -> str:
    """For the report. zeros: their share of the weights."""
    if taken:
        return f"{zeros:.0%} zeros left out: {cost} instead of {dense}"
    return f"{zeros:.0%} zeros not left out, for {cost} would take the place of {dense}"


def beginning(cost: Callable[[int], float], rows: int) -> int:
    """What a call for so many rows takes beyond their share of one for many: Kernel.set_up. cost: of so many rows."""
    return max(0, round(cost(rows) - rows * cost(_MANY) / _MANY))

"""What kernels for the same layer cost, and which one is worth its price."""

from __future__ import annotations

from dataclasses import dataclass

_MORE_FLASH = 1.6
"""How much flash, times the dense kernel's, a faster one may take."""


@dataclass(frozen=True)
class Cost:
    """instructions: of one inference. bytes: of weights and of the code that no other layer shares."""

    instructions: int
    bytes: int

    def __str__(self) -> str:
        return f"{self.instructions:,} instructions and {self.bytes:,} bytes"


def pays(cost: Cost, dense: Cost) -> bool:
    """Whether a kernel that leaves out zeros takes the place of the dense one: faster, and not much larger."""
    return cost.instructions < dense.instructions and cost.bytes <= _MORE_FLASH * dense.bytes


def compared(zeros: float, cost: Cost, dense: Cost) -> str:
    """For the report. zeros: their share of the weights."""
    if pays(cost, dense):
        return f"{zeros:.0%} zeros left out: {cost} instead of {dense}"
    return f"{zeros:.0%} zeros not left out, for {cost} would take the place of {dense}"

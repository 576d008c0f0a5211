"""Loops over outputs in blocks whose sums fit a small local array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LARGEST = 64
"""Sums at a time: 256 bytes of stack, and enough of them that requantising vectorises well."""

Blocks = Sequence[tuple[int, int, int]]
"""(first output, one past the last, how many at a time) of each loop."""


def blocks(count: int, largest: int = LARGEST, groups: int = 1) -> Blocks:
    """The loops over `count` outputs: one, and where no good size divides `count` another for what is left over.

    groups: equal shares of the outputs; with several, no block reaches across them.
    """
    if groups > 1:
        share = count // groups
        return [(0, count, max(size for size in range(1, largest + 1) if share % size == 0))]
    if count <= largest:
        return [(0, count, count)]
    sizes = [size for step in (16, 4) for size in range(largest, 15, -1) if size % step == 0 and count % size == 0]
    if sizes:
        return [(0, count, sizes[0])]
    whole = count // largest * largest
    rest = [(whole, count, count - whole)] if whole < count else []
    return [(0, whole, largest), *rest]


def interleaved(matrix: np.ndarray, loops: Blocks) -> np.ndarray:
    """A matrix [outputs, inputs] laid out as a kernel reads it: for each block [inputs][outputs of the block], flat."""
    inputs = matrix.shape[1]
    return np.concatenate(
        [matrix[first:last].reshape(-1, size, inputs).transpose(0, 2, 1).reshape(-1) for first, last, size in loops]
    )


def loop_helpers(loops: Blocks) -> tuple[str, ...]:
    """What ops/loops.j2 puts before the short ones."""
    return ("keep_loop",) if any(size <= 16 for *_, size in loops) else ()

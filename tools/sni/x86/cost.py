"""Which shape of tile a layer of products gets: so many windows by so many vectors of 16 outputs, by estimated cycles.

The estimate is for AVX-512, where a tile keeps its sums in registers; lower levels take their own tiles out of the same
table of weights, whose blocks are as wide as the shape says.
"""

from __future__ import annotations

from dataclasses import dataclass

_SHAPES = ((8, 1), (8, 2), (6, 3), (4, 4), (6, 4))
"""Windows by vectors, that the 32 registers hold with the vectors of weights and an input."""

_WIDEST_ROW = 8
"""Vectors for a single window: its sums alone."""

_LOWER_WINDOWS = (4, 2)
"""What lower levels take at a time, where the shape has as many."""

_OUTPUT_CYCLES = 5
"""To begin, requantise and store a vector of outputs."""


@dataclass(frozen=True)
class Tile:
    """windows, vectors: of the shape. cycles: an estimate for the layer."""

    windows: int
    vectors: int
    cycles: float

    def filled(self, columns: int) -> int:
        """Windows of a line with those that fill up its last tile, on whichever level takes it furthest."""
        sizes = (self.windows, *(min(self.windows, size) for size in _LOWER_WINDOWS))
        return max(-(-columns // size) * size for size in sizes)

    @property
    def name(self) -> str:
        return f"{self.windows}x{self.vectors}"

    @property
    def reason(self) -> str:
        several = f"{self.windows} windows" if self.windows > 1 else "one window"
        return f"{several} by {16 * self.vectors} outputs at a time: about {self.cycles:,.0f} cycles with AVX-512"


def tile_for(rows: int, columns: int, outputs: int, groups: int) -> Tile:
    """rows: of windows, `columns` in each. groups: fours of inputs of a window."""
    vectors = -(-outputs // 16)
    if rows * columns == 1:
        blocks = -(-vectors // _WIDEST_ROW)
        shapes: tuple[tuple[int, int], ...] = ((1, -(-vectors // blocks)),)
    else:
        shapes = _SHAPES
    return min(
        (Tile(m, n, rows * -(-columns // m) * -(-vectors // n) * _tile_cycles(m, n, groups)) for m, n in shapes),
        key=lambda tile: (tile.cycles, tile.vectors),
    )


def _tile_cycles(windows: int, vectors: int, groups: int) -> float:
    """Two multiplications or two loads a cycle; a sum waits five cycles for its last product.

    One or two vectors of sums are spread over four (x86_products.c.j2).
    """
    sums = windows * vectors
    products = sums / 2
    loads = (windows + vectors) / 2
    wait = 1.25 if sums == 1 else 2.5 if sums == 2 else 5 if sums < 10 else 0
    return groups * max(products, loads, wait) + sums * _OUTPUT_CYCLES

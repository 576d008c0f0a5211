"""Division by a constant as a product of 16 bits, for the means of AVERAGE_POOL_2D."""

from __future__ import annotations

MOST_TAPS = 255
"""So that the magnitude of a sum of int8, and half of what it is divided by, are below 2^15."""


def reciprocal(count: int) -> tuple[int, int]:
    """(factor, shift) with n // count == n * factor >> (16 + shift) for n below 2^15; 2 <= count <= MOST_TAPS.

    factor is 2^(16 + shift) / count rounded up, by less than 1; so a quotient gets too large by less than 2^15 times
    2^-(16 + shift), which is at most 1 / count as 2^(shift + 1) is at least count.
    """
    shift = (count - 1).bit_length() - 1
    return -(-(1 << (16 + shift)) // count), shift

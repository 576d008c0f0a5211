"""1 / sqrt of an integer in fixed point, bit for bit GetInvSqrtQuantizedMultiplierExp of TFLM (internal/common.h).

The C of the same computation is emit/helpers/inverse_square_root.c.j2.
"""

from __future__ import annotations

import numpy as np

from tools.sni.numerics.fixed_point import saturating_shift_left
from tools.sni.numerics.multiplier import Multiplier, rounding_doubling_high_multiply

_HALF_OF_SQRT_2 = 1518500250
_ONE_AND_A_HALF = (1 << 28) + (1 << 27)
_INTEGER_BITS = 3


def inverse_square_root(value: int) -> Multiplier:
    """1 / sqrt(value) for value >= 2; for 0 and 1 the largest number below 1.

    The value is brought to [1/4, 1) of 2^29 by an even shift, of which the square root is half; five Newton-Raphson
    steps from 1 find the root of the rest, with three integer bits.
    """
    if value <= 1:
        return Multiplier((1 << 31) - 1, 0)
    right = 11
    while value >= 1 << 29:
        value //= 4
        right += 1
    pairs = (32 - value.bit_length() - 1) // 2 - 1
    right -= pairs
    value <<= 2 * pairs
    half = (value // 2 + 1) >> 1
    x = 1 << (31 - _INTEGER_BITS)
    for _ in range(5):
        cube = _rescaled(_high(_high(x, x), x), 2 * _INTEGER_BITS)
        x = _rescaled(_high(_ONE_AND_A_HALF, x) - _high(half, cube), _INTEGER_BITS)
    x = _high(x, _HALF_OF_SQRT_2)
    return Multiplier(x << max(-right, 0), -max(right, 0))


def _high(a: int, b: int) -> int:
    return int(rounding_doubling_high_multiply(np.int64(a), np.int64(b)))


def _rescaled(x: int, bits: int) -> int:
    return int(saturating_shift_left(np.int64(x), bits))

"""Weights of two outputs in one word, in the order in which the kernels use them.

SMLAD multiplies both 16-bit halves of two words and adds the two products to a sum. int8 weights would have to be
widened to halves first, two instructions for each four. Instead a half holds the weights of two outputs for the same
input, as 256 * second + first. One SXTB16 gives the halves of the first output; the word as it is stands for both:

    sums[0] += first * input                       after SXTB16
    sums[1] += (256 * second + first) * input      as it is

so that sums[1] - sums[0] is 256 times the second output's sum, modulo 2^32, and right where that sum is below 2^23.

Inputs are widened four at a time by two SXTB16, which gives the pairs (0, 2) and (1, 3); weights have the same order.
"""

from __future__ import annotations

import numpy as np


def groups(inputs: int) -> int:
    """Fours of inputs, the last one filled up."""
    return -(-inputs // 4)


def packed(matrix: np.ndarray, outputs: int) -> np.ndarray | None:
    """Weights [outputs, inputs] as words [outputs / n][groups of inputs][n / 2 pairs of outputs][2], flat.

    outputs: n, how many a kernel makes at a time, even; where the last ones are missing, their weights are 0. None if
    256 * second + first leaves 16 bits, which it does for a second of -128 and a negative first.
    """
    whole = filled(matrix, outputs)
    rows = len(whole)
    halves = 256 * whole[1::2] + whole[0::2]
    if halves.min(initial=0) < -(1 << 15):
        return None
    # [n at a time][pair][group][input of the group]
    halves = halves.reshape(rows // outputs, outputs // 2, -1, 4)
    both = (halves[..., :2] & 0xFFFF) | ((halves[..., 2:] & 0xFFFF) << 16)
    return words(both.transpose(0, 2, 1, 3).reshape(-1))


def widened(matrix: np.ndarray, outputs: int) -> np.ndarray:
    """Weights as 16 bits, 256 times as large: words [outputs / n][groups][inputs (0, 2), (1, 3)][n outputs], flat."""
    fours = 256 * filled(matrix, outputs).reshape(-1, outputs, groups(matrix.shape[1]), 4)
    both = (fours[..., :2] & 0xFFFF) | ((fours[..., 2:] & 0xFFFF) << 16)
    return words(both.transpose(0, 2, 3, 1).reshape(-1))


def filled(matrix: np.ndarray, outputs: int, inputs: int = 4) -> np.ndarray:
    """With zeros up to a multiple of `outputs` rows and of `inputs` columns."""
    rows, columns = (-(-size // unit) * unit for size, unit in zip(matrix.shape, (outputs, inputs), strict=True))
    whole = np.zeros((rows, columns), np.int64)
    whole[: len(matrix), : matrix.shape[1]] = matrix
    return whole


def starts(bias: np.ndarray, outputs: int, *, wide: bool = False) -> np.ndarray:
    """What the two sums of each pair of outputs start from, for as many outputs as `packed` or `widened` has."""
    whole = filled(bias[:, None], outputs, 1)[:, 0]
    if wide:
        return words(256 * whole)
    first, second = whole[0::2], whole[1::2]
    return words(np.stack([first, 256 * second + first], axis=1).reshape(-1))


def stream(
    matrix: np.ndarray, bias: np.ndarray | None, scales: np.ndarray | None, outputs: int, *, wide: bool = False
) -> np.ndarray | None:
    """All that a kernel reads, in the order in which it does: for each `outputs` outputs what their sums start from,
    their weights, their factors and addends. None as for `packed`.

    bias: None where sums start from what is no part of this. scales: what each output has, [output][words], or None
    where all outputs share one. wide: weights of 16 bits.
    """
    weights = widened(matrix, outputs) if wide else packed(matrix, outputs)
    if weights is None:
        return None
    blocks = -(-len(matrix) // outputs)
    parts = [weights.reshape(blocks, -1)]
    if bias is not None:
        parts.insert(0, starts(bias, outputs, wide=wide).reshape(blocks, -1))
    if scales is not None:
        parts.append(words(filled(scales, outputs, 1)).reshape(blocks, -1))
    return np.concatenate(parts, axis=1).reshape(-1)


def words(values: np.ndarray) -> np.ndarray:
    """Integers modulo 2^32."""
    return (values & 0xFFFFFFFF).astype(np.uint32)

"""Weights in the order in which the kernels use them, and what goes with each eight outputs.

A vector of eight bytes holds two neighbouring weights of four outputs. Multiplied by one pair of inputs, repeated four
times, it gives eight products in 16 bits; VPADAL adds the two of each output to its 32-bit sum. So sums stay in the
lanes of their outputs, and nothing has to be added up across a vector at the end.
"""

from __future__ import annotations

import numpy as np

OUTPUTS = 8
"""Of a block: two vectors of four sums for each pixel."""

INPUTS = 8
"""Of a group: four pairs, which one VLD4 repeats over four vectors."""

LARGEST = 255
"""Of the weights' magnitudes that one lane of 16 bits adds up products of: 128 times as much fits."""


def up_to(count: int, step: int) -> int:
    """The next multiple of a step."""
    return -(-count // step) * step


def packed(matrix: np.ndarray) -> np.ndarray:
    """int8 weights [outputs, inputs] as [block, (group, pair, output, 2)]; zeros where there are none."""
    filled = _filled(matrix)
    blocks, groups = len(filled) // OUTPUTS, filled.shape[1] // INPUTS
    split = filled.reshape(blocks, OUTPUTS, groups, INPUTS // 2, 2)
    return split.transpose(0, 2, 3, 1, 4).reshape(blocks, -1).astype(np.int8)


def longest_chain(matrix: np.ndarray) -> int:
    """How many products, 4, 2 or 1, a lane of 16 bits may add up before they go to the sum, whatever the inputs."""
    filled = np.abs(_filled(matrix))
    pairs = filled.reshape(len(filled), -1, INPUTS // 2, 2)
    for length in (4, 2):
        lanes = pairs.reshape(len(filled), -1, 4 // length, length, 2).sum(axis=3)
        if lanes.max(initial=0) <= LARGEST:
            return length
    return 1


def table(bias: np.ndarray, multipliers: np.ndarray, shifts: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Words [block][8 biases, weights, 8 multipliers, 8 shifts], flat: all in the order in which it is read.

    bias, multipliers, shifts: for each output. weights: int8 [block, a multiple of four].
    """
    blocks = len(weights)
    rows = np.zeros((3, OUTPUTS * blocks), np.int64)
    rows[:, : len(bias)] = bias, multipliers, shifts
    # What goes beyond 32 bits does so in TFLM too.
    starts, *scales = (rows & 0xFFFFFFFF).astype(np.uint32).view(np.int32).reshape(3, blocks, OUTPUTS)
    words = np.ascontiguousarray(weights).view("<i4").astype(np.int32)
    return np.concatenate([starts, words, *scales], axis=1).reshape(-1)


def _filled(matrix: np.ndarray) -> np.ndarray:
    """With zeros up to whole blocks and groups."""
    outputs, inputs = matrix.shape
    filled = np.zeros((up_to(outputs, OUTPUTS), up_to(inputs, INPUTS)), np.int64)
    filled[:outputs, :inputs] = matrix
    return filled

"""Weights and scales in the order in which the mve kernels read them, and how many steps their loops take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.packing import words
from tools.sni.mve.scaling import Scaling

LANES = 16
"""Bytes of a vector, and so inputs of one step."""


@dataclass(frozen=True)
class Steps:
    """How a kernel goes through a row of inputs, sixteen at a time.

    first: steps one after the other. turn: steps of each turn of the loop behind them, 0 without a loop. tail: whether
    a step follows that is not full.
    """

    first: int
    turn: int
    tail: bool

    @staticmethod
    def of(inputs: int, unrolled: int, turn: int) -> Steps:
        """unrolled: steps up to which there is no loop. turn: steps of a loop's turn."""
        full = inputs // LANES
        if full <= unrolled:
            return Steps(full, 0, inputs % LANES > 0)
        return Steps(full % turn or turn, turn, inputs % LANES > 0)

    @property
    def suffix(self) -> str:
        """As options of a helper, which `of_options` reads."""
        return f"__{self.first}__{self.turn}" + ("__tail" if self.tail else "")

    @staticmethod
    def of_options(options: Sequence[str]) -> Steps:
        return Steps(int(options[0]), int(options[1]), "tail" in options)

    def turns(self, inputs: str) -> str:
        """C for the turns of the loop."""
        return f"({inputs} / 16 - {self.first}) / {self.turn}" if self.turn else "0"


def packed(matrix: np.ndarray, order: Sequence[Sequence[int]], lanes: int = LANES) -> np.ndarray:
    """Weights [outputs, inputs] as words [fours of outputs][all parts, each: steps][outputs of the part][inputs].

    order: for each part the outputs in it, counted within the four. lanes: inputs of a step. What is missing is 0.
    """
    block = sum(map(len, order))
    blocks = -(-len(matrix) // block)
    filled = np.zeros((blocks * block, -(-matrix.shape[1] // lanes) * lanes), np.int8)
    filled[: len(matrix), : matrix.shape[1]] = matrix
    cut = filled.reshape(blocks, block, -1, lanes)
    parts = [cut[:, list(part)].transpose(0, 2, 1, 3).reshape(blocks, -1) for part in order]
    return np.concatenate(parts, axis=1).view("<u4").astype(np.uint32)


def scales(scaling: Scaling) -> np.ndarray:
    """Words [fours of outputs][biases, factors and, where there are any, steps][4]."""
    return fours(scaling.biases, scaling.factors, *(() if scaling.steps is None else (scaling.steps,)))


def fours(*rows: np.ndarray) -> np.ndarray:
    """Numbers of each output, as words [fours of outputs][rows][4]. What is missing is 0."""
    filled = np.zeros((len(rows), -(-len(rows[0]) // 4) * 4), np.int64)
    filled[:, : len(rows[0])] = rows
    return words(filled.reshape(len(rows), -1, 4).transpose(1, 0, 2).reshape(-1, 4 * len(rows)))


def stream(matrix: np.ndarray, scaling: Scaling, order: Sequence[Sequence[int]]) -> np.ndarray:
    """All that a kernel reads of a layer of products: for each four outputs the weights and the scales, flat."""
    weights = packed(np.where(scaling.constant[:, None], 0, matrix), order)
    return np.concatenate([weights, scales(scaling)], axis=1).reshape(-1)

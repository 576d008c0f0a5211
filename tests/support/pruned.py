"""Networks whose weights are pruned or clustered layer by layer, as training tools leave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tools.sni.ir import Graph, Tensor

Change = Callable[[np.ndarray], np.ndarray]
"""From weights [outputs, inputs] to weights of the same shape and type."""


def unstructured(share: float) -> Change:
    """The smallest weights become zero, wherever they are; share: how many of them, of 1."""

    def change(matrix: np.ndarray) -> np.ndarray:
        flat = matrix.reshape(-1).copy()
        flat[np.argsort(_sizes(flat), kind="stable")[: round(share * flat.size)]] = 0
        return flat.reshape(matrix.shape)

    return change


def two_of_four(matrix: np.ndarray) -> np.ndarray:
    """Of each four inputs in a row an output keeps the two with the largest weights."""
    whole = matrix.shape[1] // 4 * 4
    fours = matrix[:, :whole].reshape(len(matrix), -1, 4)
    ranks = np.argsort(np.argsort(_sizes(fours), axis=2, kind="stable"), axis=2, kind="stable")
    kept = np.where(ranks >= 2, fours, 0).reshape(len(matrix), whole)
    return np.concatenate([kept, matrix[:, whole:]], axis=1)


def blocks(share: float, outputs: int = 4, inputs: int = 4) -> Change:
    """Blocks of so many outputs and inputs become zero, those with the smallest weights first."""

    def change(matrix: np.ndarray) -> np.ndarray:
        rows, columns = -(-matrix.shape[0] // outputs), -(-matrix.shape[1] // inputs)
        filled = np.zeros((rows * outputs, columns * inputs), matrix.dtype)
        filled[: matrix.shape[0], : matrix.shape[1]] = matrix
        sizes = _sizes(filled).reshape(rows, outputs, columns, inputs).sum(axis=(1, 3)).reshape(-1)
        zero = np.zeros(sizes.size, bool)
        zero[np.argsort(sizes, kind="stable")[: round(share * sizes.size)]] = True
        mask = zero.reshape(rows, columns).repeat(outputs, axis=0).repeat(inputs, axis=1)
        return np.where(mask, 0, filled)[: matrix.shape[0], : matrix.shape[1]].astype(matrix.dtype)

    return change


def clustered(matrix: np.ndarray) -> np.ndarray:
    """Each weight becomes the nearest of 16 values, which a few rounds of k-means find from the quantiles."""
    values = matrix.reshape(-1).astype(np.float64)
    centres = np.unique(np.quantile(values, (np.arange(16) + 0.5) / 16))
    for _ in range(10):
        nearest = np.abs(values[:, None] - centres).argmin(axis=1)
        centres = np.array([values[nearest == n].mean() if (nearest == n).any() else c for n, c in enumerate(centres)])
    rounded = np.rint(centres) if np.issubdtype(matrix.dtype, np.integer) else centres
    nearest = np.abs(values[:, None] - rounded).argmin(axis=1)
    return rounded[nearest].astype(matrix.dtype).reshape(matrix.shape)


def with_weights(graph: Graph, change: Change) -> Graph:
    """The network with changed weights of its FULLY_CONNECTED and 1x1 CONV_2D."""
    tensors = dict(graph.tensors)
    for op in graph.ops:
        weights = tensors[op.inputs[1]] if op.kind in ("FULLY_CONNECTED", "CONV_2D") else None
        if weights is not None and weights.is_constant and _is_matrix(weights):
            matrix = change(weights.data.reshape(weights.shape[0], -1))
            tensors[op.inputs[1]] = replace(weights, data=matrix.reshape(weights.shape))
    return replace(graph, tensors=tensors)


def _is_matrix(weights: Tensor) -> bool:
    return len(weights.shape) == 2 or weights.shape[1:3] == (1, 1)


def _sizes(weights: np.ndarray) -> np.ndarray:
    return np.abs(weights.astype(np.float64))


KINDS: dict[str, Change] = {
    "50% zeros": unstructured(0.5),
    "80% zeros": unstructured(0.8),
    "2 of 4": two_of_four,
    "80% zeros, 4 x 4": blocks(0.8),
    "16 values": clustered,
}
"""As they are asked of training tools."""

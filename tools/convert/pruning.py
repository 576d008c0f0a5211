"""Pruning: the weights of least magnitude become zeros. Functions from the kernels of a network to new ones.

A kernel's last axis is its outputs, as Keras has it: [inputs, outputs], [rows, columns, channels, outputs].
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Kernels = Mapping[str, np.ndarray]
"""Weights that products are formed with, by name, in the network's order."""


def pruned_whole(kernels: Kernels, share: float) -> Kernels:
    """The least `share` of the magnitudes of all kernels together: layers that matter less lose more."""
    magnitudes = np.concatenate([np.abs(kernel).reshape(-1) for kernel in kernels.values()])
    zeros = _least(magnitudes, share)
    starts = np.cumsum([0, *(kernel.size for kernel in kernels.values())])
    return {
        name: np.where(zeros[start : start + kernel.size].reshape(kernel.shape), 0, kernel).astype(kernel.dtype)
        for (name, kernel), start in zip(kernels.items(), starts, strict=False)
    }


def pruned_layers(kernels: Kernels, share: float) -> Kernels:
    """The least `share` of the magnitudes of each kernel."""
    return {name: pruned_whole({name: kernel}, share)[name] for name, kernel in kernels.items()}


def pruned_blocks(kernels: Kernels, kept: int, block: int) -> Kernels:
    """Of each `block` neighbours along an output's inputs the `kept` largest stay, as 2:4 of sparse tensor units.

    A rest of fewer than `block` inputs keeps `kept`, too.
    """

    def prune(kernel: np.ndarray) -> np.ndarray:
        rows = kernel.reshape(-1, kernel.shape[-1]).T
        padded = np.pad(np.abs(rows), ((0, 0), (0, -rows.shape[1] % block)), constant_values=-1)
        blocks = padded.reshape(len(rows), -1, block)
        # Stable, so that of equal magnitudes the first ones stay on every machine.
        rank = np.argsort(np.argsort(-blocks, axis=2, kind="stable"), axis=2, kind="stable")
        stays = (rank < kept).reshape(len(rows), -1)[:, : rows.shape[1]]
        return np.where(stays, rows, 0).T.reshape(kernel.shape).astype(kernel.dtype)

    return {name: prune(kernel) for name, kernel in kernels.items()}


def pruned_channels(kernels: Kernels, share: float) -> Kernels:
    """The outputs of least length (Euclidean) of each kernel but the last, whose outputs are the network's."""
    names = list(kernels)

    def prune(kernel: np.ndarray) -> np.ndarray:
        zeros = _least(np.sqrt((kernel.reshape(-1, kernel.shape[-1]).astype(np.float64) ** 2).sum(axis=0)), share)
        return np.where(zeros, 0, kernel).astype(kernel.dtype)

    return {name: prune(kernel) if name != names[-1] else kernel for name, kernel in kernels.items()}


def _least(magnitudes: np.ndarray, share: float) -> np.ndarray:
    """Which ones are the least `share`, rounded down; of equal ones the first."""
    zeros = np.zeros(len(magnitudes), bool)
    zeros[np.argsort(magnitudes, kind="stable")[: int(share * len(magnitudes))]] = True
    return zeros

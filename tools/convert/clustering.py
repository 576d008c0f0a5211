"""Clustering: the weights of a kernel take few different values, the centroids of k-means in one dimension."""

from __future__ import annotations

import numpy as np

from tools.convert.pruning import Kernels

_ROUNDS = 100


def clustered(kernels: Kernels, count: int) -> Kernels:
    """At most `count` different values in each kernel. The zeros of a pruned kernel stay, and are one of the values."""
    return {name: _clustered(kernel, count) for name, kernel in kernels.items()}


def _clustered(kernel: np.ndarray, count: int) -> np.ndarray:
    values = kernel.reshape(-1).astype(np.float64)
    is_pruned = count > 2 and (values == 0).sum() > values.size // count
    free = values != 0 if is_pruned else np.ones(values.size, bool)
    count -= not free.all()
    if len(np.unique(values[free])) <= count:
        return kernel
    # Evenly between the extremes: large weights, of which there are few, matter most. Lloyd's algorithm from there.
    centroids = np.linspace(values[free].min(), values[free].max(), count)
    for _ in range(_ROUNDS):
        nearest = np.searchsorted((centroids[1:] + centroids[:-1]) / 2, values[free])
        sums, members = np.bincount(nearest, values[free], count), np.bincount(nearest, minlength=count)
        moved = np.where(members > 0, sums / np.maximum(members, 1), centroids)
        if (members == 0).any():
            # One that no weight is near, as in the gap that pruning leaves, goes where it helps most.
            distance = np.abs(values[free] - centroids[nearest])
            moved[np.argmin(members)] = values[free][np.argmax(distance)]
            moved.sort()
        if (moved == centroids).all():
            break
        centroids = moved
    values[free] = centroids[np.searchsorted((centroids[1:] + centroids[:-1]) / 2, values[free])]
    return values.reshape(kernel.shape).astype(kernel.dtype)

"""The inputs of a model's cells: the same real values for all of its variants, drawn from the range that is typical."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tools.sni.ir import Graph, Tensor

SAMPLES = 16
"""Inferences whose outputs are compared."""

TOKENS = 10
"""Integers that are no quantised numbers stand for things in a table, whose size nobody says: the first ones."""


def real_inputs(networks: Sequence[Graph]) -> list[np.ndarray]:
    """For each input of a model its values, of shape [SAMPLES, elements], as float64.

    networks: variants of the model; the first whose input is quantised tells its range, otherwise it is [-1, 1).
    """
    rng = np.random.default_rng(1)
    return [_drawn([graph.tensors[graph.inputs[i]] for graph in networks], rng) for i in range(_inputs(networks))]


def _inputs(networks: Sequence[Graph]) -> int:
    return len(networks[0].inputs) if networks else 0


def _drawn(variants: Sequence[Tensor], rng: np.random.Generator) -> np.ndarray:
    shape = (SAMPLES, variants[0].elements)
    for tensor in variants:
        if tensor.dtype.is_integer and tensor.quantisation is not None:
            low, high = tensor.dtype.bounds
            scale, zero_point = tensor.quantisation.scale, tensor.quantisation.zero_point
            return rng.uniform((low - zero_point) * scale, (high - zero_point) * scale, shape)
    if variants[0].dtype.is_integer:
        return rng.integers(0, TOKENS, shape).astype(np.float64)
    if variants[0].dtype.value == "bool":
        return rng.integers(0, 2, shape).astype(np.float64)
    return rng.uniform(-1, 1, shape)


def stored(values: np.ndarray, dtype: np.dtype, scale: float | None, zero_point: int | None) -> np.ndarray:
    """Real values as a tensor holds them: quantised where it has a scale, rounded to the nearest, ties to even."""
    if np.issubdtype(dtype, np.floating) or dtype == np.bool_:
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    steps = np.rint(values / scale) + (zero_point or 0) if scale else np.rint(values)
    return np.clip(steps, limits.min, limits.max).astype(dtype)


def stored_in(inputs: Sequence[np.ndarray], tensors: Sequence[Mapping]) -> list[np.ndarray]:
    """Real inputs as the tensors of a network hold them. tensors: as a program's `info` describes them."""
    return [
        stored(values, np.dtype(tensor["dtype"]), tensor["scale"], tensor["zero_point"])
        for values, tensor in zip(inputs, tensors, strict=True)
    ]

"""Networks of one type that grow layer by layer, drawn from a seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import DType, Graph, Tensor


class Growing:
    """x: what the newest layer makes, at first the network's input, which the one who draws sets."""

    def __init__(self, seed: int, dtype: DType) -> None:
        self.rng = np.random.default_rng(seed)
        self.x: Tensor
        self._dtype = dtype
        self._layers: list[tuple] = []

    @property
    def graph(self) -> Graph:
        return chain(self._layers)

    def draw(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def tensor(self, shape: Sequence[int]) -> Tensor:
        zero_point = 0 if self._dtype is DType.INT16 else 5
        scale = 0.05 if self._dtype is DType.INT8 else 0.0005
        q = None if self._dtype is DType.FLOAT32 else quantised(scale, zero_point)
        return tensor(f"t{len(self._layers)}", self._dtype, tuple(int(n) for n in shape), q)

    def constant(self, name: str, *shape: int) -> Tensor:
        """Weights, or a bias if the name is b."""
        if self._dtype is DType.FLOAT32:
            return constant(name, DType.FLOAT32, self.rng.normal(0, 0.3, shape))
        if name == "b":
            dtype = DType.INT64 if self._dtype is DType.INT16 else DType.INT32
            return constant(name, dtype, self.rng.integers(-500, 500, shape), quantised(0.001))
        return constant(name, DType.INT8, self.rng.integers(-127, 128, shape), quantised(0.01))

    def add(self, kind: str, inputs: Sequence[Tensor], shape: Sequence[int], attributes: dict) -> None:
        y = self.tensor(shape)
        self._layers.append((kind, list(inputs), [y], attributes))
        self.x = y

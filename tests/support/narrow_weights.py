"""Networks whose weights have fewer bits than their activations, made of networks that have as many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tests.support.models import per_channel, quantised
from tools.sni.ir import DType, Graph, Op, Tensor

WEIGHTS = ("w",)
"""What tests call the weights of a layer."""

BIASES = ("b",)
"""And its bias, which the converter makes float16 too."""


def changed(graph: Graph, change: Callable[[Tensor], Tensor], names: tuple[str, ...] = WEIGHTS) -> Graph:
    """The network with other weights."""
    tensors = {key: change(t) if t.name in names else t for key, t in graph.tensors.items()}
    return replace(graph, tensors=tensors)


def with_int4(graph: Graph, dtype: DType = DType.INT4) -> Graph:
    """int8 weights made int4, with both ends of the range; or, for an oracle, those values as int8."""

    def narrowed(w: Tensor) -> Tensor:
        data = np.clip(w.data // 14, -8, 7).astype(np.int8)
        data.flat[0], data.flat[-1] = -8, 7
        return replace(w, dtype=dtype, data=data)

    return changed(graph, narrowed)


def with_float16(graph: Graph) -> Graph:
    """float32 weights and biases as float16, with DEQUANTIZE in front of their layer, as the converter writes them."""
    tensors, ops = dict(graph.tensors), []
    for key, w in graph.tensors.items():
        if w.name in (*WEIGHTS, *BIASES) and w.is_constant and w.dtype is DType.FLOAT32:
            half = max(tensors) + 1
            tensors[half] = replace(w, dtype=DType.FLOAT16, data=_halves(w))
            tensors[key] = replace(w, data=None)
            ops.append(Op("DEQUANTIZE", (half,), (key,)))
    return replace(graph, tensors=tensors, ops=tuple(replace(op, index=i) for i, op in enumerate((*ops, *graph.ops))))


def rounded_to_float16(graph: Graph) -> Graph:
    """The values that float16 leaves, as float32: what TFLM can run."""

    def rounded(w: Tensor) -> Tensor:
        is_float = w.is_constant and w.dtype is DType.FLOAT32
        return replace(w, data=_halves(w).astype(np.float32)) if is_float else w

    return changed(graph, rounded, (*WEIGHTS, *BIASES))


def _halves(w: Tensor) -> np.ndarray:
    """With a few subnormal ones among them, the smallest and the largest."""
    data = w.data.astype(np.float16)
    special = np.array([6e-8, -6.1e-5, 65504.0 / 1024, -0.0], np.float16)
    data.flat[: special.size] = special[: data.size]
    return data


def with_int8(graph: Graph, *, axis: int | None = None, dtype: DType = DType.INT8, seed: int = 0) -> Graph:
    """float32 weights made int8 or int4 of other values: a dynamic-range layer. axis: of the scales, None for one."""
    rng = np.random.default_rng(seed)
    low, high = (-8, 7) if dtype is DType.INT4 else (-127, 127)

    def narrowed(w: Tensor) -> Tensor:
        scales = rng.uniform(0.3, 1.7, 1 if axis is None else w.shape[axis]) / high
        q = quantised(scales[0]) if axis is None else per_channel(scales, axis)
        data = rng.integers(low, high + 1, w.shape).astype(np.int8)
        data.flat[0], data.flat[-1] = low, high
        return replace(w, dtype=dtype, data=data, quantisation=q)

    return changed(graph, narrowed)

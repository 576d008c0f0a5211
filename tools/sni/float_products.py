"""Vectors of float32 times a constant matrix: blocks of outputs side by side, each added up in the order TFLM does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.blocks import Blocks, blocks, interleaved, loop_helpers
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import ACTIVATIONS
from tools.sni.weights import FLOAT32, Storage, storage

_SUMS = 32
"""Eight SSE or four AVX registers: enough to hide the latency of additions, few enough that the sums stay there."""


def is_float(layer: Layer, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether the profiles' kernels for floats can be for it: float32 throughout, and constant weights and bias."""
    known = weights.is_constant and (bias is None or bias.is_constant) and not layer.input.is_constant
    return known and layer.input.dtype is DType.FLOAT32 and weights.dtype is DType.FLOAT32


def bounds_suffix(layer: Layer) -> str:
    """Of the helpers that keep to the bounds of the layer's activation."""
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    return "__clamped" if high is not None else "__relu" if low is not None else ""


@dataclass(frozen=True)
class FloatProducts:
    """One row of outputs.

    blocks: of the loops over outputs. low, high: the activation's bounds, None where there is none. bias: what the C
    calls the array of it, "" for none. storage: of the weights.
    """

    outputs: int
    inputs: int
    blocks: Blocks
    low: float | None
    high: float | None
    constants: tuple[Constant, ...]
    bias: str
    storage: Storage = FLOAT32

    @property
    def helpers(self) -> tuple[str, ...]:
        """What a product calls, and what its tables are read by."""
        tables = ("in_flash",) if any(table.data.dtype == np.float32 for table in self.constants) else ()
        return "multiply_add", *tables, *self.storage.helpers

    @property
    def result(self) -> str:
        """C for an output before the activation, from `sums[k]`."""
        return f"sums[k] + {self.bias}[block + k]" if self.bias else "sums[k]"


def float_products_of(layer: Layer, weights: np.ndarray, bias: Tensor | None, *, groups: int = 1) -> FloatProducts:
    """weights: [outputs, inputs]. groups: equal shares of the outputs that see different inputs."""
    outputs, inputs = weights.shape
    loops = blocks(outputs, _SUMS, groups)
    sizes = " and ".join(str(size) for *_, size in loops)
    held = storage(layer.inputs[1].dtype)
    table = Constant(
        "weights", held.table(interleaved(weights, loops)), f"for each {sizes} outputs: [{inputs} inputs][output]"
    )
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    return FloatProducts(outputs, inputs, loops, low, high, (table, *bias_table(bias)), "bias" if bias else "", held)


def variant(layer: Layer) -> str:
    """The types in a kernel's name: of the activations and, if they differ, of the weights."""
    x, weights = layer.input, layer.inputs[1]
    return x.dtype.value if weights.dtype in (x.dtype, DType.INT8) else f"{x.dtype.value}_{weights.dtype.value}"


def bias_table(bias: Tensor | None) -> tuple[Constant, ...]:
    return (Constant("bias", bias.data.reshape(-1), "[output]"),) if bias else ()


def float_rows_by_matrix(layer: Layer, rows: int, weights: np.ndarray, bias: Tensor | None, name: str) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes.

    weights: [outputs, inputs].
    """
    p = float_products_of(layer, weights, bias)
    return Kernel(
        name=f"{name}_{variant(layer)}_blocked",
        template="fully_connected_float32.c.j2",
        values={"rows": rows, "p": p},
        constants=p.constants,
        helpers=(*p.helpers, *loop_helpers(p.blocks)),
        includes=("math.h",),
        overlap=row_overlap(layer, rows, weights.shape[1]),
        macs=rows * weights.size,
    )

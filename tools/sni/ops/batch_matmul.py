"""BATCH_MATMUL: output[.., row, column] = sum over i of x[.., row, i] * y[.., i, column].

adj_x and adj_y: an operand's last two dimensions are swapped. The others are broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tools.sni.broadcast import fold
from tools.sni.ir import DType
from tools.sni.matmul import Matrix, MatrixProduct, matmul_kernel
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature
from tools.sni.sums import no_zero_point_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16)


@operator(
    "BATCH_MATMUL",
    types=("float32", "int8", "int16"),
    inputs=(2, 2),
    limits="constant or computed operands; int16 with zero point 0",
)
def check(layer: Layer) -> Iterator[str]:
    x, y, output = layer.input, layer.inputs[1], layer.output
    if x.dtype not in _TYPES or not x.dtype is y.dtype is output.dtype:
        yield f"takes and makes one of {', '.join(t.value for t in _TYPES)}; it has {signature((x, y, output))}"
        return
    if min(len(x.shape), len(y.shape)) < 2 or not x.elements or not y.elements:
        yield f"needs operands of two dimensions or more, none empty; they are {x} and {y}"
        return
    (rows, inputs), (others, columns) = _sizes(layer)
    if inputs != others:
        yield f"multiplies rows of {inputs} with columns of {others}; these must be equal"
    try:
        batches = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        yield f"cannot broadcast {list(x.shape[:-2])} and {list(y.shape[:-2])}: dimensions must be equal or 1"
        return
    if output.shape != (*batches, rows, columns):
        yield f"makes {[*batches, rows, columns]}; its output is {output}"
    if x.dtype is not DType.FLOAT32:
        yield from per_tensor_problems(x, y, output)
    if x.dtype is DType.INT16:
        yield from no_zero_point_problems(x, y, output)


def _sizes(layer: Layer) -> tuple[tuple[int, int], tuple[int, int]]:
    """Rows and columns of both operands, as they are multiplied."""
    (x, y), (adj_x, adj_y) = (t.shape[-2:] for t in layer.inputs), _swapped(layer)
    return (x[::-1] if adj_x else x), (y[::-1] if adj_y else y)


def _swapped(layer: Layer) -> tuple[bool, bool]:
    return bool(layer.attribute("adj_x", False)), bool(layer.attribute("adj_y", False))


@kernel("BATCH_MATMUL", profile="c99")
def batch_matmul(layer: Layer) -> Kernel:
    x, y, output = layer.input, layer.inputs[1], layer.output
    (rows, inputs), (_, columns) = _sizes(layer)
    adj_x, adj_y = _swapped(layer)
    loops = fold([x.shape[:-2], y.shape[:-2]])
    if not any(loops.strides[1]) and not adj_x:
        # All matrices on the left meet the same one on the right: they are one with many rows.
        rows *= math.prod(loops.extents)
        loops = fold([(), ()])
    left = Matrix(x, layer.input_names[0], adj_x, loops.strides[0])
    right = Matrix(y, layer.input_names[1], adj_y, loops.strides[1])
    factors = (
        () if x.dtype is DType.FLOAT32 else [x.quantisation.scale * y.quantisation.scale / output.quantisation.scale]
    )
    wide = x.dtype is DType.INT16
    return matmul_kernel(
        layer, MatrixProduct(left, right, rows, inputs, columns, loops.extents, factors, wide), "batch_matmul"
    )

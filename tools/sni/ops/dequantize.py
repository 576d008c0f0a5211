"""DEQUANTIZE: integers, or weights of any type, to the real numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import loop
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature
from tools.sni.strided_copy import Move, Place, movement

_SOURCES = (DType.INT8, DType.UINT8, DType.INT16)


@operator("DEQUANTIZE", types=("int8, uint8, int16 to float32", "float16, int4 and per-channel constants to float32"))
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    weights = x.is_constant and x.is_narrow
    if x.dtype not in (*_SOURCES, *((DType.FLOAT16, DType.INT4) if weights else ())) or y.dtype is not DType.FLOAT32:
        accepted = ", ".join(t.value for t in _SOURCES)
        yield f"makes float32 of {accepted} or of float16 or int4 constants; it has {signature((x, y))}"
    elif x.elements != y.elements:
        yield f"makes as many elements as it takes; it has {x} and {y}"
    elif weights and x.dtype is not DType.FLOAT16 and x.quantisation:
        yield from _channel_problems(x)
    else:
        yield from per_tensor_problems(x)


def _channel_problems(x: Tensor) -> Iterator[str]:
    """Several scales must be as many as the axis has indices."""
    axis, count = x.quantisation.axis, len(x.quantisation.scales)
    if axis is not None and not (0 <= axis < len(x.shape) and x.shape[axis] == count):
        yield f"needs one scale for each index of an axis; tensor {x} has {x.quantisation}"


@kernel("DEQUANTIZE", profile="c99")
def widened(layer: Layer) -> Kernel | None:
    """Of weights, copied as float32; folding leaves only outputs of the network."""
    x, y = layer.input, layer.output
    if not x.is_narrow:
        return None
    table = Constant("constant_0", real_values(x).reshape(-1), f"{list(x.shape)}, from {x.dtype.value}")
    whole = Move((y.elements,), Place(layer.output_names[0], y.elements, (1,)), Place(table.name, y.elements, (1,)))
    return movement(layer, f"copy_of_{x.dtype.value}", [whole], constants=(table,))


def real_values(x: Tensor) -> np.ndarray:
    """What a constant stands for, in float32."""
    q = x.quantisation
    if x.dtype is DType.FLOAT16:
        return x.data.astype(np.float32)
    shape = [1] * len(x.shape)
    if q.per_channel:
        shape[q.axis] = -1
    difference = x.data.astype(np.int32) - np.array(q.zero_points, np.int32).reshape(shape)
    return np.array(q.scales, np.float32).reshape(shape) * difference.astype(np.float32)


@kernel("DEQUANTIZE", profile="c99")
def dequantise(layer: Layer) -> Kernel:
    q = layer.input.quantisation
    # TFLM multiplies in double and rounds to float. The integer has at most 17 bits and the scale 24, so the product is
    # exact in double, and one float multiplication rounds the same exact product.
    difference = f"(float)(input[i]{plus(-q.zero_point)})"
    return loop(layer, f"dequantise_{layer.input.dtype.value}", f"{c_float(q.scale)} * {difference}")

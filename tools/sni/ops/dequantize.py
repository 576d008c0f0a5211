"""DEQUANTIZE: integers, or constants of half precision, to the real numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import loop
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature
from tools.sni.strided_copy import Move, Place, movement

_SOURCES = (DType.INT8, DType.UINT8, DType.INT16)


@operator("DEQUANTIZE", types=("int8, uint8, int16 to float32", "float16 constants to float32"))
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    half = x.dtype is DType.FLOAT16 and x.is_constant
    if (x.dtype not in _SOURCES and not half) or y.dtype is not DType.FLOAT32:
        accepted = ", ".join(t.value for t in _SOURCES)
        yield f"makes float32 of {accepted} or of float16 constants; it has {signature((x, y))}"
    elif x.elements != y.elements:
        yield f"makes as many elements as it takes; it has {x} and {y}"
    else:
        yield from per_tensor_problems(x)


@kernel("DEQUANTIZE", profile="c99")
def widened(layer: Layer) -> Kernel | None:
    """Of float16, copied as float32, which holds them all; folding leaves only outputs of the network."""
    x, y = layer.input, layer.output
    if x.dtype is not DType.FLOAT16:
        return None
    table = Constant("constant_0", x.data.astype(np.float32).reshape(-1), f"{list(x.shape)}, from float16")
    whole = Move((y.elements,), Place(layer.output_names[0], y.elements, (1,)), Place(table.name, y.elements, (1,)))
    return movement(layer, "copy_of_float16", [whole], constants=(table,))


@kernel("DEQUANTIZE", profile="c99")
def dequantise(layer: Layer) -> Kernel:
    q = layer.input.quantisation
    # TFLM multiplies in double and rounds to float. The integer has at most 17 bits and the scale 24, so the product is
    # exact in double, and one float multiplication rounds the same exact product.
    difference = f"(float)(input[i]{plus(-q.zero_point)})"
    return loop(layer, f"dequantise_{layer.input.dtype.value}", f"{c_float(q.scale)} * {difference}")

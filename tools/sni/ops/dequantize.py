"""DEQUANTIZE: integers to the real numbers they stand for."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.elementwise import loop
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, signature

_SOURCES = (DType.INT8, DType.UINT8, DType.INT16)


@operator("DEQUANTIZE", types=("int8, uint8, int16 to float32",))
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype not in _SOURCES or y.dtype is not DType.FLOAT32:
        yield f"makes float32 of {', '.join(t.value for t in _SOURCES)}; it has {signature((x, y))}"
    elif x.elements != y.elements:
        yield f"makes as many elements as it takes; it has {x} and {y}"
    else:
        yield from per_tensor_problems(x)


@kernel("DEQUANTIZE", profile="c99")
def dequantise(layer: Layer) -> Kernel:
    q = layer.input.quantisation
    # TFLM multiplies in double and rounds to float. The integer has at most 17 bits and the scale 24, so the product is
    # exact in double, and one float multiplication rounds the same exact product.
    difference = f"(float)(input[i]{plus(-q.zero_point)})"
    return loop(layer, f"dequantise_{layer.input.dtype.value}", f"{c_float(q.scale)} * {difference}")

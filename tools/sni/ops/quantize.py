"""QUANTIZE: real numbers to integers, or integers of one quantisation to those of another."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.elementwise import loop
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, per_tensor_problems, requantisation, signature

_SOURCES = {
    DType.FLOAT32: (DType.INT8, DType.INT16),
    DType.INT8: (DType.INT8, DType.UINT8, DType.INT16),
    DType.UINT8: (DType.INT8,),
    DType.INT16: (DType.INT8, DType.INT16),
}
"""What each input type can become, as in TFLM."""


@operator(
    "QUANTIZE", types=("float32 to int8, int16", "int8 to int8, uint8, int16", "uint8 to int8", "int16 to int8, int16")
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if y.dtype not in _SOURCES.get(x.dtype, ()):
        accepted = "; ".join(f"{a.value} to {', '.join(b.value for b in to)}" for a, to in _SOURCES.items())
        yield f"makes {accepted}; it has {signature((x, y))}"
    elif x.elements != y.elements:
        yield f"makes as many elements as it takes; it has {x} and {y}"
    else:
        yield from per_tensor_problems(x, y)


@kernel("QUANTIZE", profile="c99")
def quantise(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    low, high = y.dtype.bounds
    if x.dtype is DType.FLOAT32:
        zero_point = y.quantisation.zero_point
        # TFLM divides; multiplying by the reciprocal would differ in the last bit.
        real = f"input[i] / {c_float(y.quantisation.scale)}"
        rounded = f"sni_round({real}, {low - zero_point}, {high - zero_point}){plus(zero_point)}"
        return loop(layer, f"quantise_float32_{y.dtype.value}", rounded, helpers=("round",))
    q = requantisation([x.quantisation.scale / y.quantisation.scale], largest_difference(x), y, (low, high))
    scaled = f"{q.helper}(input[i]{plus(-x.quantisation.zero_point)}, {q.multiplier}, {q.shift}){plus(q.zero_point)}"
    helpers = (q.helper.removeprefix("sni_"), "clamp")
    return loop(
        layer, f"requantise_{x.dtype.value}_{y.dtype.value}", f"sni_clamp({scaled}, {low}, {high})", helpers=helpers
    )

"""QUANTIZE: real numbers to integers, or integers of one quantisation to those of another."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.elementwise import loop
from tools.sni.emit.literals import c_float, plus
from tools.sni.ir import DType, Tensor
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, per_tensor_problems, requantisation, signature

_SOURCES = {
    DType.FLOAT32: (DType.INT8, DType.INT16),
    DType.INT8: (DType.INT8, DType.UINT8, DType.INT16, DType.INT32),
    DType.UINT8: (DType.INT8,),
    DType.INT16: (DType.INT8, DType.INT16, DType.INT32),
    DType.INT32: (DType.INT8, DType.INT16),
}
"""What each input type can become, as in TFLM."""


@operator(
    "QUANTIZE",
    types=tuple(f"{x.value} to {', '.join(y.value for y in made)}" for x, made in _SOURCES.items()),
    limits="int32 with zero point 0",
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
        yield from _int32_problems(x, y)


def _int32_problems(*tensors: Tensor) -> Iterator[str]:
    for tensor in tensors:
        q = tensor.quantisation
        if tensor.dtype is DType.INT32 and (q is None or q.per_channel or q.zero_point or not q.scale):
            yield f"needs int32 with one positive scale and zero point 0; tensor {tensor} has {q or 'no quantisation'}"


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
    name, helper = f"requantise_{x.dtype.value}_{y.dtype.value}", q.helper.removeprefix("sni_")
    scaled = f"{q.helper}(input[i]{plus(-x.quantisation.zero_point)}, {q.multiplier}, {q.shift})"
    if y.dtype is DType.INT32:
        return loop(layer, name, scaled, helpers=(helper,))
    # The clamp comes before the zero point, which then cannot overflow.
    held = f"sni_clamp({scaled}, {low - q.zero_point}, {high - q.zero_point}){plus(q.zero_point)}"
    return loop(layer, name, held, helpers=(helper, "clamp"))

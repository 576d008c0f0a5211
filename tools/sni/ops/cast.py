"""CAST: numbers of one type as those of another, whatever their quantisation."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import c_integer
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import signature

_TYPES = (DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL)


@operator(
    "CAST",
    types=tuple(t.value for t in _TYPES),
    limits="float to integer cuts off the fraction and saturates, NaN becomes 0; integer to integer keeps the low bits",
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype not in _TYPES or y.dtype not in _TYPES:
        yield f"takes and makes {', '.join(t.value for t in _TYPES)}; it has {signature((x, y))}"
    elif x.shape != y.shape:
        yield f"keeps the shape; it has {x} and {y}"


@kernel("CAST", profile="c99")
def cast(layer: Layer) -> Kernel:
    source, target = layer.input.dtype, layer.output.dtype

    def element(x: Operand) -> Element:
        if target is DType.BOOL:
            zero = {DType.BOOL: "", DType.FLOAT32: " != 0.0f"}.get(source, " != 0")
            return Element(f"{x}{zero}")
        if source is not DType.FLOAT32 or target is DType.FLOAT32:
            return Element(x.value, wide=source is not target)
        if target is DType.INT64:
            return Element(f"sni_truncate_wide({x})")
        bounds = ", ".join(c_integer(bound, target.numpy) for bound in target.bounds)
        return Element(f"sni_truncate({x}, {bounds})", wide=target is not DType.INT32)

    return broadcast(layer, f"cast_{source.value}_to_{target.value}", element)

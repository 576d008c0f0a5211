"""EQUAL, NOT_EQUAL, GREATER, GREATER_EQUAL, LESS and LESS_EQUAL: true where the first input stands so to the second."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import rescaled
from tools.sni.broadcast import Element, Operand, broadcast, broadcast_problems
from tools.sni.elementwise import INT8_INPUTS
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, per_tensor_problems, signature
from tools.sni.rescaling import Rescaling

_ORDERED = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.INT64)
_SIGNS = {
    "EQUAL": ("==", (*_ORDERED, DType.BOOL)),
    "NOT_EQUAL": ("!=", (*_ORDERED, DType.BOOL)),
    "GREATER": (">", _ORDERED),
    "GREATER_EQUAL": (">=", _ORDERED),
    "LESS": ("<", _ORDERED),
    "LESS_EQUAL": ("<=", _ORDERED),
}
_HEADROOM = 8
"""Bits by which TFLM shifts int8 up before it brings them to the scale 1."""
_LIMITS = "broadcasts; int8 of different quantisations with scales below 1; int16 of the same quantisation"


def _problems(layer: Layer) -> Iterator[str]:
    a, b = layer.inputs
    types = _SIGNS[layer.op.kind][1]
    if a.dtype is not b.dtype or a.dtype not in types or layer.output.dtype is not DType.BOOL:
        accepted = ", ".join(t.value for t in types)
        yield f"compares two of {accepted} into bool; it has {signature((a, b, layer.output))}"
        return
    yield from broadcast_problems((a, b), layer.output)
    found = list(per_tensor_problems(a, b))
    yield from found
    if found or a.dtype not in (DType.INT8, DType.INT16) or a.quantisation == b.quantisation:
        return
    if a.dtype is DType.INT16:
        # TFLM takes int16 for GREATER alone, and forgets to compute its multipliers.
        yield f"needs int16 of the same scale and zero point; it has {a.quantisation} and {b.quantisation}"
    elif max(a.quantisation.scale, b.quantisation.scale) >= 1:
        yield f"needs int8 of scales below 1 where they differ; it has {a.quantisation} and {b.quantisation}"


def _compare(layer: Layer) -> Kernel:
    a, b = layer.inputs
    sign = _SIGNS[layer.op.kind][0]
    name = f"{layer.op.kind.lower()}_{a.dtype.value}"
    if a.dtype is not DType.INT8 or _is_order_kept(layer):
        return broadcast(layer, name, lambda a, b: Element(f"{a} {sign} {b}"))
    scales = [Rescaling(x.quantisation.scale, int(largest_difference(x)[0]), _HEADROOM) for x in (a, b)]

    def element(a: Operand, b: Operand) -> Element:
        lines = (
            f"const int32_t a = {rescaled(a, scales[0], layer)};",
            f"const int32_t b = {rescaled(b, scales[1], layer)};",
        )
        return Element(f"a {sign} b", lines=lines)

    return broadcast(layer, f"{name}_rescaled", element)


def _is_order_kept(layer: Layer) -> bool:
    """Whether int8 can be compared as they are: same quantisation, and TFLM's rescaling makes no two of them one."""
    a, b = (tensor.quantisation for tensor in layer.inputs)
    if a != b:
        return False
    if a.scale >= 1:
        return True
    values = Rescaling(a.scale, 255, _HEADROOM).of(INT8_INPUTS - a.zero_point, layer.options.rounding)
    return bool(np.all(np.diff(values) > 0))


for _kind, (_, _types) in _SIGNS.items():
    operator(_kind, types=tuple(t.value for t in _types), inputs=(2, 2), limits=_LIMITS)(_problems)
    kernel(_kind, profile="c99")(_compare)

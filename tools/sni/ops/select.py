"""SELECT_V2 and SELECT: the second input where the first is true, else the third."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.broadcast import Element, Operand, broadcast, broadcast_problems
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import per_tensor_problems, same_quantisation_problems, signature

_TYPES = (DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL)
_NAMES = tuple(t.value for t in _TYPES)


@operator("SELECT_V2", types=_NAMES, inputs=(3, 3), limits="broadcasts; both values quantised alike")
def check_select_v2(layer: Layer) -> Iterator[str]:
    found = list(_type_problems(layer))
    yield from found or broadcast_problems(layer.inputs, layer.output)


@operator(
    "SELECT",
    types=_NAMES,
    inputs=(3, 3),
    limits="values of one shape; the condition has it too, or one element for each index of the first dimension",
)
def check_select(layer: Layer) -> Iterator[str]:
    found = list(_type_problems(layer))
    yield from found
    if found:
        return
    condition, x, y = (tensor.shape for tensor in layer.inputs)
    if x != y or layer.output.shape != x:
        yield f"keeps the shape of its two values; it has {list(x)} and {list(y)}, and its output is {layer.output}"
    elif condition not in (x, (), x[:1]):
        yield f"needs a condition of shape {list(x)}, {list(x[:1])} or []; it has {list(condition)}"


def _type_problems(layer: Layer) -> Iterator[str]:
    condition, x, y = layer.inputs
    types = {x.dtype, y.dtype, layer.output.dtype}
    if condition.dtype is not DType.BOOL or len(types) > 1 or x.dtype not in _TYPES:
        yield f"takes bool and two of {', '.join(_NAMES)}; it has {signature((*layer.inputs, layer.output))}"
        return
    yield from per_tensor_problems(x, y, layer.output)
    yield from same_quantisation_problems(x, y, layer.output)


@kernel("SELECT_V2", profile="c99")
def select_v2(layer: Layer) -> Kernel:
    return _select(layer)


@kernel("SELECT", profile="c99")
def select(layer: Layer) -> Kernel:
    """As SELECT_V2, but a condition of one dimension belongs to the first of the values', not the last."""
    condition, x, y = (tensor.shape for tensor in layer.inputs)
    aligned = condition + (1,) * (len(x) - 1) if len(condition) == 1 and x else condition
    return _select(layer, (aligned, x, y))


def _select(layer: Layer, shapes: tuple[tuple[int, ...], ...] = ()) -> Kernel:
    def element(condition: Operand, x: Operand, y: Operand) -> Element:
        # Both are loaded whatever the condition: loads that hang on it would keep compilers from vectorising.
        lines = (f"const {x.tensor.dtype.c} x = {x};", f"const {y.tensor.dtype.c} y = {y};")
        return Element(f"{condition} ? x : y", lines=lines)

    name = f"select_{layer.output.dtype.value}"
    return broadcast(layer, name, element, names=("condition", "if_true", "if_false"), shapes=shapes)

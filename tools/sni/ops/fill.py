"""FILL and ZEROS_LIKE: an array of one value."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Fill, Move, Place, fill_value, movement

_SHAPE_TYPES = (DType.INT32, DType.INT64, DType.INT16, DType.INT8)


@operator("FILL", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant shape")
def check_fill(layer: Layer) -> Iterator[str]:
    value, y = layer.inputs[1], layer.output
    yield from moved_type_problems((value, y))
    problems = list(constant_problems(layer, 0, "shape", types=_SHAPE_TYPES))
    yield from problems
    if not problems:
        yield from made_shape_problems(y, integers(layer.input))
    if value.elements != 1:
        yield f"repeats one value; tensor {value} has {value.elements}"


@operator("ZEROS_LIKE", types=MOVABLE_TYPES)
def check_zeros_like(layer: Layer) -> Iterator[str]:
    yield from moved_type_problems((layer.input, layer.output))
    yield from made_shape_problems(layer.output, layer.input.shape)


@kernel("FILL", profile="c99")
def fill(layer: Layer) -> Kernel:
    value, name = layer.inputs[1], layer.input_names[1]
    given = Fill(f"{name}[0]") if name is not None else fill_value(value.data.reshape(-1)[0], value.dtype)
    return _filled(layer, "fill", given)


@kernel("ZEROS_LIKE", profile="c99")
def zeros_like(layer: Layer) -> Kernel:
    """Stored zeros, whatever the zero point, as in TFLM."""
    return _filled(layer, "zeros_like", fill_value(0, layer.output.dtype))


def _filled(layer: Layer, name: str, value: Fill) -> Kernel:
    y = layer.output
    move = Move((y.elements,), Place(layer.output_names[0], y.elements, (1,)), value)
    return movement(layer, f"{name}_{y.dtype.value}", [move])

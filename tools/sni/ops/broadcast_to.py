"""BROADCAST_TO: an array repeated along dimensions of one element until it has a given shape."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@operator("BROADCAST_TO", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant shape")
def check(layer: Layer) -> Iterator[str]:
    x = layer.input
    yield from moved_type_problems((x, layer.output))
    problems = list(constant_problems(layer, 1, "shape"))
    yield from problems
    if problems:
        return
    shape = integers(layer.inputs[1])
    fits = len(x.shape) <= len(shape) and all(
        n in (1, wanted) for n, wanted in zip(x.shape, shape[len(shape) - len(x.shape) :], strict=True)
    )
    if not fits:
        yield f"repeats dimensions of 1 until the shape is {list(shape)}; {x} does not fit that"
    else:
        yield from made_shape_problems(layer.output, shape)


@kernel("BROADCAST_TO", profile="c99")
def broadcast_to(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    strides = tuple(stride if n > 1 else 0 for n, stride in zip(x.shape, row_major(x.shape), strict=True))
    move = Move(
        y.shape,
        Place(layer.output_names[0], y.elements, row_major(y.shape)),
        Place(source, x.elements, (0,) * (len(y.shape) - len(x.shape)) + strides),
    )
    return movement(layer, f"broadcast_to_{y.dtype.value}", [move], constants=constants)

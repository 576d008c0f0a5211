"""PAD and PADV2: an array with a border of one value, which is 0 (the zero point, where there is one) for PAD."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Fill, Move, Place, data_input, fill_value, movement, row_major

_LIMITS = "constant paddings, not negative; int8 value quantised as the output"


@operator("PAD", types=MOVABLE_TYPES, inputs=(2, 3), limits=_LIMITS)
@operator("PADV2", types=MOVABLE_TYPES, inputs=(2, 3), limits=_LIMITS)
def check(layer: Layer) -> Iterator[str]:
    x, y, value = layer.input, layer.output, layer.optional(2)
    yield from moved_type_problems((x, *([value] if value else []), y))
    problems = list(padding_problems(layer))
    yield from problems
    if not problems:
        sizes = [before + n + after for n, (before, after) in zip(x.shape, paddings(layer), strict=True)]
        yield from made_shape_problems(y, sizes)
    if value and value.elements != 1:
        yield f"pads with one value; tensor {value} has {value.elements}"
    if value and x.dtype is DType.INT8 and value.quantisation != y.quantisation:
        yield f"needs a value quantised as the output, {y.quantisation}; tensor {value} has {value.quantisation}"
    if not value and y.quantisation and y.quantisation.per_channel:
        yield f"needs an output with one zero point; it has {y.quantisation}"


def padding_problems(layer: Layer) -> Iterator[str]:
    """The second input holds how much goes before and after along each dimension."""
    problems = list(constant_problems(layer, 1, "paddings", elements=2 * len(layer.input.shape)))
    yield from problems
    if not problems and min(integers(layer.inputs[1]), default=0) < 0:
        yield f"has paddings {list(integers(layer.inputs[1]))}; accepted: 0 or more"


def paddings(layer: Layer) -> list[tuple[int, int]]:
    """(before, after) for each dimension."""
    flat = integers(layer.inputs[1])
    return list(zip(flat[0::2], flat[1::2], strict=True))


@kernel("PAD", profile="c99")
@kernel("PADV2", profile="c99")
def pad(layer: Layer) -> Kernel:
    """Border and inside in the order in which they lie in the output."""
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    value = layer.optional(2)
    if value is None:
        zero = y.quantisation.zero_point if y.dtype in (DType.INT8, DType.UINT8) and y.quantisation else 0
        fill = fill_value(zero, y.dtype)
    elif value.data is not None:
        fill = fill_value(value.data.reshape(-1)[0], y.dtype)
    else:
        fill = Fill(f"{layer.input_names[2]}[0]")
    around, strides = paddings(layer), row_major(y.shape)
    origin = sum(before * stride for (before, _), stride in zip(around, strides, strict=True))
    inside = Place(layer.output_names[0], y.elements, strides, origin)
    before, after = [], []
    for axis, (n, (left, right)) in enumerate(zip(x.shape, around, strict=True)):
        start = sum(around[i][0] * strides[i] for i in range(axis))
        for moves, count, first in ((before, left, 0), (after, right, left + n)):
            counts = (*x.shape[:axis], count, *y.shape[axis + 1 :])
            moves.append(_border(layer, counts, start + first * strides[axis], fill))
    copy = Move(x.shape, inside, Place(source, x.elements, row_major(x.shape)))
    return movement(layer, f"pad_{y.dtype.value}", [*before, copy, *reversed(after)], constants=constants)


def _border(layer: Layer, counts: Sequence[int], start: int, fill: Fill) -> Move:
    y = layer.output
    return Move(tuple(counts), Place(layer.output_names[0], y.elements, row_major(y.shape), start), fill)

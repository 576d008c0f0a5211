"""SPLIT and SPLIT_V: an array cut along an axis, into equal parts or into parts of given sizes."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.along_axis import parted
from tools.sni.ir import Tensor
from tools.sni.operators import ANY_NUMBER, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    axis_problems,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)


@operator("SPLIT", types=MOVABLE_TYPES, inputs=(2, 2), outputs=(1, ANY_NUMBER), limits="constant axis")
def check_split(layer: Layer) -> Iterator[str]:
    problems = list(constant_problems(layer, 0, "axis", elements=1))
    x, count = layer.inputs[1], len(layer.outputs)
    if not problems:
        (axis,) = integers(layer.input)
        problems += axis_problems(axis, len(x.shape))
    if not problems and x.shape[axis] % count:
        problems.append(f"cuts into equal parts; {x} has {x.shape[axis]} along axis {axis}, for {count} outputs")
    yield from problems
    if not problems:
        yield from _output_problems(layer, x, axis % len(x.shape), [x.shape[axis] // count] * count)


@operator("SPLIT_V", types=MOVABLE_TYPES, inputs=(3, 3), outputs=(1, ANY_NUMBER), limits="constant sizes and axis")
def check_split_v(layer: Layer) -> Iterator[str]:
    x, count = layer.input, len(layer.outputs)
    problems = [
        *constant_problems(layer, 1, "sizes", elements=count),
        *constant_problems(layer, 2, "axis", elements=1),
    ]
    if not problems:
        (axis,) = integers(layer.inputs[2])
        problems += axis_problems(axis, len(x.shape))
    if not problems:
        sizes = _sizes(layer, x.shape[axis])
        if min(sizes) < 0 or sum(sizes) != x.shape[axis]:
            given = list(integers(layer.inputs[1]))
            problems.append(f"has sizes {given}; those of axis {axis} of {x} add up to {x.shape[axis]}, one may be -1")
    yield from problems
    if not problems:
        yield from _output_problems(layer, x, axis % len(x.shape), sizes)


def _sizes(layer: Layer, whole: int) -> list[int]:
    """The parts of SPLIT_V; -1 is what the others leave."""
    given = integers(layer.inputs[1])
    rest = whole - sum(size for size in given if size >= 0)
    return [rest if size == -1 and given.count(-1) == 1 else size for size in given]


def _output_problems(layer: Layer, x: Tensor, axis: int, sizes: list[int]) -> Iterator[str]:
    yield from moved_type_problems((x, *layer.outputs))
    for y, size in zip(layer.outputs, sizes, strict=True):
        yield from made_shape_problems(y, (*x.shape[:axis], size, *x.shape[axis + 1 :]))


@kernel("SPLIT", profile="c99")
def split(layer: Layer) -> Kernel:
    x, count = layer.inputs[1], len(layer.outputs)
    axis = integers(layer.input)[0] % len(x.shape)
    return parted(layer, f"split_{x.dtype.value}", 1, x.shape, axis, [x.shape[axis] // count] * count)


@kernel("SPLIT_V", profile="c99")
def split_v(layer: Layer) -> Kernel:
    x = layer.input
    axis = integers(layer.inputs[2])[0] % len(x.shape)
    return parted(layer, f"split_v_{x.dtype.value}", 0, x.shape, axis, _sizes(layer, x.shape[axis]))

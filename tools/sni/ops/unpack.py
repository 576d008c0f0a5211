"""UNPACK: the slices of an array along an axis, each an output without that axis."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.along_axis import parted
from tools.sni.operators import ANY_NUMBER, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, axis_problems, made_shape_problems, moved_type_problems


@operator("UNPACK", types=MOVABLE_TYPES, outputs=(1, ANY_NUMBER))
def check(layer: Layer) -> Iterator[str]:
    x, count = layer.input, len(layer.outputs)
    yield from moved_type_problems((x, *layer.outputs))
    problems = list(axis_problems(layer.attribute("axis", 0), len(x.shape)))
    yield from problems
    if problems:
        return
    axis = layer.attribute("axis", 0) % len(x.shape)
    if x.shape[axis] != count:
        yield f"makes an output of each of the {x.shape[axis]} slices of {x}; it has {count}"
    for y in layer.outputs:
        yield from made_shape_problems(y, (*x.shape[:axis], *x.shape[axis + 1 :]))


@kernel("UNPACK", profile="c99")
def unpack(layer: Layer) -> Kernel:
    x = layer.input
    axis = layer.attribute("axis", 0) % len(x.shape)
    return parted(layer, f"unpack_{x.dtype.value}", 0, x.shape, axis, [1] * len(layer.outputs))

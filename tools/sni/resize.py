"""What RESIZE_NEAREST_NEIGHBOR and RESIZE_BILINEAR share: their checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.sni.ir import DType
from tools.sni.operators import Layer
from tools.sni.shape_inputs import constant_problems, integers, made_shape_problems, moved_type_problems


def resize_problems(layer: Layer, types: Sequence[DType]) -> Iterator[str]:
    """[batch, height, width, channels] and a constant [new height, new width]."""
    x = layer.input
    yield from moved_type_problems((x, layer.output), types)
    problems = list(constant_problems(layer, 1, "size", elements=2, types=(DType.INT32,)))
    if len(x.shape) != 4 or 0 in x.shape:
        problems.append(f"takes arrays of 4 dimensions, batch, height, width, channels, none empty; it has {x}")
    if not problems and min(integers(layer.inputs[1])) < 1:
        problems.append(f"makes an image of {list(integers(layer.inputs[1]))}; accepted: 1 or more each")
    yield from problems
    if not problems:
        yield from made_shape_problems(layer.output, (x.shape[0], *integers(layer.inputs[1]), x.shape[3]))

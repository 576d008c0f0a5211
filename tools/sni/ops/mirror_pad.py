"""MIRROR_PAD: an array with a border that mirrors what lies inside, with its outermost elements twice or not."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.ops.pad import padding_problems, paddings
from tools.sni.shape_inputs import MOVABLE_TYPES, made_shape_problems, moved_type_problems
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major

_OFFSETS = {"REFLECT": 1, "SYMMETRIC": 0}
"""Elements at the edge that the mirror image leaves out."""


@operator("MIRROR_PAD", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant paddings, no larger than what they mirror")
def check(layer: Layer) -> Iterator[str]:
    x, mode = layer.input, layer.attribute("mode", "REFLECT")
    yield from moved_type_problems((x, layer.output))
    problems = list(padding_problems(layer))
    if mode not in _OFFSETS:
        problems.append(f"has the mode {mode}; accepted: {', '.join(_OFFSETS)}")
    yield from problems
    if problems:
        return
    for n, around in zip(x.shape, paddings(layer), strict=True):
        if max(around) > n - _OFFSETS[mode]:
            yield f"mirrors at most {n - _OFFSETS[mode]} of {n} elements ({mode}); it has paddings {list(around)}"
    sizes = [before + n + after for n, (before, after) in zip(x.shape, paddings(layer), strict=True)]
    yield from made_shape_problems(layer.output, sizes)


@kernel("MIRROR_PAD", profile="c99")
def mirror_pad(layer: Layer) -> Kernel:
    """The inside first; then, from the innermost dimension outwards, slabs of the output that are complete already."""
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    (target,) = layer.output_names
    offset = _OFFSETS[layer.attribute("mode", "REFLECT")]
    around, strides = paddings(layer), row_major(y.shape)
    starts = [before * stride for (before, _), stride in zip(around, strides, strict=True)]
    inside = Place(target, y.elements, strides, sum(starts))
    moves = [Move(x.shape, inside, Place(source, x.elements, row_major(x.shape)))]
    for axis in reversed(range(len(x.shape))):
        n, (before, after), stride = x.shape[axis], around[axis], strides[axis]
        for count, edge, outwards in ((before, before, -1), (after, before + n - 1, 1)):
            counts = (*x.shape[:axis], count, *y.shape[axis + 1 :])
            start = sum(starts[:axis])
            # `edge` is the outermost element inside.
            image, original = start + (edge + outwards) * stride, start + (edge - outwards * offset) * stride
            moves.append(
                Move(
                    counts,
                    Place(target, y.elements, (*strides[:axis], outwards * stride, *strides[axis + 1 :]), image),
                    Place(target, y.elements, (*strides[:axis], -outwards * stride, *strides[axis + 1 :]), original),
                )
            )
    return movement(layer, f"mirror_pad_{y.dtype.value}", moves, constants=constants, joined=False)

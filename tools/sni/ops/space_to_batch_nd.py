"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: blocks of space moved into the batch, and back.

Element `shift` of a block along a dimension lies, in the padded or not yet cropped image, at i * block + shift. Which i
fall into the image itself depends on the shift; shifts for which they are the same are moved by the same loops.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Move, Place, data_input, fill_value, movement, row_major


@operator(
    "SPACE_TO_BATCH_ND",
    types=MOVABLE_TYPES,
    inputs=(3, 3),
    limits="constant block shape and paddings; pads with stored zeros, whatever the zero point, as TFLM does",
)
def check_space_to_batch(layer: Layer) -> Iterator[str]:
    problems = list(_spatial_problems(layer, "paddings"))
    yield from problems
    if problems:
        return
    x = layer.input
    blocks, around = _blocks(layer), _around(layer)
    padded = [n + before + after for n, (before, after) in zip(x.shape[1:], around, strict=False)]
    if any(n % block for n, block in zip(padded, blocks, strict=True)):
        yield f"cuts the padded {padded} into blocks of {list(blocks)}; they are not multiples"
        return
    image = [n // block for n, block in zip(padded, blocks, strict=True)]
    yield from made_shape_problems(layer.output, (x.shape[0] * math.prod(blocks), *image, *x.shape[1 + len(blocks) :]))


@operator("BATCH_TO_SPACE_ND", types=MOVABLE_TYPES, inputs=(3, 3), limits="constant block shape and crops")
def check_batch_to_space(layer: Layer) -> Iterator[str]:
    problems = list(_spatial_problems(layer, "crops"))
    yield from problems
    if problems:
        return
    x = layer.input
    blocks, around = _blocks(layer), _around(layer)
    if x.shape[0] % math.prod(blocks):
        yield f"needs a batch that is a multiple of {math.prod(blocks)}, the elements of a block; it has {x}"
        return
    image = [n * block - before - after for n, block, (before, after) in zip(x.shape[1:], blocks, around, strict=False)]
    if min(image) < 0:
        yield f"crops {[list(pair) for pair in around]}, more than there is of {x} in blocks of {list(blocks)}"
        return
    yield from made_shape_problems(layer.output, (x.shape[0] // math.prod(blocks), *image, *x.shape[1 + len(blocks) :]))


def _spatial_problems(layer: Layer, what: str) -> Iterator[str]:
    yield from moved_type_problems((layer.input, layer.output))
    count = layer.inputs[1].elements
    problems = [
        *constant_problems(layer, 1, "block shape"),
        *constant_problems(layer, 2, what, elements=2 * count),
    ]
    if not problems and not 1 <= count < len(layer.input.shape):
        problems.append(f"moves {count} dimensions after the batch; it has {layer.input}")
    if not problems and (min(integers(layer.inputs[1])) < 1 or min(integers(layer.inputs[2])) < 0):
        problems.append(
            f"has blocks {list(integers(layer.inputs[1]))} and {what} {list(integers(layer.inputs[2]))}; "
            "accepted: blocks of 1 or more, the rest 0 or more"
        )
    yield from problems


def _blocks(layer: Layer) -> tuple[int, ...]:
    return integers(layer.inputs[1])


def _around(layer: Layer) -> list[tuple[int, int]]:
    """Paddings or crops, (before, after) for each dimension of space."""
    flat = integers(layer.inputs[2])
    return list(zip(flat[0::2], flat[1::2], strict=True))


@kernel("SPACE_TO_BATCH_ND", profile="c99")
def space_to_batch(layer: Layer) -> Kernel:
    y = layer.output
    before = []
    if any(integers(layer.inputs[2])):
        # TFLM never sets the value it pads with, and finds 0.
        everything = Place(layer.output_names[0], y.elements, (1,))
        before.append(Move((y.elements,), everything, fill_value(0, y.dtype)))
    return _moved(layer, "space_to_batch", before)


@kernel("BATCH_TO_SPACE_ND", profile="c99")
def batch_to_space(layer: Layer) -> Kernel:
    return _moved(layer, "batch_to_space", [])


@dataclass(frozen=True)
class _Shifts:
    """Neighbouring shifts along a dimension, `shift` and so on, for which the same i, `first` and so on, are inside."""

    shift: int
    shifts: int
    first: int
    count: int


def _shifts(block: int, start: int, inside: int, count: int) -> Iterator[_Shifts]:
    """All shifts of a block. Inside are those 0 <= i < count with 0 <= i * block + shift - start < inside."""

    def span(shift: int) -> tuple[int, int]:
        first = max(0, -((shift - start) // block))
        last = min(count, -((shift - start - inside) // block))
        return first, max(0, last - first)

    for (first, size), group in itertools.groupby(range(block), span):
        shifts = list(group)
        yield _Shifts(shifts[0], len(shifts), first, size)


def _moved(layer: Layer, name: str, before: Sequence[Move]) -> Kernel:
    """The loops that both share: over shifts, the images of a batch, i, and the dimensions that stay."""
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    (target,) = layer.output_names
    to_batch = name == "space_to_batch"
    image, image_name, batch, batch_name = (
        (x.shape, source, y.shape, target) if to_batch else (y.shape, target, x.shape, source)
    )
    blocks, starts = _blocks(layer), [start for start, _ in _around(layer)]
    rank = len(blocks)
    (of_images, *of_image), (of_batches, *of_batch) = row_major(image), row_major(batch)
    # The batch counts the shifts in row-major order, and for each of them the images.
    of_shifts = [image[0] * of_batches * stride for stride in row_major(blocks)]
    dimensions = zip(blocks, starts, image[1:], batch[1:], strict=False)
    moves = list(before)
    for chosen in itertools.product(*(_shifts(*dimension) for dimension in dimensions)):
        counts = (*(c.shifts for c in chosen), image[0], *(c.count for c in chosen), *image[1 + rank :])
        in_batch = Place(
            batch_name,
            math.prod(batch),
            (*of_shifts, of_batches, *of_batch),
            sum(c.shift * s + c.first * i for c, s, i in zip(chosen, of_shifts, of_batch, strict=False)),
        )
        steps = [stride * block for stride, block in zip(of_image, blocks, strict=False)]
        in_image = Place(
            image_name,
            math.prod(image),
            (*of_image[:rank], of_images, *steps, *of_image[rank:]),
            sum(
                (c.first * block + c.shift - start) * stride
                for c, block, start, stride in zip(chosen, blocks, starts, of_image, strict=False)
            ),
        )
        moves.append(Move(counts, in_batch, in_image) if to_batch else Move(counts, in_image, in_batch))
    return movement(layer, f"{name}_{y.dtype.value}", moves, constants=constants)

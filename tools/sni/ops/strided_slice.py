"""STRIDED_SLICE: every so manieth element along each dimension, in NumPy's notation and with its meaning."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import (
    MOVABLE_TYPES,
    constant_problems,
    integers,
    made_shape_problems,
    moved_type_problems,
)
from tools.sni.strided_copy import Move, Place, data_input, movement, row_major


@dataclass(frozen=True)
class _Range:
    """What is taken along one dimension of the input. kept: whether the output has that dimension."""

    start: int
    step: int
    count: int
    kept: bool = True


@operator("STRIDED_SLICE", types=MOVABLE_TYPES, inputs=(4, 4), limits="constant begin, end and strides")
def check(layer: Layer) -> Iterator[str]:
    yield from moved_type_problems((layer.input, layer.output))
    count = layer.inputs[1].elements
    problems = [
        problem
        for position, what in ((1, "begin"), (2, "end"), (3, "strides"))
        for problem in constant_problems(layer, position, what, elements=count)
    ]
    problems = problems or list(_entry_problems(layer))
    yield from problems
    if not problems:
        yield from made_shape_problems(layer.output, _slices(layer)[1])


def _masked(layer: Layer, mask: str, entry: int) -> bool:
    return bool(int(layer.attribute(f"{mask}_mask", 0)) >> entry & 1)


def _items(layer: Layer) -> list[tuple[int | None, int | None]]:
    """(entry of begin, dimension of the input) for each dimension of input or output, in order.

    No entry: a dimension that is taken whole, by an ellipsis or behind the last entry. No dimension: a new axis.
    """
    entries = range(layer.inputs[1].elements)
    ellipses = {entry for entry in entries if _masked(layer, "ellipsis", entry)}
    new = {entry for entry in entries if _masked(layer, "new_axis", entry)} - ellipses
    rank = len(layer.input.shape)
    dimensions = iter(range(max(rank, len(entries))))
    items: list[tuple[int | None, int | None]] = []
    for entry in entries:
        if entry in ellipses:
            items += [(None, next(dimensions)) for _ in range(rank - (len(entries) - len(ellipses) - len(new)))]
        else:
            items.append((entry, None if entry in new else next(dimensions)))
    return items + [(None, dimension) for dimension in dimensions if dimension < rank]


def _entry_problems(layer: Layer) -> Iterator[str]:
    x = layer.input
    begins, strides = integers(layer.inputs[1]), integers(layer.inputs[3])
    mask = int(layer.attribute("ellipsis_mask", 0)) & ((1 << len(begins)) - 1)
    items = _items(layer)
    if mask.bit_count() > 1:
        yield f"has the ellipsis mask {mask:#b}; accepted: one bit at most"
        return
    if sum(dimension is not None for _, dimension in items) > len(x.shape):
        yield f"names more dimensions than {x} has: begin is {list(begins)}"
        return
    for entry, dimension in items:
        if entry is None or dimension is None:
            continue
        n, shrinks = x.shape[dimension], _masked(layer, "shrink_axis", entry)
        if strides[entry] == 0:
            yield f"has stride 0 in dimension {dimension}; accepted: any other"
        elif shrinks and strides[entry] < 0:
            yield f"takes a single element of dimension {dimension} with stride {strides[entry]}; accepted: above 0"
        elif shrinks and not _masked(layer, "begin", entry) and not -n <= begins[entry] < n:
            yield f"takes element {begins[entry]} of dimension {dimension} of {x}; accepted: {-n} to {n - 1}"


def _slices(layer: Layer) -> tuple[list[_Range], list[int]]:
    """What is taken of each dimension of the input, and the shape of the output."""
    ranges: list[_Range] = []
    shape: list[int] = []
    for entry, dimension in _items(layer):
        if dimension is None:
            shape.append(1)
            continue
        n = layer.input.shape[dimension]
        ranges.append(_Range(0, 1, n) if entry is None else _range(layer, entry, n))
        if ranges[-1].kept:
            shape.append(ranges[-1].count)
    return ranges, shape


def _range(layer: Layer, entry: int, n: int) -> _Range:
    begin, end, step = (integers(layer.inputs[position])[entry] for position in (1, 2, 3))
    # Backwards, -1 is the end before the first element.
    low, high = (0, n) if step > 0 else (-1, n - 1)
    start = min(max(begin + n if begin < 0 else begin, low), high)
    if _masked(layer, "begin", entry):
        start = low if step > 0 else high
    if _masked(layer, "shrink_axis", entry):
        return _Range(start, 1, 1, kept=False)
    if layer.attribute("offset", False):
        end += start
    stop = min(max(end + n if end < 0 else end, low), high)
    if _masked(layer, "end", entry):
        stop = high if step > 0 else low
    return _Range(start, step, max(0, -((start - stop) // step)))


@kernel("STRIDED_SLICE", profile="c99")
def strided_slice(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    ranges, strides = _slices(layer)[0], row_major(x.shape)
    counts = tuple(r.count for r in ranges)
    move = Move(
        counts,
        Place(layer.output_names[0], y.elements, row_major(counts)),
        Place(
            source,
            x.elements,
            tuple(r.step * stride for r, stride in zip(ranges, strides, strict=True)),
            sum(r.start * stride for r, stride in zip(ranges, strides, strict=True)),
        ),
    )
    return movement(layer, f"strided_slice_{y.dtype.value}", [move], constants=constants)

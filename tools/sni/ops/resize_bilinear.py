"""RESIZE_BILINEAR: an image of another height and width, each pixel a mixture of the four around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.sni.computed_index import offsets_table
from tools.sni.ir import DType
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.resize import resize_problems
from tools.sni.strided_copy import data_input

_BITS = 10
"""Of the fractions of the integer kernel."""


@operator("RESIZE_BILINEAR", types=("float32", "int8", "int16"), inputs=(2, 2), limits="constant size")
def check(layer: Layer) -> Iterator[str]:
    yield from resize_problems(layer, (DType.FLOAT32, DType.INT8, DType.INT16))
    if layer.attribute("align_corners", False) and layer.attribute("half_pixel_centers", False):
        yield "has both align_corners and half_pixel_centers; accepted: one of them, or none"


@dataclass(frozen=True)
class Neighbours:
    """For each position of the output along one dimension: two of the input, and the weight of the second.

    The weights of the two add up to 1, which is 1024 in the integer kernel.
    """

    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray


def real_neighbours(count: int, size: int, align_corners: bool, half_pixel_centers: bool) -> Neighbours:
    """In single precision, step for step as TFLM."""
    aligned = align_corners and size > 1
    scale = np.float32(count - 1) / np.float32(size - 1) if aligned else np.float32(count) / np.float32(size)
    position = np.arange(size).astype(np.float32)
    half = np.float32(0.5)
    scaled = (position + half) * scale - half if half_pixel_centers else position * scale
    return _neighbours(scaled, np.floor(scaled), np.ceil(scaled), count, 1)


def integer_neighbours(count: int, size: int, align_corners: bool, half_pixel_centers: bool) -> Neighbours:
    """In steps of 1/1024, as TFLM; C divides towards zero."""
    one = 1 << _BITS
    scale = (one * count + size // 2) // size
    if align_corners and size > 1:
        scale = (one * (count - 1) + (size - 1) // 2) // (size - 1)
    position = np.arange(size, dtype=np.int64)
    scaled = position * scale + scale // 2 - one // 2 if half_pixel_centers else position * scale
    above = scaled + one - 1
    return _neighbours(scaled, np.fix(scaled / one), np.fix(above / one), count, one)


def _neighbours(scaled: np.ndarray, below: np.ndarray, above: np.ndarray, count: int, one: int) -> Neighbours:
    # Rounded scales can carry the last positions beyond the image, where TFLM would read what lies behind it.
    first = np.clip(below, 0, count - 1).astype(np.int64)
    second = np.clip(above, 0, count - 1).astype(np.int64)
    return Neighbours(first, second, scaled - (first * one).astype(scaled.dtype))


@kernel("RESIZE_BILINEAR", profile="c99")
def resize_bilinear(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    batch, height, width, channels = x.shape
    real = x.dtype is DType.FLOAT32
    neighbours = real_neighbours if real else integer_neighbours
    flags = bool(layer.attribute("align_corners", False)), bool(layer.attribute("half_pixel_centers", False))
    rows, columns = neighbours(height, y.shape[1], *flags), neighbours(width, y.shape[2], *flags)
    for names, along, stride in (
        (("tops", "bottoms", "lower_weights"), rows, width * channels),
        (("lefts", "rights", "right_weights"), columns, channels),
    ):
        constants += (
            offsets_table(names[0], along.first * stride, "offset in elements"),
            offsets_table(names[1], along.second * stride, "offset in elements"),
            Constant(names[2], along.weight.astype(np.float32 if real else np.int16), f"of {names[1]}"),
        )
    return Kernel(
        f"resize_bilinear_{x.dtype.value}",
        "resize_bilinear.c.j2",
        {
            "input": source,
            "batch": batch,
            "rows": y.shape[1],
            "columns": y.shape[2],
            "channels": channels,
            "of_input": height * width * channels,
            "type": x.dtype.c,
            "real": real,
            "one": 1 << _BITS,
            "sum_type": None if real else _sum_type(layer, rows, columns),
            "rounding": layer.options.rounding,
            "bits": 2 * _BITS,
            "half": 1 << (2 * _BITS - 1),
        },
        constants,
    )


def _sum_type(layer: Layer, rows: Neighbours, columns: Neighbours) -> str:
    """32 bits where the largest weights and values are proved to fit with the half that rounds."""
    one = 1 << _BITS
    tall, wide = (int((abs(side.weight) + abs(one - side.weight)).max()) for side in (rows, columns))
    largest = tall * wide * -layer.input.dtype.bounds[0] + (1 << (2 * _BITS - 1))
    return "int32_t" if largest < 1 << 31 else "int64_t"

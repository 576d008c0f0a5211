"""RESIZE_NEAREST_NEIGHBOR: an image of another height and width, each pixel that of the nearest in the input."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.computed_index import offsets_table
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.resize import resize_problems
from tools.sni.shape_inputs import MOVABLE, MOVABLE_TYPES
from tools.sni.strided_copy import Lookup, Move, Place, data_input, movement, row_major


@operator("RESIZE_NEAREST_NEIGHBOR", types=MOVABLE_TYPES, inputs=(2, 2), limits="constant size")
def check(layer: Layer) -> Iterator[str]:
    yield from resize_problems(layer, MOVABLE)


def nearest(count: int, size: int, align_corners: bool, half_pixel_centers: bool) -> np.ndarray:
    """For each of `size` positions the nearest of `count`, in single precision as TFLM computes it."""
    aligned = align_corners and size > 1
    scale = np.float32(count - 1) / np.float32(size - 1) if aligned else np.float32(count) / np.float32(size)
    scaled = (np.arange(size).astype(np.float32) + np.float32(0.5 if half_pixel_centers else 0.0)) * scale
    # Halves away from zero; nothing here is negative.
    whole = np.floor(scaled.astype(np.float64) + 0.5) if align_corners else np.floor(scaled)
    return np.minimum(whole.astype(np.int64), count - 1)


@kernel("RESIZE_NEAREST_NEIGHBOR", profile="c99")
def resize_nearest_neighbor(layer: Layer) -> Kernel:
    x, y = layer.input, layer.output
    source, constants = data_input(layer, 0)
    batch, height, width, channels = x.shape
    flags = bool(layer.attribute("align_corners", False)), bool(layer.attribute("half_pixel_centers", False))
    counts, strides, start = [batch], [height * width * channels], 0
    lookups: list[tuple[int, str, int]] = []
    for name, count, size, stride in (
        ("rows", height, y.shape[1], width * channels),
        ("columns", width, y.shape[2], channels),
    ):
        chosen = nearest(count, size, *flags)
        repeats = _repeats(chosen)
        if repeats:
            counts += [size // repeats, repeats]
            strides += [int(chosen[repeats] - chosen[0]) * stride if repeats < size else 0, 0]
            start += int(chosen[0]) * stride
        else:
            lookups.append((len(counts), name, int(chosen.max()) * stride))
            constants += (offsets_table(name, chosen * stride, f"of the input for each of {size}, in elements"),)
            counts.append(size)
            strides.append(0)
    counts.append(channels)
    strides.append(1)
    tables = tuple(
        Lookup(f"{name}[{{}}]", largest, tuple(int(axis == position) for axis in range(len(counts))))
        for position, name, largest in lookups
    )
    move = Move(
        tuple(counts),
        Place(layer.output_names[0], y.elements, row_major(counts)),
        Place(source, x.elements, tuple(strides), start, tables),
    )
    return movement(layer, f"resize_nearest_neighbor_{y.dtype.value}", [move], constants=constants)


def _repeats(chosen: np.ndarray) -> int:
    """How often each value comes, where the values are evenly spaced and come equally often; else 0."""
    for repeats in range(1, len(chosen) + 1):
        if len(chosen) % repeats == 0:
            rows = chosen.reshape(-1, repeats)
            if (rows == rows[:, :1]).all() and len(set(np.diff(rows[:, 0]).tolist())) <= 1:
                return repeats
    return 0

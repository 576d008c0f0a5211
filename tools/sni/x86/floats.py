"""FULLY_CONNECTED, CONV_2D and DEPTHWISE_CONV_2D of float32: many sums at a time, to each of which products are added
one after the other, in TFLM's order; fused where the processor can.

An image is read where it lies unless windows reach beyond it, or vectors would: then it is copied with zeros around.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.emit.literals import c_float
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window, lines_up
from tools.sni.x86.cost import tile_for
from tools.sni.x86.image import Image, image_of, line_bytes, segments_of

_MOST_TAPS = 9
"""Up to so many taps are written out, with their weights in registers."""


@dataclass(frozen=True)
class Floats:
    """A layer as sni_x86_floats has it, counted in floats. input: of one image. filled: of it, those that are read."""

    rows: int
    columns: int
    row_step: int
    step: int
    segments: tuple[int, ...]
    run: int
    outputs: int
    output_step: int
    output_row: int
    batches: int
    input: int
    filled: int = 0


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    outputs, inputs = matrix.shape
    p = Floats(1, rows, 0, inputs, (0,), inputs, outputs, outputs, rows * outputs, 1, rows * inputs)
    return _products(layer, p, None, matrix, bias, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel:
    """A convolution without groups."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    segments, run = segments_of(window)
    p = replace(_geometry(window, len(matrix)), segments=segments, run=run)
    return _products(layer, p, image_of(window, -128) if window.clipped else None, matrix, bias, "conv_2d")


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel:
    """matrix: weights [channel, tap]."""
    y, x, channels = window.y, window.x, window.channels
    line = line_bytes(window)
    offsets = [
        tap_y * y.dilation * line + tap_x * x.dilation * channels for tap_y in range(y.taps) for tap_x in range(x.taps)
    ]
    p = replace(_geometry(window, channels), segments=tuple(offsets), run=1)
    order = np.pad(np.arange(channels), (0, -channels % 16), constant_values=-1)
    if x.stride == 1 and 16 % channels == 0:
        # Several pixels make up 16 outputs.
        p = replace(p, columns=-(-p.output_row // 16), step=16, outputs=16, output_step=16)
        order = np.arange(16) % channels
    last = (p.rows - 1) * p.row_step + (p.columns - 1) * p.step + offsets[-1] + len(order)
    image = image_of(window, -128) if window.clipped or last > p.input else None
    p = replace(p, filled=last)
    zeros = np.vstack([matrix, np.zeros((1, matrix.shape[1]), np.float32)])
    weights = zeros[order].reshape(-1, 16, matrix.shape[1]).transpose(0, 2, 1).reshape(-1)
    known = matrix.shape[1] if matrix.shape[1] <= _MOST_TAPS else "any"
    return _kernel(
        layer,
        p,
        image,
        f"depthwise_conv_2d_float32_x86_{known}",
        f"taps__{known}",
        Constant("weights", weights, "[16 outputs][tap][output]", named=True, aligned=True),
        _ordered(layer.optional(2), order),
        f"{y.taps} x {x.taps} taps of 16 channels at a time",
        window.positions * matrix.size,
    )


def _geometry(window: Window, outputs: int) -> Floats:
    y, x = window.y, window.x
    return Floats(
        y.output,
        x.output,
        y.stride * line_bytes(window),
        x.stride * window.channels,
        (0,),
        1,
        outputs,
        outputs,
        x.output * outputs,
        window.batches,
        window.image,
    )


def _products(
    layer: Layer, p: Floats, image: Image | None, matrix: np.ndarray, bias: Tensor | None, name: str
) -> Kernel:
    inputs = len(p.segments) * p.run
    tile = tile_for(p.rows, p.columns, p.outputs, inputs)
    block = 16 * tile.vectors
    filled = np.zeros((-(-len(matrix) // block) * block, inputs), np.float32)
    filled[: len(matrix)] = matrix
    weights = filled.reshape(-1, block, inputs).transpose(0, 2, 1).reshape(-1)
    order = np.pad(np.arange(len(matrix)), (0, -len(matrix) % block), constant_values=-1)
    what = f"[{len(p.segments)} segments][{p.run}][{block} outputs]"
    return _kernel(
        layer,
        p,
        image,
        f"{name}_float32_x86_{tile.name}",
        f"products__{tile.name}",
        Constant("weights", weights, what, named=True, aligned=True),
        _ordered(bias, order),
        tile.reason,
        p.batches * p.rows * p.columns * matrix.size,
    )


def _ordered(bias: Tensor | None, order: np.ndarray) -> Constant:
    values = bias.data.reshape(-1) if bias else np.zeros(max(1, int(order.max()) + 1), np.float32)
    return Constant(
        "bias", np.append(values, np.float32(0))[order].astype(np.float32), "[output]", named=True, aligned=True
    )


def _kernel(
    layer: Layer,
    p: Floats,
    image: Image | None,
    name: str,
    helper: str,
    weights: Constant,
    bias: Constant,
    reason: str,
    macs: int,
) -> Kernel:
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    helper += "" if low is None and high is None else "__clamped"
    copied = image and replace(image, run=4 * image.run, before=4 * image.before, behind=4 * image.behind, fill=0)
    elements = max(image.bytes, p.filled) if image else 0
    return Kernel(
        name=name,
        template="x86_floats.c.j2",
        values={
            "p": p,
            "image": copied,
            "helper": helper,
            "low": c_float(-np.inf if low is None else low),
            "high": c_float(np.inf if high is None else high),
        },
        constants=(
            weights,
            bias,
            Constant("segments", np.array(p.segments, np.int32), "where each segment begins", named=True),
        ),
        helpers=(f"x86_float_{helper}", *(("x86_pad",) if image else ())),
        includes=("string.h", "math.h"),
        scratch=(Scratch("patch", DType.FLOAT32, elements),) if image else (),
        # Read where it lies, an image is read again for each block of outputs.
        overlap=batch_overlap(layer, p.batches) if image else (),
        macs=macs,
        dispatched=True,
        reason=reason,
    )

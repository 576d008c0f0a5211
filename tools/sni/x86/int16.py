"""FULLY_CONNECTED and CONV_2D of int16 with int8 weights: pairs (PMADDWD, VPDPWSSD).

Values have no zero point, so an image is copied as it is, with zeros around it. Weights are widened when the code is
made and lie in the order of use: for each 16 outputs, each segment of a window and each two inputs, two weights each.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Window, lines_up
from tools.sni.x86.image import Image, image_of, line_bytes, segments_of
from tools.sni.x86.int16_scaling import scaling_of

_HELD = {False: "32 bits hold every sum", True: "32 bits hold sums of 255 pairs, 64 those of all"}

_ROW_BLOCK = 32
"""Outputs at a time of a single row, so that no sum waits for its last product."""


@dataclass(frozen=True)
class Int16:
    """A layer as sni_x86_int16 has it, in bytes of its image; pairs: of values in a segment."""

    image: Image
    rows: int
    columns: int
    row_step: int
    step: int
    segments: tuple[int, ...]
    pairs: int
    outputs: int
    batches: int = 1

    @property
    def image_bytes(self) -> int:
        """With what the last pair of an odd number reaches beyond."""
        return self.image.bytes + 4


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    outputs, inputs = matrix.shape
    image = Image(1, 2 * rows * inputs, 0, 0, 0, 0, 0)
    return _kernel(layer, Int16(image, 1, rows, 0, 2 * inputs, (0,), -(-inputs // 2), outputs), matrix, bias, name)


def convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without groups. matrix: weights [outputs, inputs]."""
    if lines_up(window):
        return rows_by_matrix(layer, window.positions, matrix, bias, "conv_2d")
    segments, run = segments_of(window)
    image = image_of(window, -128)
    p = Int16(
        replace(image, run=2 * image.run, before=2 * image.before, behind=2 * image.behind),
        window.y.output,
        window.x.output,
        2 * window.y.stride * line_bytes(window),
        2 * window.x.stride * window.channels,
        tuple(2 * segment for segment in segments),
        -(-run // 2),
        len(matrix),
        window.batches,
    )
    return _kernel(layer, p, matrix, bias, "conv_2d")


def _kernel(layer: Layer, p: Int16, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """None where no level scales the sums."""
    s = scaling_of(layer, matrix, bias)
    if s is None:
        return None
    single = p.rows * p.columns == 1
    filled = -p.outputs % (_ROW_BLOCK if single else 16)
    order = np.pad(np.arange(p.outputs), (0, filled), constant_values=-1)
    suffix = f"__{1 if single else 'n'}{s.suffix}"
    return Kernel(
        name=f"{name}_int16_x86",
        template="x86_int16.c.j2",
        values={"p": p, "s": s, "suffix": suffix},
        constants=(
            Constant(
                "weights",
                _packed(matrix, len(p.segments), len(order)),
                f"[16 outputs][{len(p.segments)} segments][{p.pairs} pairs][output][2 inputs]",
                named=True,
                aligned=True,
            ),
            *s.tables(order),
            Constant("segments", np.array(p.segments, np.int32), "where each segment begins", named=True),
        ),
        helpers=("x86_pad", f"x86_int16_products{suffix}"),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, p.image_bytes),),
        overlap=batch_overlap(layer, p.batches),
        macs=p.batches * p.rows * p.columns * matrix.size,
        dispatched=True,
        reason=f"{_HELD[s.wide]}: pairs of values times pairs of weights",
    )


def _packed(matrix: np.ndarray, segments: int, outputs: int) -> np.ndarray:
    """Weights [outputs, inputs] as [16 outputs][segments][pairs of inputs][output][2], flat, filled up with zeros."""
    run = matrix.shape[1] // segments
    filled = np.zeros((outputs, segments, -(-run // 2) * 2), np.int16)
    filled[: len(matrix), :, :run] = matrix.reshape(len(matrix), segments, run)
    return filled.reshape(-1, 16, segments, filled.shape[2] // 2, 2).transpose(0, 2, 3, 1, 4).reshape(-1)

"""Kernels that go through the lines under a window: four pixels by eight outputs at a time, or eight channels.

A line is what a window shows of a row of the image: a run of elements, one behind the other. Where windows leave the
image its rows are copied to a ring of lines with zeros on both sides (ops/neon_lines.j2); elsewhere lines are read
where they lie. A product of rows with a matrix is a window of one line, and so is one on a strip of columns
(ops/neon_columns.j2), to which short lines are copied.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.sni.costs import beginning
from tools.sni.memory.overlap import ring_overlap, row_overlap, window_overlap
from tools.sni.neon.depthwise import copied_again
from tools.sni.neon.packing import OUTPUTS, up_to
from tools.sni.neon.products import TILE, columns_of, tiles
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.windows import Window, lines_up, merged


@dataclass(frozen=True)
class Lines:
    """A layer as the helpers have it, whose names begin with `neon_KIND`; kind: float or int16.

    run: elements that a window sees of each of `lines` lines. suffix: of the helpers. bounds: of outputs, where these
    are integers.
    """

    kind: str
    run: int
    lines: int
    outputs: int
    suffix: str
    table: Constant
    bounds: tuple[int, int] | None = None


Packed = Callable[[int, int], Lines | None]
"""What makes a layer for windows of so many lines, at so many pixels of a row; None where no kernel is made."""


def product_rows(layer: Layer, p: Lines | None, rows: int, step: int, weights: int, name: str) -> Kernel | None:
    """The kernel whose input holds `rows` rows, one `step` elements behind the other. weights: how many there are."""
    if p is None:
        return None
    return Kernel(
        name=f"{name}_{layer.input.dtype.value}_neon_rows",
        template="neon_line_rows.c.j2",
        values={"p": p, "rows": rows, "step": step, "type": layer.input.dtype.c},
        constants=(p.table,),
        helpers=(f"neon_{p.kind}_rows{p.suffix}" if rows > 1 else f"neon_{p.kind}_tile__1{p.suffix}",),
        includes=("arm_neon.h",),
        overlap=row_overlap(layer, rows, step, ahead=TILE - 1),
        macs=rows * weights,
        set_up=beginning(lambda count: instructions(p.run, p.outputs, 1, count), rows),
        reason="one row behind the other: " + tiles(rows),
    )


def product_windows(layer: Layer, window: Window, weights: int, packed: Packed) -> Kernel | None:
    """A convolution without groups; None where it has dilation, or several images whose windows do not line up."""
    if lines_up(window):
        step = window.taps * window.channels
        return product_rows(layer, packed(1, window.positions), window.positions, step, weights, "conv_2d")
    one, _ = merged(window)
    if window.batches > 1 or window.y.dilation > 1 or window.x.dilation > 1:
        return None
    if one.taps == 1 and 1 in (window.y.output, window.x.output):
        step = window.channels * (window.x.stride if window.y.output == 1 else window.y.stride * window.x.input)
        return product_rows(layer, packed(1, window.positions), window.positions, step, weights, "conv_2d")
    p = packed(window.y.taps, window.x.output)
    reason = "lines under a window: " + tiles(window.x.output)
    return line_windows(layer, window, p, weights, "conv_2d", f"rows{p.suffix}", reason) if p else None


def product_columns(layer: Layer, window: Window, p: Lines, weights: int) -> Kernel:
    """A convolution of one image, without columns apart, on strips of columns, in whose order the weights are."""
    dtype = layer.input.dtype
    size = window.y.taps * window.channels * columns_of(window.x)
    return Kernel(
        name=f"conv_2d_{dtype.value}_neon_columns",
        template="neon_line_columns.c.j2",
        values={"p": p, "window": window, "size": size, "type": dtype.c, "bytes": dtype.size},
        constants=(p.table,),
        helpers=(f"neon_{p.kind}_rows{p.suffix}", f"neon_spread__{window.channels * dtype.size}"),
        includes=("arm_neon.h", "string.h"),
        scratch=(Scratch("columns", dtype, size),),
        overlap=window_overlap(layer, window, together=window.x.output),
        macs=window.positions * weights,
        reason="a strip of columns for each row of the output: " + tiles(window.x.output),
    )


def line_windows(
    layer: Layer,
    window: Window,
    p: Lines,
    weights: int,
    name: str,
    helper: str,
    reason: str,
    in_place: tuple[tuple[int, int], ...] = (),
) -> Kernel:
    """The kernel whose helper makes a row of the output from the lines under it. One image, no dilation."""
    dtype = layer.input.dtype
    pitch = columns_of(window.x) * window.channels if window.clipped else 0
    helper = f"neon_{p.kind}_{helper}"
    return Kernel(
        name=f"{name}_{dtype.value}_neon_{'ring' if pitch else 'lines'}",
        template="neon_line_windows.c.j2",
        values={"p": p, "window": window, "pitch": pitch, "helper": helper, "type": dtype.c, "size": dtype.size},
        constants=(p.table,),
        helpers=(helper,),
        includes=("arm_neon.h", *(("string.h",) if pitch else ())),
        scratch=(Scratch("ring", dtype, (window.y.taps + 1) * pitch),) if pitch else (),
        in_place=in_place,
        overlap=ring_overlap(layer, window) if pitch else window_overlap(layer, window, ahead=window.x.output - 1),
        macs=window.positions * weights,
        set_up=copied_again(window, pitch * dtype.size),
        reason=reason,
    )


def instructions(inputs: int, outputs: int, lines: int, pixels: int) -> int:
    """What kernels of int16 take for the windows of so many pixels of a row, by tiles; of float32 about as many."""
    blocks, run = up_to(outputs, OUTPUTS) // OUTPUTS, inputs // lines

    def tile(count: int) -> int:
        line = 12 + 4 * count + run // 8 * (12 + 17 * count) + run % 8 * (5 + 3 * count)
        return 30 + blocks * (lines * line + 30 + 12 * count)

    return pixels // 4 * tile(4) + pixels % 4 // 2 * tile(2) + pixels % 2 * tile(1)

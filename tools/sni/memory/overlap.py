"""How far an output must start below its input so that it may be written over it: computed from the order of access.

A kernel works in pieces, one after the other: a pixel, a row, an element. Each needs a part of the input and writes a
part of the output. Where a kernel goes through both from front to back, the output can lie over the input as long as
what is written never gets ahead of what is still needed. That is one number, the lead:

    output starts `lead` bytes below the input or lower: no byte of the input is overwritten before its last reading.

With write(p) the end of what piece p writes, and need(p) the first byte of the input that it or a piece after it needs,
both counted from the start of their tensors, the lead is the largest write(p) - need(p).
"""

from __future__ import annotations

import numpy as np

from tools.sni.memory.placement import ALIGNMENT
from tools.sni.operators import Layer, Overlap
from tools.sni.windows import Axis, Window, reach


def lead(needs: np.ndarray, writes: np.ndarray) -> int:
    """The smallest safe lead, at least 0; see above.

    needs: for each piece, in order, the lowest byte of the input that must be intact while the piece writes and after
        it, as far as the piece itself is concerned. A piece that may write before it has read all names the first byte
        it reads; one that needs nothing, a number as large as any of `writes`.
    writes: for each piece the end of the highest byte it writes, 0 for none.
    """
    still_needed = np.minimum.accumulate(needs[::-1])[::-1]
    return max(0, int(np.max(writes - still_needed, initial=0)))


def elementwise_overlap(layer: Layer, position: int = 0) -> tuple[Overlap, ...]:
    """For output[i] = f(input[i]) in a loop over i, where `input` is the input at this position."""
    x, y = layer.inputs[position], layer.output
    # Element i is read before its result is written, so the next one, if there is one, is the first still needed.
    distance = max(0, (y.elements - 1) * (y.dtype.size - x.dtype.size))
    return (Overlap(0, position, distance),) if distance < y.bytes else ()


def window_overlap(layer: Layer, window: Window, together: int = 0, ahead: int = 0) -> tuple[Overlap, ...]:
    """For images, one pixel of the output after the other, each made from what the window shows; see window_lead."""
    x, y = layer.input, layer.output
    pixels = [tensor.dtype.size * tensor.shape[-1] for tensor in (x, y)]
    distance = window_lead(window.y, window.x, x.shape[0], *pixels, together, ahead)
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def lines_overlap(layer: Layer, window: Window, lines: int, pixels: int) -> tuple[Overlap, ...]:
    """For kernels that make so many lines of so many pixels at a time, and read all that they need of the input before.

    Each image begins anew. Where its lines do not come out even, one is counted at a time, which is as safe.
    """
    is_even = window.batches == 1 or window.y.output * window.x.output % (lines * pixels) == 0
    return window_overlap(layer, window, together=lines * pixels if is_even else pixels)


def row_overlap(layer: Layer, rows: int, inputs: int, ahead: int = 0) -> tuple[Overlap, ...]:
    """For an output of so many rows, one after the other, each made from the same row of the input.

    inputs: elements of a row of the input, which may have more rows. ahead: so many rows of the output may be written
    before a row's input has been read to its end.
    """
    x, y = layer.input, layer.output
    row = np.arange(rows)
    distance = lead(row * inputs * x.dtype.size, np.minimum(row + 1 + ahead, rows) * (y.bytes // rows))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def batch_overlap(layer: Layer, batches: int) -> tuple[Overlap, ...]:
    """For images or rows, each of which is read to its end before anything is made of it; nothing lies behind them."""
    x, y = layer.input, layer.output
    behind = np.arange(1, batches + 1)
    needs = np.where(behind < batches, behind * (x.bytes // batches), y.bytes)
    distance = lead(needs, behind * (y.bytes // batches))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def ring_overlap(layer: Layer, window: Window) -> tuple[Overlap, ...]:
    """For one image, row by row: all rows of the input that a row of the output needs are read before it is written."""
    x, y = layer.input, layer.output
    # What is made after a row of the output begins to read at this row of the input.
    start = np.arange(window.y.output) * window.y.stride - window.y.before
    unread = start + max(window.y.taps, window.y.stride)
    needs = np.where(unread < window.y.input, np.maximum(unread, 0) * (x.bytes // window.y.input), y.bytes)
    needs[-1] = y.bytes
    distance = lead(needs, (np.arange(window.y.output) + 1) * (y.bytes // window.y.output))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def paired_overlap(layer: Layer, rows: int, inputs: int) -> tuple[Overlap, ...]:
    """As row_overlap for kernels that read two rows of the input to their ends before they write two of the output."""
    x, y = layer.input, layer.output
    pairs = np.arange(-(-rows // 2)) + 1
    needs = np.append(pairs[:-1] * 2 * inputs * x.dtype.size, y.bytes)
    distance = lead(needs, np.minimum(2 * pairs, rows) * (y.bytes // rows))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def channel_overlap(layer: Layer) -> tuple[Overlap, ...]:
    """For images, a channel after the other, each of which is read to its end before anything is made of it.

    In memory in which the output lies any number of whole pixels from the input, a channel covers itself alone. Of all
    distances that planning knows, those are multiples of a pixel if the alignment is.
    """
    x, y = layer.input, layer.output
    pixels = [tensor.dtype.size * tensor.shape[-1] for tensor in (x, y)]
    return (Overlap(0, 0, None),) if pixels[0] == pixels[1] and ALIGNMENT % pixels[0] == 0 else ()


def copy_lead(pieces: int, read: int, written: int) -> int:
    """The lead of scratch memory to which an input goes, from front to back, before anything else is done with it.

    Each piece has been read to its end before it is written. read, written: bytes of a piece on either side.
    """
    behind = np.arange(1, pieces + 1)
    return lead(np.append(behind[:-1] * read, pieces * written), behind * written)


def window_lead(
    y: Axis, x: Axis, batches: int, input_pixel: int, output_pixel: int, together: int = 0, ahead: int = 0
) -> int:
    """The lead of kernels that make one pixel of the output after the other, in row-major order, from a window.

    y, x: how the window slides over rows and columns. input_pixel, output_pixel: bytes of all channels of a pixel. The
    bytes of a pixel may be written in any order, and before the window has been read to its end. together: so many
    pixels of the output are written only after all windows for them have been read to the end; 0: none. ahead: so many
    pixels behind one may be written before its window has been read to the end.
    """
    beyond = batches * y.output * x.output * output_pixel
    batch = np.arange(batches)[:, None, None] * y.input * x.input
    rows = _first_taps(y, beyond)[None, :, None] * x.input
    columns = _first_taps(x, beyond)[None, None, :]
    needs = (batch + rows + columns).reshape(-1) * input_pixel
    ends = np.minimum(np.arange(1, needs.size + 1) + ahead, needs.size) * output_pixel
    if together:
        # A piece is what is written together, and only the pieces after it need what it must not overwrite.
        starts = np.arange(0, needs.size, together)
        needs = np.append(np.minimum.reduceat(needs, starts)[1:], beyond)
        ends = ends[np.minimum(starts + together, ends.size) - 1]
    return lead(needs, ends)


def _first_taps(axis: Axis, beyond: int) -> np.ndarray:
    """For each position of the window, the first pixel of the input that it shows; `beyond` if it shows none."""
    starts = np.arange(axis.output) * axis.stride - axis.before
    # In front of the input there is nothing: the first tap behind its edge is a multiple of the dilation away.
    first = np.where(starts < 0, starts % axis.dilation, starts)
    shown = (first < axis.input) & (first < starts + reach(axis.taps, axis.dilation))
    return np.where(shown, first, beyond)

"""Leads, byte by byte: with its lead an output overwrites nothing that is still needed; with a byte less it does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.models import constant, quantised, single, tensor
from tools.sni.ir import DType, Graph, Op
from tools.sni.lower import layer_of, select
from tools.sni.memory.overlap import (
    batch_overlap,
    channel_overlap,
    copy_lead,
    elementwise_overlap,
    lead,
    lines_overlap,
    ring_overlap,
    row_overlap,
    window_lead,
    window_overlap,
)
from tools.sni.memory.placement import ALIGNMENT
from tools.sni.operators import Layer
from tools.sni.options import Options
from tools.sni.strided_copy import Fill, LoopNode, Statement
from tools.sni.windows import Axis, Window, same_or_valid, window_of

Piece = tuple[range, list[int]]
"""What a piece of a kernel's work writes, bytes of the output, and what it reads, bytes of the input."""


def survives(pieces: list[Piece], input_bytes: int, lead: int) -> bool:
    """Whether each piece finds the input as it was, in a memory in which the output lies `lead` bytes below.

    Each piece writes before it reads, which is the worst it can do.
    """
    memory = np.full(lead + input_bytes + max((writes.stop for writes, _ in pieces), default=0), -1)
    memory[lead : lead + input_bytes] = np.arange(input_bytes)
    for writes, reads in pieces:
        memory[writes.start : writes.stop] = -2
        if any(memory[lead + byte] != byte for byte in reads):
            return False
    return True


def test_what_a_later_piece_needs_counts_for_an_earlier_one() -> None:
    """The first writes bytes 0 to 6; the second writes nothing, but reads byte 1."""
    assert lead(np.array([9, 1]), np.array([7, 0])) == 6
    assert lead(np.array([1, 9]), np.array([0, 7])) == 0


def axes() -> st.SearchStrategy[Axis]:
    sizes = st.integers(1, 9)
    made = st.builds(
        same_or_valid, st.sampled_from(["SAME", "VALID"]), sizes, sizes, st.integers(1, 4), st.integers(1, 3)
    )
    return made.filter(lambda axis: axis.output > 0)


def taps(axis: Axis, position: int) -> list[int]:
    """The elements of the input that a window shows, counted out."""
    all_taps = [position * axis.stride - axis.before + tap * axis.dilation for tap in range(axis.taps)]
    return [tap for tap in all_taps if 0 <= tap < axis.input]


def sliding(
    vertical: Axis, horizontal: Axis, batches: int, input_pixel: int, output_pixel: int, ahead: int = 0
) -> Iterator[Piece]:
    """ahead: with each pixel of the output as many behind it are written."""
    number = 0
    end = batches * vertical.output * horizontal.output
    for batch in range(batches):
        for y in range(vertical.output):
            for x in range(horizontal.output):
                reads = [
                    ((batch * vertical.input + row) * horizontal.input + column) * input_pixel + byte
                    for row in taps(vertical, y)
                    for column in taps(horizontal, x)
                    for byte in range(input_pixel)
                ]
                yield range(number * output_pixel, min(number + 1 + ahead, end) * output_pixel), reads
                number += 1


@settings(deadline=None)
@given(axes(), axes(), st.integers(1, 2), st.integers(1, 5), st.integers(1, 5), st.integers(0, 1))
def test_windows(
    vertical: Axis, horizontal: Axis, batches: int, input_pixel: int, output_pixel: int, ahead: int
) -> None:
    pieces = list(sliding(vertical, horizontal, batches, input_pixel, output_pixel, ahead))
    input_bytes = batches * vertical.input * horizontal.input * input_pixel
    lead = window_lead(vertical, horizontal, batches, input_pixel, output_pixel, ahead=ahead)
    assert survives(pieces, input_bytes, lead)
    assert survives(pieces, input_bytes, lead + 7), "further down is as safe"
    assert lead == 0 or not survives(pieces, input_bytes, lead - 1), "no smaller lead would do"


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 5), st.integers(1, 3), st.booleans(), st.integers(1, 5))
def test_rows_that_are_copied_to_a_ring(rows: int, taps: int, stride: int, same: bool, written: int) -> None:
    """A row of the output is written when all rows of the input under its windows have been copied, each once."""
    y = same_or_valid("SAME" if same else "VALID", rows, taps, stride)
    if y.output == 0:
        return
    window = Window(y, same_or_valid("SAME", 1, 1, 1), 1, 3)
    copied = [sorted({row for row in taps_until(y, p) if row not in taps_until(y, p - 1)}) for p in range(y.output)]
    pieces: list[Piece] = []
    for p, fresh in enumerate(copied):
        pieces.append((range(0), [row * 3 + byte for row in fresh for byte in range(3)]))
        pieces.append((range(p * written, (p + 1) * written), []))
    found = ring_overlap(layer(DType.INT8, DType.INT8, (1, rows, 1, 3), (1, y.output, 1, written)), window)
    if found:
        assert survives(pieces, 3 * rows, found[0].lead)
        assert found[0].lead == 0 or not survives(pieces, 3 * rows, found[0].lead - 1), "no smaller lead would do"


def test_a_few_lines_at_a_time() -> None:
    """With what is around them, images make up to two lines more than they have."""
    sizes = itertools.product(range(1, 4), range(3), range(3), range(1, 4), range(1, 4))
    for rows, above, below, made, images in sizes:
        y = Axis(rows, max(0, rows + above + below - 2), 3, 1, 1, above)
        of = layer(DType.INT8, DType.INT8, (images, rows, 2, 3), (images, y.output, 2, 3))
        pieces: list[Piece] = []
        for image, first in itertools.product(range(images), range(0, y.output, made)):
            last = min(first + made, y.output)
            shown = {row for line in range(first, last) for row in taps(y, line)}
            pieces.append((range(0), [6 * (image * rows + row) + byte for row in shown for byte in range(6)]))
            pieces.append((range(6 * (image * y.output + first), 6 * (image * y.output + last)), []))
        window = Window(y, same_or_valid("SAME", 2, 1, 1), images, 3)
        for overlap in lines_overlap(of, window, made, 2) if y.output else ():
            assert survives(pieces, 6 * images * rows, overlap.lead)


def taps_until(axis: Axis, last: int) -> set[int]:
    return {tap for position in range(last + 1) for tap in taps(axis, position)}


def layer(x: DType, y: DType, shape: tuple[int, ...], made: tuple[int, ...] | None = None, **attributes: str) -> Layer:
    op = Op("X", (0,), (1,), attributes)
    return Layer(op, (tensor("x", x, shape),), (tensor("y", y, made or shape),), Options("m"))


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 6), st.integers(1, 6))
def test_images_that_are_read_as_a_whole(batches: int, inputs: int, outputs: int) -> None:
    """Reading an image writes nothing of the output; then all that is made of it is written."""
    batched = layer(DType.FLOAT32, DType.FLOAT32, (batches, inputs), (batches, outputs))
    image, made = 4 * inputs, 4 * outputs
    pieces: list[Piece] = []
    for batch in range(batches):
        pieces.append((range(0), list(range(batch * image, (batch + 1) * image))))
        pieces.append((range(batch * made, (batch + 1) * made), []))
    found = [overlap.lead for overlap in batch_overlap(batched, batches)]
    if found:
        assert survives(pieces, batches * image, found[0])
        assert found[0] == 0 or not survives(pieces, batches * image, found[0] - 1), "no smaller lead would do"
    else:
        assert not survives(pieces, batches * image, batches * made - 1)


SIZED = {1: DType.INT8, 2: DType.INT16, 4: DType.FLOAT32, 8: DType.INT64}


@given(st.integers(2, 40), st.sampled_from(sorted(SIZED)), st.sampled_from(sorted(SIZED)))
def test_elements_one_after_the_other(elements: int, read: int, written: int) -> None:
    (pair,) = elementwise_overlap(layer(SIZED[read], SIZED[written], (elements,)))
    # An element is read before its result is written: the piece that reads it is the one that wrote the result before.
    pieces = [
        (range(i * written, (i + 1) * written), list(range((i + 1) * read, min(i + 2, elements) * read)))
        for i in range(elements)
    ]
    assert survives(pieces, elements * read, pair.lead)
    assert pair.lead == 0 or not survives(pieces, elements * read, pair.lead - 1)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 1))
def test_rows_one_after_the_other(rows: int, read: int, written: int, ahead: int) -> None:
    pairs = row_overlap(layer(DType.INT8, DType.INT8, (rows, read), (rows, written)), rows, read, ahead)
    pieces = [
        (range(row * written, min(row + 1 + ahead, rows) * written), list(range(row * read, (row + 1) * read)))
        for row in range(rows)
    ]
    if pairs:
        assert survives(pieces, rows * read, pairs[0].lead)
        assert not survives(pieces, rows * read, pairs[0].lead - 1)
    else:
        assert not survives(pieces, rows * read, rows * written - 1), "nothing can be saved"


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
def test_what_is_copied_first_of_all(pieces: int, read: int, written: int) -> None:
    """A piece is read to its end before it is written: the one that reads it is the one that wrote the piece before."""
    distance = copy_lead(pieces, read, written)
    done = [(range(0), list(range(read)))]
    done += [(range(i * written, (i + 1) * written), _piece(i + 1, pieces, read)) for i in range(pieces)]
    assert survives(done, pieces * read, distance)
    assert distance == 0 or not survives(done, pieces * read, distance - 1)


def _piece(number: int, pieces: int, read: int) -> list[int]:
    return list(range(number * read, (number + 1) * read)) if number < pieces else []


@given(st.sampled_from([1, 2, 3, 4, 5, 8, 16, 24, 32]), st.integers(1, 9), st.integers(1, 9), st.integers(-6, 6))
def test_channels_one_after_the_other(channels: int, read: int, written: int, apart: int) -> None:
    """Each is read to its end, then written, at distances that planning gives: multiples of the alignment."""
    x = layer(DType.INT8, DType.INT8, (1, read, 1, channels), (1, written, 1, channels))
    found = channel_overlap(x)
    assert bool(found) == (ALIGNMENT % channels == 0)
    # The output lies so many bytes above the input.
    distance = ALIGNMENT * apart
    start = max(0, -distance)
    memory = np.full(start + max(x.input.bytes, distance + x.output.bytes), -1)
    memory[start : start + x.input.bytes] = np.arange(x.input.bytes)
    intact = True
    for channel in range(channels):
        intact &= all(memory[start + i] == i for i in range(channel, x.input.bytes, channels))
        memory[start + distance + channel : start + distance + x.output.bytes : channels] = -2
    assert intact or not found


def test_a_depthwise_layer_needs_little_more_than_the_rows_in_front_of_the_window() -> None:
    """3 x 3 over 25 x 5 x 64, as in keyword spotting: a row and a pixel ahead, and the pixel that is being written."""
    x = layer(DType.INT8, DType.INT8, (1, 25, 5, 64), padding="SAME")
    assert window_overlap(x, window_of(x, (3, 3)))[0].lead == (5 + 1 + 1) * 64


def test_where_nothing_is_saved_there_is_no_pair() -> None:
    """One pixel of output, of all of the input."""
    x = layer(DType.INT8, DType.INT8, (1, 4, 4, 8), (1, 1, 1, 8), padding="VALID")
    assert window_overlap(x, window_of(x, (4, 4))) == ()


def copies(nodes: Sequence[object], counters: tuple[int, ...] = ()) -> Iterator[tuple[str, range, str, range]]:
    """What loops over moves do, one after the other: (target, bytes written, source, bytes read), of int8."""
    for node in nodes:
        if isinstance(node, LoopNode):
            for counter in range(node.count):
                yield from copies(node.body, (*counters, counter))
            continue
        assert isinstance(node, Statement)
        target, source = node.move.target, node.move.source
        at = target.start + sum(a * b for a, b in zip(target.strides, counters, strict=True))
        if isinstance(source, Fill):
            yield target.name, range(at, at + node.run), "", range(0)
        else:
            of = source.start + sum(a * b for a, b in zip(source.strides, counters, strict=True))
            yield target.name, range(at, at + node.run), source.name, range(of, of + node.run)


def shapes(draw: st.DrawFn, rank: int) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank)))


@st.composite
def movements(draw: st.DrawFn) -> Graph:
    """A network of one operator that moves int8 elements."""
    q = quantised(1.0)
    shape = shapes(draw, draw(st.integers(1, 4)))
    rank = len(shape)
    x = tensor("x", DType.INT8, shape, q)
    match draw(st.sampled_from(["PAD", "SLICE", "TRANSPOSE", "CONCATENATION", "SPLIT"])):
        case "PAD":
            around = np.array(draw(st.lists(st.integers(0, 2), min_size=2 * rank, max_size=2 * rank))).reshape(rank, 2)
            y = tensor("y", DType.INT8, np.array(shape) + around.sum(1), q)
            return single("PAD", [x, constant("p", DType.INT32, around)], [y])
        case "SLICE":
            begin = np.array([draw(st.integers(0, n - 1)) for n in shape])
            size = np.array([draw(st.integers(1, n - b)) for n, b in zip(shape, begin, strict=True)])
            y = tensor("y", DType.INT8, size, q)
            return single("SLICE", [x, constant("b", DType.INT32, begin), constant("s", DType.INT32, size)], [y])
        case "TRANSPOSE":
            order = np.array(draw(st.permutations(range(rank))))
            y = tensor("y", DType.INT8, np.array(shape)[order], q)
            return single("TRANSPOSE", [x, constant("o", DType.INT32, order)], [y])
        case "CONCATENATION":
            axis, other = draw(st.integers(0, rank - 1)), list(shape)
            other[axis] = draw(st.integers(1, 4))
            made = [*shape[:axis], shape[axis] + other[axis], *shape[axis + 1 :]]
            y = tensor("y", DType.INT8, made, q)
            return single("CONCATENATION", [x, tensor("x2", DType.INT8, other, q)], [y], axis=axis)
    axis, parts = draw(st.integers(0, rank - 1)), draw(st.integers(1, 3))
    x = tensor("x", DType.INT8, (*shape[:axis], shape[axis] * parts, *shape[axis + 1 :]), q)
    made = [tensor(f"y{i}", DType.INT8, shape, q) for i in range(parts)]
    return single("SPLIT", [constant("a", DType.INT32, np.array(axis)), x], made, num_splits=parts)


@settings(deadline=None)
@given(movements())
def test_copies(graph: Graph) -> None:
    (op,) = graph.ops
    options = Options("m")
    kernel, around = select(graph, op, options), layer_of(graph, op, options)
    done = list(copies(kernel.values["nodes"]))
    for output, output_name in enumerate(around.output_names):
        for source, source_name in enumerate(around.input_names):
            if source_name is None:
                continue
            pieces = [
                (writes if target == output_name else range(0), list(reads) if read == source_name else [])
                for target, writes, read, reads in done
            ]
            found = [pair.lead for pair in kernel.overlap if (pair.output, pair.input) == (output, source)]
            elements = around.inputs[source].elements
            for distance in found:
                assert survives(pieces, elements, distance)
                assert distance == 0 or not survives(pieces, elements, distance - 1)
            if not found:
                assert not survives(pieces, elements, around.outputs[output].elements - 1), "nothing can be saved"


def test_what_is_written_before_the_loops_is_thought_of() -> None:
    """DYNAMIC_UPDATE_SLICE first copies the whole array, before it reads the update."""
    q = quantised(1.0)
    x, y, update = tensor("x", DType.INT8, (8,), q), tensor("y", DType.INT8, (8,), q), tensor("u", DType.INT8, (2,), q)
    graph = single("DYNAMIC_UPDATE_SLICE", [x, update, constant("s", DType.INT32, np.array([3]))], [y])
    assert select(graph, graph.ops[0], Options("m")).overlap == ()

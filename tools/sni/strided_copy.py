"""Data movement: loops over the fewest dimensions, contiguous runs copied whole, every index in range by construction.

An operator that only moves elements says so as Moves: which box of elements goes from where to where, with a stride for
each dimension on each side. What is here drops dimensions of one element, merges those that are contiguous on all
sides, turns the innermost into memcpy or memset where it can, and puts neighbours with the same outer loop into one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.emit.literals import c_value
from tools.sni.ir import DType, Tensor
from tools.sni.memory.copy_overlap import copy_overlap
from tools.sni.operators import Constant, Kernel, Layer

_VARIABLES = "ijklmnpqrstuvw"


@dataclass(frozen=True)
class Lookup:
    """A part of an index that is read when the network runs.

    expression: C, with `{}` where the position in a table stands, as `sni_clamp(input_1[{}], 0, 9) * 4`.
    largest: the most it can give; the least is 0. strides, start: the position, as for Place.
    """

    expression: str
    largest: int
    strides: tuple[int, ...]
    start: int = 0


@dataclass(frozen=True)
class Place:
    """Where a box lies in an array of `elements`: at start + sum of strides * position + sum of lookups."""

    name: str
    elements: int
    strides: tuple[int, ...]
    start: int = 0
    lookups: tuple[Lookup, ...] = ()

    def contains(self, counts: Sequence[int]) -> bool:
        """Whether every index of a box of that many elements is inside the array."""
        steps = [stride * (count - 1) for stride, count in zip(self.strides, counts, strict=True)]
        highest = self.start + sum(step for step in steps if step > 0) + sum(x.largest for x in self.lookups)
        return self.start + sum(step for step in steps if step < 0) >= 0 and highest < self.elements


@dataclass(frozen=True)
class Fill:
    """One value for every element. expression: C. byte: what memset can write instead, if the value is one repeated."""

    expression: str
    byte: int | None = None


@dataclass(frozen=True)
class Move:
    """Elements of a box go to `target`. counts: the box. expression: what becomes of an element, `{}`, on its way."""

    counts: tuple[int, ...]
    target: Place
    source: Place | Fill
    expression: str = "{}"

    def __post_init__(self) -> None:
        if 0 not in self.counts:
            assert self.target.contains(self.counts), f"writes outside: {self}"
            assert isinstance(self.source, Fill) or self.source.contains(self.counts), f"reads outside: {self}"


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of a dense array."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def fill_value(value: float, dtype: DType) -> Fill:
    """A constant, as a Fill."""
    data = np.array(value, dtype.numpy)
    # Signed, so that memset shows an int8 as what it is.
    repeated = set(data.reshape(1).view(np.int8).tolist())
    return Fill(c_value(data), repeated.pop() if len(repeated) == 1 else None)


def data_input(layer: Layer, position: int) -> tuple[str, tuple[Constant, ...]]:
    """What the C calls an input whose elements are moved, and the table that holds them if it is a constant."""
    name, tensor = layer.input_names[position], layer.inputs[position]
    assert tensor is not None
    if name is not None:
        return name, ()
    return f"constant_{position}", (table(f"constant_{position}", tensor),)


def table(name: str, tensor: Tensor) -> Constant:
    """A constant tensor as a table of the C file."""
    assert tensor.data is not None
    data = tensor.data.reshape(-1)
    return Constant(name, data.astype(np.uint8) if tensor.dtype is DType.BOOL else data, f"{list(tensor.shape)}")


def movement(
    layer: Layer,
    name: str,
    moves: Sequence[Move],
    *,
    constants: tuple[Constant, ...] = (),
    helpers: tuple[str, ...] = (),
    declarations: tuple[str, ...] = (),
    joined: bool = True,
) -> Kernel:
    """The kernel that makes these moves, in order.

    declarations: statements before the first. joined: whether neighbours may share their outer loops; not where a move
    reads what another wrote.
    """
    statements = [_statement(_simplified(move), layer.output.dtype) for move in moves if 0 not in move.counts]
    nodes = _nested(statements, 0) if joined else [node for s in statements for node in _nested([s], 0)]
    text = " ".join([*declarations, *(f"{s.target} {s.source}" for s in statements)])
    mentioned = set(re.findall(r"\w+", text))
    parameters = [n for n in (*layer.input_names, *layer.output_names) if n is not None]
    includes = {"string.h"} if any(s.function for s in statements) else set()
    includes |= {"math.h"} if mentioned & {"INFINITY", "NAN"} else set()
    return Kernel(
        name,
        "strided_copy.c.j2",
        {"nodes": nodes, "declarations": declarations, "unused": [n for n in parameters if n not in mentioned]},
        constants,
        helpers=helpers,
        includes=tuple(sorted(includes)),
        overlap=copy_overlap(layer, nodes, declarations),
    )


def copied(layer: Layer, name: str, position: int = 0) -> Kernel:
    """The kernel that copies an input as it is."""
    source, constants = data_input(layer, position)
    elements = layer.output.elements
    whole = Move((elements,), Place(layer.output_names[0], elements, (1,)), Place(source, elements, (1,)))
    return movement(layer, name, [whole], constants=constants)


def _simplified(move: Move) -> Move:
    """The same elements in the same order, over as few dimensions as can be."""
    places = [move.target, *move.target.lookups]
    if isinstance(move.source, Place):
        places += [move.source, *move.source.lookups]
    loops: list[tuple[int, int]] = []
    for axis, count in enumerate(move.counts):
        if count == 1:
            continue
        # A dimension that goes on where the one inside it ends is merged with it.
        if loops and all(place.strides[loops[-1][1]] == place.strides[axis] * count for place in places):
            loops[-1] = (loops[-1][0] * count, axis)
        else:
            loops.append((count, axis))
    return _over(move, [count for count, _ in loops], [axis for _, axis in loops])


def _over(move: Move, counts: Sequence[int], axes: Sequence[int]) -> Move:
    """The move over other counts, each with the strides of one of its axes."""

    def chosen(strides: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(strides[axis] for axis in axes)

    def place_over(place: Place) -> Place:
        lookups = tuple(replace(x, strides=chosen(x.strides)) for x in place.lookups)
        return replace(place, strides=chosen(place.strides), lookups=lookups)

    source = place_over(move.source) if isinstance(move.source, Place) else move.source
    return Move(tuple(counts), place_over(move.target), source, move.expression)


@dataclass(frozen=True)
class Statement:
    """What one move does inside its loops. function: memcpy or memset, None for an assignment. size: bytes, in C.

    run: elements that one execution writes.
    """

    move: Move
    target: str
    source: str
    function: str | None = None
    size: str = ""
    run: int = 1


@dataclass(frozen=True)
class LoopNode:
    variable: str
    count: int
    body: tuple[LoopNode | Statement, ...]


def _statement(move: Move, dtype: DType) -> Statement:
    if not _has_run(move):
        source = move.source
        value = source.expression if isinstance(source, Fill) else move.expression.format(_element(source))
        return Statement(move, _element(move.target), value)
    run = move.counts[-1]
    size = str(run) if dtype.size == 1 else f"{run} * sizeof({dtype.c})"
    outer = _over(move, move.counts[:-1], range(len(move.counts) - 1))
    if isinstance(outer.source, Fill):
        return Statement(outer, _address(outer.target), str(outer.source.byte), "memset", size, run)
    return Statement(outer, _address(outer.target), _address(outer.source), "memcpy", size, run)


def _has_run(move: Move) -> bool:
    """Whether the innermost dimension is contiguous, so that it can be copied or set in one call."""
    if not move.counts or move.target.strides[-1] != 1 or any(x.strides[-1] for x in move.target.lookups):
        return False
    if isinstance(move.source, Fill):
        return move.source.byte is not None
    straight = move.source.strides[-1] == 1 and not any(x.strides[-1] for x in move.source.lookups)
    return straight and move.expression == "{}"


def _address(place: Place) -> str:
    index = _index(place)
    return place.name if index == "0" else f"&{place.name}[{index}]"


def _element(place: Place) -> str:
    return f"{place.name}[{_index(place)}]"


def _index(place: Place | Lookup) -> str:
    """`i * 12 + j + 3`, with the variables of the loops around it."""
    terms = [(stride, variable) for stride, variable in zip(place.strides, _VARIABLES, strict=False) if stride]
    backwards = any(stride < 0 for stride, _ in terms)
    parts = [(stride, variable if abs(stride) == 1 else f"{variable} * {abs(stride)}") for stride, variable in terms]
    if isinstance(place, Place):
        parts += [(1, x.expression.format(_index(x))) for x in place.lookups]
    if place.start:
        # In front where something is taken from it, so that no index begins with a minus.
        parts.insert(0 if backwards else len(parts), (place.start, str(abs(place.start))))
    if not parts:
        return "0"
    text = "".join(f" {'+' if factor > 0 else '-'} {part}" for factor, part in parts)
    return text.removeprefix(" + ") if text.startswith(" + ") else f"-{text[3:]}"


def _nested(statements: Sequence[Statement], depth: int) -> tuple[LoopNode | Statement, ...]:
    """Statements inside their loops from `depth` on; neighbours that walk alike share a loop."""
    nodes: list[LoopNode | Statement] = []
    position = 0
    while position < len(statements):
        first = statements[position]
        if len(first.move.counts) <= depth:
            nodes.append(first)
            position += 1
            continue
        end = position + 1
        while end < len(statements) and _walk_alike(first.move, statements[end].move, depth):
            end += 1
        body = _nested(statements[position:end], depth + 1)
        nodes.append(LoopNode(_VARIABLES[depth], first.move.counts[depth], body))
        position = end
    return tuple(nodes)


def _walk_alike(a: Move, b: Move, depth: int) -> bool:
    if len(b.counts) <= depth or a.counts[depth] != b.counts[depth]:
        return False
    pairs = [(a.target, b.target)]
    if isinstance(a.source, Place) and isinstance(b.source, Place):
        pairs.append((a.source, b.source))
    return any(p.name == q.name and p.strides[depth] == q.strides[depth] for p, q in pairs)

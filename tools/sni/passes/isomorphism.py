"""Finds steps: runs of operators of the same kinds, constants and relations, each fed by the one before it."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.passes.array_rows import SLICING

MAY_DIFFER = {"FULLY_CONNECTED": (2,)}
"""Constants that may differ from step to step, by kind: a bias is quantised as the products are that it is added to."""


@dataclass(frozen=True)
class Steps:
    """ops: for each step its operators, those of the same place in a step at the same position, in order of execution.

    mark: what the operators that they were found by have in common.
    """

    ops: tuple[tuple[Op, ...], ...]
    mark: object


def find_steps(graph: Graph, fewest: int, tried: set[object]) -> Steps | None:
    """The longest run of at least `fewest` steps around operators whose mark is not in `tried`.

    Of those with the largest constants that have one; the marks of those that have none are added to `tried`.
    """
    search = _Search(graph)
    for mark, anchors in search.chains(fewest):
        if mark in tried:
            continue
        steps = search.steps(anchors)
        if len(steps) >= fewest:
            return Steps(tuple(tuple(graph.ops[place] for place in step) for step in steps), mark)
        tried.add(mark)
    return None


class _Search:
    """Operators are called by their position in the graph here.

    makers, readers: of a tensor, with the position among their outputs or inputs. ancestors: for each operator those
    that it depends on, as bits. likeness: equal where kinds, attributes, constants, types and shapes are; quantisation
    may differ.
    """

    def __init__(self, graph: Graph) -> None:
        self._ops = graph.ops
        self._tensors = graph.tensors
        self._makers: dict[int, tuple[int, int]] = {}
        self._readers: dict[int, list[tuple[int, int]]] = {}
        self._ancestors: list[int] = []
        self._outputs = set(graph.outputs)
        self._digests: dict[int, object] = {}
        for place, op in enumerate(graph.ops):
            found = 0
            for number, tensor in enumerate(op.inputs):
                if tensor is not None:
                    self._readers.setdefault(tensor, []).append((place, number))
                if tensor in self._makers:
                    maker, _ = self._makers[tensor]
                    found |= self._ancestors[maker] | 1 << maker
            self._ancestors.append(found)
            for number, tensor in enumerate(op.outputs):
                self._makers[tensor] = place, number
        self._likeness = self._likenesses()

    def _likenesses(self) -> list[object]:
        """None for operators that can be no part of a step: in loops already, control flow, or with variables."""
        writers = Counter(tensor for op in self._ops for tensor in op.outputs)
        depth = 0
        found: list[object] = []
        for op in self._ops:
            depth += (op.kind in ("loop", "if")) - (op.kind == "end")
            tensors = [tensor for tensor in (*op.inputs, *op.outputs) if tensor is not None]
            changing = any(self._tensors[t].variable or writers[t] > 1 for t in tensors)
            if depth or changing or op.kind.islower():
                found.append(None)
                continue
            inputs = [None if tensor is None else self._digest(tensor) for tensor in op.inputs]
            for position in MAY_DIFFER.get(op.kind, ()):
                # Type and shape are left.
                inputs[position : position + 1] = [digest and digest[:2] for digest in inputs[position : position + 1]]
            outputs = tuple(self._digest(tensor) for tensor in op.outputs)
            found.append((op.kind, tuple(sorted(op.attributes.items())), tuple(inputs), outputs))
        return found

    def _digest(self, key: int) -> object:
        if key not in self._digests:
            tensor = self._tensors[key]
            self._digests[key] = (tensor.dtype, tensor.shape, *_contents(tensor))
        return self._digests[key]

    def chains(self, fewest: int) -> Iterator[tuple[object, list[int]]]:
        """Operators that are alike and each depend on the one before; those of the largest constants first."""
        alike: dict[object, list[int]] = {}
        for place, likeness in enumerate(self._likeness):
            if likeness is not None:
                alike.setdefault(likeness, []).append(place)

        def weight(places: Sequence[int]) -> int:
            inputs = (self._tensors[t] for t in self._ops[places[0]].inputs if t is not None)
            return sum(tensor.bytes for tensor in inputs if tensor.is_constant)

        chains = [
            (likeness, places)
            for likeness, places in alike.items()
            if len(places) >= fewest
            and weight(places)
            and all(self._ancestors[b] >> a & 1 for a, b in itertools.pairwise(places))
        ]
        yield from sorted(chains, key=lambda chain: (-weight(chain[1]), -len(chain[1]), chain[1]))

    def steps(self, anchors: Sequence[int]) -> list[tuple[int, ...]]:
        """The longest run of steps, each the same operators around its anchor."""
        middle = (len(anchors) - 1) // 2
        body = self._body(anchors, middle)
        found = [self._grown(body, anchors[middle], anchor) for anchor in anchors]
        run: list[tuple[int, ...]] = []
        best: list[tuple[int, ...]] = []
        taken: set[int] = set()
        for step in found:
            if step is None or taken & set(step):
                run, taken = [], set()
            if step is not None:
                run.append(step)
                taken |= set(step)
            best = max(best, run, key=len).copy()
        return best

    def _body(self, anchors: Sequence[int], number: int) -> list[int]:
        """What lies between an anchor and the next, and what feeds nothing but that, in order of execution."""
        anchor, following = anchors[number : number + 2]
        between = self._ancestors[following]
        body = {anchor}
        body |= {p for p in range(anchor, following) if between >> p & 1 and self._ancestors[p] >> anchor & 1}
        chain = sum(1 << other for other in anchors)
        for place in range(following - 1, -1, -1):
            alone = self._likeness[place] is not None and not chain & (self._ancestors[place] | 1 << place)
            if place not in body and alone and self._feeds_only(place, body):
                body.add(place)
        return sorted(body)

    def _feeds_only(self, place: int, body: set[int]) -> bool:
        op = self._ops[place]
        computed = [t for t in op.inputs if t is not None and not self._tensors[t].is_constant]
        if not computed or not self._readers_of(place) or not self._outputs.isdisjoint(op.outputs):
            return False
        # A slice of what other steps read slices of, too, is not like theirs: it is a row of an array.
        siblings = {r for r, _ in self._readers[computed[0]]} - body if op.kind in SLICING else {place}
        return all(body.issuperset(self._readers_of(sibling)) for sibling in siblings)

    def _readers_of(self, place: int) -> set[int]:
        return {reader for tensor in self._ops[place].outputs for reader, _ in self._readers.get(tensor, ())}

    def _grown(self, body: Sequence[int], anchor: int, target: int) -> tuple[int, ...] | None:
        """The operators around another anchor, related to it as those of a body to theirs; None where they differ."""
        inside = set(body)
        partner = {anchor: target}
        waiting = [anchor]
        while waiting:
            for own, other in self._neighbours(inside, partner, waiting.pop()):
                if own not in partner and other is not None and self._alike(own, other):
                    partner[own] = other
                    waiting.append(own)
                if partner.get(own) != other or other is None:
                    return None
        if len(partner) < len(body) or len(set(partner.values())) < len(body):
            return None
        return tuple(partner[place] for place in body)

    def _alike(self, a: int, b: int) -> bool:
        return self._likeness[a] is not None and self._likeness[a] == self._likeness[b]

    def _neighbours(self, inside: set[int], partner: Mapping[int, int], place: int) -> Iterator[tuple[int, int | None]]:
        """The operators of a body next to one of them, and for each what stands so to that one's partner.

        None where nothing does, or several that are alike. Readers that have a partner already are left out: they look
        back at what they read.
        """
        mine, theirs = self._ops[place], self._ops[partner[place]]
        for x, y in zip(mine.inputs, theirs.inputs, strict=True):
            maker, other = self._makers.get(x), self._makers.get(y)
            if maker is not None and maker[0] in inside:
                yield maker[0], other[0] if other is not None and other[1] == maker[1] else None
        for x, y in zip(mine.outputs, theirs.outputs, strict=True):
            for reader, number in self._readers.get(x, ()):
                if reader in inside and reader not in partner:
                    found = {r for r, n in self._readers.get(y, ()) if n == number and self._alike(r, reader)}
                    yield reader, found.pop() if len(found) == 1 else None


def _contents(tensor: Tensor) -> tuple[object, ...]:
    """What tells constants apart; computed tensors may be quantised otherwise and still be alike."""
    if tensor.data is None:
        return ()
    return tensor.quantisation, hashlib.sha256(tensor.data.tobytes()).digest()

"""The operators of a schedule: those of the first rounds, a loop, those of the last rounds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.sni.ir import Attribute, Graph, Op
from tools.sni.operators import Layer
from tools.sni.stripes.schedule import Kept, Look, Schedule
from tools.sni.stripes.sliding import window
from tools.sni.windows import Axis, reach


def rewritten(graph: Graph, layers: Sequence[Layer], first: int, plan: Schedule) -> Graph:
    """The graph with the operators from `first` on, as many as the schedule has, in stripes. layers: of these."""
    ops = _Writer(graph, layers, plan).ops()
    behind = first + len(plan.stages)
    around = (*graph.ops[:first], *ops.made, *graph.ops[behind:])
    return replace(graph, tensors=ops.tensors).with_ops(around)


class _Writer:
    """tensors, made: what there is so far."""

    def __init__(self, graph: Graph, layers: Sequence[Layer], plan: Schedule) -> None:
        self.tensors = dict(graph.tensors)
        self.made: list[Op] = []
        self._fresh = itertools.count(max(graph.tensors) + 1)
        self._layers = layers
        self._plan = plan
        self._buffers = {tensor: self._like(tensor, kept.size) for tensor, kept in plan.kept.items() if _stays(kept)}
        # Of rows that all go in the round that makes them.
        self._passing: dict[int, int] = {}

    def ops(self) -> _Writer:
        """All of them: the rounds that are alike are a loop if there are several."""
        loop = self._plan.alike if len(self._plan.alike) > 1 else range(0)
        begin = self._layers[0].op
        for t in self._plan.rounds:
            if t not in loop:
                self._round(t, moving=False)
            elif t == loop[0]:
                self._add("loop", (), (), begin, count=len(loop))
                self._round(t, moving=True)
                self._add("end", (), (), begin)
        return self

    def _round(self, t: int, *, moving: bool) -> None:
        for stage, layer in zip(self._plan.stages, self._layers, strict=True):
            rows = self._plan.made[stage.output].within(t)
            if not rows:
                continue
            looks = {source: self._plan.look(stage, axis, t) for source, axis in stage.reads}
            inputs = [
                self._rows(i, looks[i].rows, t, layer.op, moving=moving) if i in looks else i for i in layer.op.inputs
            ]
            output = self._rows(stage.output, rows, t, layer.op, moving=moving, made=True)
            attributes = {**layer.op.attributes, **_padding(layer, looks, stage.reads)}
            self.made.append(replace(layer.op, inputs=tuple(inputs), outputs=(output,), attributes=attributes))
        for tensor, buffer in self._buffers.items():
            self._move_up(tensor, buffer, t, moving=moving)

    def _rows(self, tensor: int, rows: range, t: int, op: Op, *, moving: bool, made: bool = False) -> int:
        """A tensor for rows of another: where they lie, or one of their own."""
        kept = self._plan.kept.get(tensor)
        if kept is None:
            # Whole: the rows move on with each iteration.
            of = self._plan.made.get(tensor)
            step = self._step(tensor) if of is None else of.step
            return self._view(tensor, tensor, rows, rows.start, step if moving else 0, op)
        if tensor in self._buffers:
            return self._view(tensor, self._buffers[tensor], rows, rows.start - kept.first(t), 0, op)
        if made:
            self._passing[tensor] = self._like(tensor, len(rows))
            return self._passing[tensor]
        all_rows = self._plan.made[tensor].within(t)
        passing = self._passing[tensor]
        return passing if rows == all_rows else self._view(tensor, passing, rows, rows.start - all_rows.start, 0, op)

    def _step(self, tensor: int) -> int:
        """Rows by which operators go on in a tensor that none of them makes."""
        return next(
            self._plan.made[stage.output].step * axis.stride
            for stage in self._plan.stages
            for source, axis in stage.reads
            if source == tensor
        )

    def _view(self, like: int, source: int, rows: range, start: int, stride: int, op: Op) -> int:
        view = self._like(like, len(rows))
        unit = self.tensors[view].bytes // len(rows)
        self._add("row", (source,), (view,), op, start=start, stride=stride, unit=unit)
        return view

    def _move_up(self, tensor: int, buffer: int, t: int, *, moving: bool) -> None:
        """Brings the rows that the next round looks at to where it does."""
        kept, made = self._plan.kept[tensor], self._plan.made[tensor]
        rows = range(max(0, kept.first(t + 1)), made.until(t))
        if not rows or (t + 1 not in self._plan.rounds):
            return
        op = next(layer.op for layer in self._layers if tensor in layer.op.outputs)
        source = self._view(tensor, buffer, rows, rows.start - kept.first(t), 0, op)
        target = self._view(tensor, buffer, rows, rows.start - kept.first(t + 1), 0, op)
        self._add("copy", (source,), (target,), op)

    def _like(self, tensor: int, rows: int) -> int:
        key = next(self._fresh)
        like = self.tensors[tensor]
        batch, _, *rest = like.shape
        self.tensors[key] = replace(like, name=f"rows of {like.name}", shape=(batch, rows, *rest))
        return key

    def _add(self, kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], at: Op, **attributes: int) -> None:
        self.made.append(Op(kind, inputs, outputs, attributes, at.index, at.subgraph))


def _stays(kept: Kept) -> bool:
    """Whether a buffer keeps anything from one round to the next."""
    return kept.size > kept.step


def _padding(layer: Layer, looks: Mapping[int, Look], reads: Sequence[tuple[int, Axis]]) -> Mapping[str, Attribute]:
    """The attributes of a window that sees a part of the rows."""
    slides = window(layer)
    if slides is None:
        return {}
    ((source, _),) = reads
    seen, x = looks[source], slides.x
    right = (x.output - 1) * x.stride + reach(x.taps, x.dilation) - x.input - x.before
    return {
        "padding": "EXPLICIT",
        "pad_top": seen.above,
        "pad_bottom": seen.below,
        "pad_left": x.before,
        "pad_right": max(0, right),
    }

"""Stripes: whatever the chain, each row is made once, from the rows that it is made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.support.models import chain, constant, quantised, tensor
from tools.sni.compiler import compile_graph, compile_model
from tools.sni.emit.report import json_report
from tools.sni.ir import DType, Graph, Op, Tensor
from tools.sni.lower import layer_of, lower
from tools.sni.memory.arena import plan_arena
from tools.sni.memory.row_leads import executed
from tools.sni.options import Options
from tools.sni.stripes import striped
from tools.sni.stripes.choice import stages_of
from tools.sni.stripes.rewrite import rewritten
from tools.sni.stripes.schedule import Schedule, look, schedule
from tools.sni.stripes.sliding import rows_needed
from tools.sni.windows import same_or_valid
from tools.testing.shared import shared_path

INT8 = DType.INT8
OPTIONS = Options("m")


def image(name: str, rows: int, columns: int = 1, channels: int = 1) -> Tensor:
    return tensor(name, INT8, (1, rows, columns, channels), quantised(0.1, 3))


@st.composite
def networks(draw: st.DrawFn) -> Graph:
    """Windows over rows, and sums of what they make; now and then something is read by two, or by nobody."""
    layers: list[tuple] = []
    values = [image("x", draw(st.integers(4, 40)))]
    for number in range(draw(st.integers(2, 6))):
        x = values[-1] if draw(st.integers(0, 3)) else draw(st.sampled_from(values))
        alike = [value for value in values if value.shape == x.shape and value is not x and len(values) > 1]
        if alike and draw(st.booleans()):
            y = image(f"y{number}", x.shape[1])
            layers.append(("ADD", [x, draw(st.sampled_from(alike))], [y], {}))
        else:
            taps, stride, dilation = draw(st.integers(1, 5)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
            stride = 1 if dilation > 1 else stride
            padding = draw(st.sampled_from(["SAME", "VALID"]))
            axis = same_or_valid(padding, x.shape[1], taps, stride, dilation)
            assume(axis.output > 0)
            y = image(f"y{number}", axis.output)
            w = constant(f"w{number}", INT8, np.ones((1, taps, 1, 1)), quantised(0.01))
            attributes = {"padding": padding, "stride_h": stride, "stride_w": 1, "dilation_h_factor": dilation}
            layers.append(("CONV_2D", [x, w], [y], attributes))
        values.append(y)
    return chain(layers)


def planned(graph: Graph, rows: int) -> Schedule | None:
    stages = stages_of(graph, OPTIONS)
    read = {stage.output for stage in stages for later in stages for source, _ in later.reads if source == stage.output}
    return schedule(stages, frozenset({stage.output for stage in stages} - read), rows)


class Rows:
    """What lies in each row of each array while a network in stripes runs: rows of the tensors of the network before.

    Each operator must find the rows that it slides over as they are numbered, and makes the next ones of its output.
    """

    def __init__(self, before: Graph, after: Graph) -> None:
        self._before, self._after = before, after
        self._makers: Mapping[int, Op] = {op.index: op for op in before.ops}
        self._places: dict[int, tuple[int, int]] = {}
        self.made = {op.outputs[0]: 0 for op in before.ops}
        self.arrays: dict[int, list[object]] = {
            key: [None] * value.shape[1] for key, value in after.tensors.items() if len(value.shape) == 4
        }
        for key in before.inputs:
            self.arrays[key] = [(key, row) for row in range(before.tensors[key].shape[1])]

    def run(self) -> None:
        kernels = lower(self._after, "m", OPTIONS)
        for step, counters in executed(kernels):
            op = self._after.ops[step]
            if op.kind == "row":
                unit = op.attributes["unit"] // self._after.tensors[op.outputs[0]].shape[3]
                assert unit == self._after.tensors[op.outputs[0]].shape[2]
                start = op.attributes["start"] + (op.attributes["stride"] * counters[-1] if counters else 0)
                assert op.inputs[0] not in self._places, "rows of rows are not asked for here"
                self._places[op.outputs[0]] = (op.inputs[0], start)
            elif op.kind == "copy":
                self._write(op.outputs[0], self._read(op.inputs[0]))
            elif op.outputs:
                self._make(op)

    def _make(self, op: Op) -> None:
        original = self._makers[op.index]
        (y,), axes = original.outputs, rows_needed(layer_of(self._before, original, OPTIONS))
        count = self._after.tensors[op.outputs[0]].shape[1]
        rows = range(self.made[y], self.made[y] + count)
        for position, axis in axes.items():
            seen = look(axis, rows).rows
            assert self._read(op.inputs[position]) == [(original.inputs[position], row) for row in seen]
        self._write(op.outputs[0], [(y, row) for row in rows])
        self.made[y] += count

    def _slice(self, key: int) -> tuple[int, slice]:
        root, start = self._places.get(key, (key, 0))
        end = start + self._after.tensors[key].shape[1]
        assert 0 <= start < end <= len(self.arrays[root])
        return root, slice(start, end)

    def _read(self, key: int) -> list[object]:
        root, rows = self._slice(key)
        return self.arrays[root][rows]

    def _write(self, key: int, values: list[object]) -> None:
        root, rows = self._slice(key)
        self.arrays[root][rows] = values


@settings(deadline=None, max_examples=100)
@given(networks(), st.integers(1, 4))
def test_each_row_is_made_once_from_the_rows_its_window_shows(graph: Graph, rows: int) -> None:
    plan = planned(graph, rows)
    assume(plan is not None)
    layers = [layer_of(graph, op, OPTIONS) for op in graph.ops]
    after = rewritten(graph, layers, 0, plan)
    ran = Rows(graph, after)
    ran.run()
    assert ran.made == {op.outputs[0]: graph.tensors[op.outputs[0]].shape[1] for op in graph.ops}
    for key in graph.outputs:
        assert ran.arrays[key] == [(key, row) for row in range(graph.tensors[key].shape[1])]
    kernels, before = lower(after, "m", OPTIONS), lower(graph, "m", OPTIONS)
    times = [0] * len(kernels)
    for step, _ in executed(kernels):
        times[step] += 1
    done = sum(n * kernel.macs for n, kernel in zip(times, kernels, strict=True))
    assert done == sum(kernel.macs for kernel in before), "nothing is computed twice"


@settings(deadline=None, max_examples=40)
@given(networks(), st.integers(1, 3))
def test_no_row_is_overwritten_that_is_read_later(graph: Graph, rows: int) -> None:
    """Byte by byte in the arena: what a step reads is what was last written as that tensor."""
    plan = planned(graph, rows)
    assume(plan is not None)
    after = rewritten(graph, [layer_of(graph, op, OPTIONS) for op in graph.ops], 0, plan)
    kernels = lower(after, "m", OPTIONS)
    arena = plan_arena(after, kernels)
    memory: dict[int, object] = {}
    owner = {key: key for key in after.tensors}
    for op, kernel in zip(after.ops, kernels, strict=True):
        if kernel.row is not None:
            owner[op.outputs[0]] = owner[op.inputs[0]]

    def cells(key: int, counters: tuple[int, ...]) -> Iterator[tuple[int, object]]:
        """Addresses, and what should lie there: a byte of the array that the tensor is a part of."""
        place, root = arena.placements[key], arena.placements[owner[key]]
        start = place.offset + (place.stride * counters[place.depth - 1] if place.stride else 0)
        return ((start + i, (owner[key], start + i - root.offset)) for i in range(place.size))

    for key in graph.inputs:
        memory |= dict(cells(key, ()))
    for step, counters in executed(kernels):
        op, kernel = after.ops[step], kernels[step]
        if kernel.row is not None:
            continue
        for key in op.inputs:
            if key in arena.placements:
                assert all(memory.get(at) == content for at, content in cells(key, counters))
        for key in op.outputs:
            memory |= dict(cells(key, counters))
    for key in graph.outputs:
        assert all(memory.get(at) == content for at, content in cells(key, ()))


def network() -> Graph:
    """Three windows and a pooling over an image whose activations are larger than it is and than the result."""
    x, a, b, c = image("x", 24, 24, 1), image("a", 24, 24, 8), image("b", 24, 24, 8), image("c", 12, 12, 8)
    same = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    w = constant("w", INT8, np.ones((8, 3, 3, 1)), quantised(0.01))
    v = constant("v", INT8, np.ones((1, 3, 3, 8)), quantised(0.01))
    pooling = {"padding": "VALID", "stride_h": 2, "stride_w": 2, "filter_height": 2, "filter_width": 2}
    return chain(
        [
            ("CONV_2D", [x, w], [a], same),
            ("DEPTHWISE_CONV_2D", [a, v], [b], same),
            ("MAX_POOL_2D", [b], [c], pooling),
        ]
    )


@pytest.mark.parametrize("profile", ["c99", "dsp"])
def test_the_report_says_what_was_chosen_and_what_it_brings(profile: str) -> None:
    before = compile_graph(network(), "m", Options("m", profile))
    program = compile_graph(network(), "m", Options("m", profile, optimise="ram"))
    assert program.arena.size < 0.6 * before.arena.size
    assert program.macs == before.macs
    report = json.loads(json_report(program))
    (note,) = report["notes"]
    assert note.startswith("operators 0 to 2 run in ")
    assert f"an arena of {program.arena.size:,} bytes instead of {before.arena.size:,}" in note
    assert "; 0% of the multiply-accumulates are done again" in note
    assert report["optimize"] == "ram"


def test_a_network_that_gains_nothing_stays_as_it_is() -> None:
    x, y = tensor("x", INT8, (1, 64), quantised(0.1)), tensor("y", INT8, (1, 64), quantised(0.1))
    graph = chain([("RELU", [x], [y], {})])
    options = Options("m", optimise="ram")
    found = striped(graph, options, lambda tried: lower(tried, "m", options))
    assert (found.graph, found.notes) == (graph, ())


LIMITS = {
    "kws_ref_model": (9_280, 8_392),
    "pretrainedResnet_quant": (17_408, 18_624),
    "vww_96_int8": (27_760, 27_920),
    "ad01_int8": (768, 1_408),
    "str_ww_ref_model": (3_712, 4_096),
}
"""Bytes with the profiles c99 and dsp; the image of visual wake words alone has 27,648."""


@pytest.mark.parametrize("profile", ["c99", "dsp"])
@pytest.mark.parametrize("name", LIMITS)
def test_mlperf_tiny(name: str, profile: str) -> None:
    data = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    options = Options("m", profile, optimise="ram")
    report = json.loads(compile_model(data, f"{name}.tflite", options)["m_report.json"])
    assert report["arena"]["bytes"] <= LIMITS[name][profile == "dsp"]

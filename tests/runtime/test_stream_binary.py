"""The stream mode on binary frames and tensors, in and out."""

import json
import math
import struct

import pytest

from tests.runtime import harness
from tests.runtime.harness import run, summarised

POSITIVE = '"not ""negative"", that is"'


@pytest.fixture(params=["linux", "standard"])
def platform(request: pytest.FixtureRequest) -> str:
    return request.param


def frame(time: int, a: float, unused: int, b: float) -> bytes:
    """A row for the sum engine: time and unused are no numbers to it."""
    return struct.pack("<IfIf", time, a, unused, b)


def test_frames_have_a_cell_for_each_column(platform: str) -> None:
    frames = frame(1690848001, 1.5, 7, 2) + frame(4294967295, -5, 0, 0)
    outcome = summarised(harness.build("sum", platform=platform), frames, "--in=f32")
    assert outcome.status == 0
    assert outcome.lines == [
        "frame,time,sum,large,sign",
        f"1,1690848001,21.5,0,{POSITIVE}",
        "2,4294967295,-5,0,negative",
    ]
    assert outcome.summary["lines"] == 2


@pytest.mark.parametrize(("value", "text"), [(math.nan, "nan"), (math.inf, "inf"), (-math.inf, "-inf")])
def test_frames_with_numbers_that_are_not_finite_are_skipped(value: float, text: str) -> None:
    stdin = frame(1, 1, 0, 2) + frame(2, 1, 0, value) + frame(3, value, 0, 1) + frame(4, 1, 0, 3)
    outcome = summarised(harness.build("sum"), stdin, "--in=f32")
    assert outcome.status == 3
    assert [line.split(",")[0] for line in outcome.lines] == ["frame", "1", "4"]
    assert outcome.reports == [
        f"frame 2: not finite (column 'b', value '{text}')",
        f"frame 3: not finite (column 'a', value '{text}')",
    ]


@pytest.mark.parametrize("missing", [1, 4, 15])
def test_a_truncated_frame_is_reported(platform: str, missing: int) -> None:
    outcome = summarised(harness.build("sum", platform=platform), (frame(10, 1, 10, 2) * 2)[:-missing], "--in=f32")
    assert outcome.status == 3
    assert len(outcome.lines) == 2
    assert outcome.reports == [f"frame 2: truncated frame ({16 - missing} bytes instead of 16)"]


def test_keys_and_echoed_numbers_of_frames_are_texts() -> None:
    rows = [(7, 100, 1.0), (8, 100, 5.0), (7, 101, 2.0), (7, 102, 0.25)]
    program = harness.build("window")
    outcome = run(program, b"".join(struct.pack("<IIf", *row) for row in rows), "--in=f32", "--out=jsonl")
    assert [json.loads(line) for line in outcome.lines] == [
        {"frame": 1, "track": "7", "when": "100", "x": "1", "sum": None, "rows": None},
        {"frame": 2, "track": "8", "when": "100", "x": "5", "sum": None, "rows": None},
        {"frame": 3, "track": "7", "when": "101", "x": "2", "sum": None, "rows": None},
        {"frame": 4, "track": "7", "when": "102", "x": "0.25", "sum": 3.25, "rows": 3},
    ]


def test_results_as_floats_keep_their_place() -> None:
    outcome = run(harness.build("window"), "k,0,1\nk,1,2\nbad\nk,2,3.5\n", "--out=f32")
    values = list(struct.iter_unpack("<2f", outcome.out))
    assert all(math.isnan(value) for row in values[:2] for value in row)
    assert values[2:] == [(6.5, 3.0)]


def test_results_as_tensors_are_those_of_inferences() -> None:
    outcome = run(harness.build("window"), "k,0,1\nk,1,2\nbad\nk,2,3.5\nk,3,1\n", "--out=tensor")
    assert outcome.out == struct.pack("<2f", 6.5, 6.5)


LAYOUT = "<4b2f2hBiqB"
"""Of the quantised engine's inputs, and of its outputs."""

TENSORS = struct.pack(LAYOUT, -128, 127, -1, 0, 1.5, -0.1, -32768, 3, 130, -7, 2**40, 1)


def test_tensors_go_past_the_processing(platform: str) -> None:
    program = harness.build("quantised", platform=platform)
    outcome = summarised(program, TENSORS * 3, "--in=tensor", "--out=tensor")
    assert (outcome.status, outcome.out) == (0, TENSORS * 3)
    assert (outcome.summary["rows"], outcome.summary["inferences"]) == (3, 3)


def test_outputs_of_tensors_are_dequantised() -> None:
    outcome = run(harness.build("quantised"), TENSORS, "--in=tensor")
    assert outcome.lines == [
        "frame," + ",".join(f"output_{i}" for i in range(12)),
        "1,-63.5,64,0,0.5,1.5,-0.1,-8192,0.75,4,-7,1099511600000,1",
    ]
    outcome = run(harness.build("window"), struct.pack("<3f", 1, 2, 3), "--in=tensor", "--out=jsonl")
    assert outcome.lines == ['{"frame":1,"output_0":6}']


def test_a_truncated_tensor_is_reported() -> None:
    outcome = summarised(harness.build("quantised"), TENSORS + TENSORS[:-1], "--in=tensor", "--out=f32")
    assert outcome.status == 3
    assert len(outcome.out) == 48
    assert outcome.reports == [f"frame 2: truncated frame ({len(TENSORS) - 1} bytes instead of {len(TENSORS)})"]


def test_rows_become_tensors() -> None:
    """Without a pipeline a row is quantised into the inputs."""
    row = "-63.5,63.5,-0.2,0,1.5,-0.1,1e9,-0.3,1e9,2.5,-1e30,0.1\n"
    outcome = run(harness.build("quantised"), row, "--out=tensor", "--header=no")
    assert outcome.out == struct.pack(LAYOUT, -128, 126, -1, -1, 1.5, -0.1, 32767, -1, 255, 3, -(2**63), 1)

"""results.json: what is written is what is read, and what is no such file is refused with a reason."""

import json

import pytest

from tools.bench.suite.results import (
    Buffer,
    EdgeMark,
    Error,
    Failure,
    Figures,
    Key,
    Layer,
    Published,
    Result,
    Results,
    ResultsError,
    Run,
    Wall,
)

FIGURES = Figures(
    engine_version="0.1.0",
    instructions=1000,
    wall=Wall(10, 11, 12),
    flash=4096,
    ram=512,
    stack=None,
    arena=256,
    constants=2048,
    weights=2000,
    macs=4000,
    error=Error(0.5, 0.1, 0.01, None, 16),
    exact=True,
    edgemark=EdgeMark(9000, 700, 4096, 512),
    build_s=1.5,
    program="ab" * 32,
    command="bazel build //:x",
    notes=("a note",),
    layers=(Layer("fc", "FULLY_CONNECTED", "dsp_row", "one row", 4000, 900, 2048, 256),),
    buffers=(Buffer("x", 0, 64, 0, 1),),
)
RESULTS = Results(
    Run("small", "2026-01-02T03:04:05Z", "bench run small.yaml", "two cores", 1.0, 2.0, True, {"executed": 3}, 0, {}),
    (
        Result(Key("fc", "int8_only", "sni", "cortex_m4", "-O3"), FIGURES, None),
        Result(Key("fc", "basic", "tflm", "cortex_m4", "-O3"), None, Failure("build", "no library")),
    ),
    (Published("EdgeMark", "TFLM", "NUCLEO-L4R5ZI", "FC_0", "basic", 0.1, None, 100, 200, 0.0),),
)


def test_what_is_written_is_read() -> None:
    assert Results.from_json(RESULTS.to_json(), "results.json") == RESULTS


def test_instructions_per_mac() -> None:
    assert FIGURES.instructions_per_mac == 0.25


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "run": {}, "results": []}'])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(ResultsError, match=r"x\.json"):
        Results.from_json(text, "x.json")


def test_other_formats_are_refused() -> None:
    text = json.dumps({**json.loads(RESULTS.to_json()), "format": 0})
    with pytest.raises(ResultsError, match="format 0, this bench reads 1"):
        Results.from_json(text, "x.json")

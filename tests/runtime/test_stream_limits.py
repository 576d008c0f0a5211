"""Limits: what just fits does, what does not is said, and an engine that is too large is refused."""

import pytest

from tests.runtime import harness
from tests.runtime.harness import SMALL, run, skipped, summarised


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_lines_up_to_the_limit_are_rows(end: str) -> None:
    program = harness.build("sum", limits=SMALL)
    fits = "t" * (48 - len(",1,x,2")) + ",1,x,2"
    for text, good in ((fits, True), ("t" + fits, False), ("t" * 1000 + fits, False)):
        outcome = summarised(program, f"t,1,x,2\n{text}{end}")
        assert outcome.summary["results"] == 1 + good
        assert outcome.reports == ([] if good else [f"line 2: line too long ({len(text)} bytes; at most 48)"])


def test_lines_after_a_long_one_keep_their_numbers() -> None:
    program = harness.build("sum", limits=SMALL)
    for size in range(40, 120):
        outcome = summarised(program, f"t,1,x,2\n{'y' * size}\r\nt,1,x,3\n" * 2)
        assert [line.split(",")[0] for line in outcome.lines[1:]] == ["1", "3", "4", "6"]
        assert sum(skipped(outcome.summary).values()) == 2


def test_lines_may_have_more_fields_than_there_is_room_for() -> None:
    program = harness.build("sum", limits=SMALL)
    outcome = summarised(program, "," * 30 + "\nt,1,x,2\n" + "," * 30 + "\n")
    assert outcome.summary["results"] == 1
    assert outcome.reports == [f"line {line}: too many columns (31 instead of 4)" for line in (1, 3)]


def test_everything_goes_through_the_smallest_buffers() -> None:
    rows = "".join(f"{'t' * (i % 30)},{i},x,{-i}\n" for i in range(200))
    small, large = (harness.build("sum", limits=limits) for limits in (SMALL, ()))
    for out in ("csv", "jsonl", "f32", "tensor"):
        assert run(small, rows, f"--out={out}").out == run(large, rows, f"--out={out}").out


def test_an_engine_that_is_too_large_is_refused_with_what_it_needs() -> None:
    program = harness.build("quantised", limits=("-DSNI_MAX_COLUMNS=11", "-DSNI_MAX_LINE=30", "-DSNI_IO_CHUNK=16"))
    outcome = run(program, "", "--quiet")
    assert (outcome.status, outcome.out) == (1, b"")
    assert outcome.log.splitlines() == [
        "error: this model needs 12 columns, the runner has room for 11 (build it with -DSNI_MAX_COLUMNS=12)",
        "error: this model needs 48 bytes for a row, the runner has room for 30 (build it with -DSNI_MAX_LINE=48)",
        "error: this model needs 12 results, the runner has room for 11 (build it with -DSNI_MAX_COLUMNS=12)",
    ]
    outcome = run(program, "", "--quiet", "--in=tensor")
    assert outcome.log.splitlines() == [
        "error: this model needs 12 outputs, the runner has room for 11 (build it with -DSNI_MAX_COLUMNS=12)",
    ]
    window = harness.build("window", limits=("-DSNI_MAX_ECHO=2", "-DSNI_MAX_STREAMS=4"))
    assert run(window, "", "--quiet").log.splitlines() == [
        "error: this model needs 3 echoed columns, the runner has room for 2 (build it with -DSNI_MAX_ECHO=3)",
        "error: this model needs 1024 streams, the runner has room for 4 (build it with -DSNI_MAX_STREAMS=1024)",
    ]


@pytest.mark.parametrize("piece", [1, 7, 16, 29, 30, 31])
def test_tensors_may_be_larger_than_all_limits(piece: int) -> None:
    limits = ("-DSNI_MAX_COLUMNS=11", f"-DSNI_MAX_LINE={piece}", "-DSNI_IO_CHUNK=5")
    small, large = (harness.build("quantised", limits=limits) for limits in (limits, ()))
    tensors = bytes(i * 37 % 251 for i in range(30 * 5))
    for left in (0, 1, 7, 29):
        arguments = (tensors[: len(tensors) - left], "--in=tensor", "--out=tensor")
        ours, theirs = run(small, *arguments), run(large, *arguments)
        assert ours.out == theirs.out
        assert ours.status == theirs.status
        truncated = [f"frame 5: truncated frame ({30 - left} bytes instead of 30)"] if left else []
        for outcome in (ours, theirs):
            assert [line for line in outcome.log.splitlines() if line.startswith("frame")] == truncated


def test_an_engine_that_cannot_start_is_an_error() -> None:
    program = harness.build("sum", defines=("-DENGINE_CANNOT_START",))
    for arguments in (("--quiet",), ("bench",)):
        outcome = run(program, "t,1,x,2\n", *arguments)
        assert (outcome.status, outcome.out, outcome.log) == (1, b"", "error: the engine cannot start: fake\n")

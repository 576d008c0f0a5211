"""No bytes on standard input crash the program, and no row is lost without a trace."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import harness
from tests.runtime.harness import SMALL, summarised

NUMBERS = ["1", "-2.5", "nan", "1e99", "1e-50"]
TEXTS = ["", " ", "t", "a", "b", "time", "#", "\0", "x" * 50, "\ufeff", "\r", '"q"', '"q""q"', '"', '"x"y']
LINE = st.lists(st.sampled_from(NUMBERS + TEXTS), max_size=6).map(",".join)
ROWS = st.builds(
    lambda end, lines: end.join(lines).encode(), st.sampled_from(["\n", "\r\n"]), st.lists(LINE, max_size=12)
)
INPUT = ROWS | st.binary(max_size=300) | st.builds(lambda rows, rest: rows + rest, ROWS, st.binary(max_size=60))
FORMATS = st.sampled_from(["csv", "jsonl", "f32", "tensor"])
FRAME_BYTES = {"f32": {"sum": 16, "window": 12, "quantised": 48}, "tensor": {"sum": 8, "window": 12, "quantised": 30}}
FLAGS = st.fixed_dictionaries(
    {
        "--out": FORMATS,
        "--header": st.sampled_from(["auto", "yes", "no"]),
        "--max-reports": st.sampled_from(["0", "1", "1000"]),
    },
    optional={"--comment": st.just("#")},
)


def arguments(flags: dict[str, str]) -> list[str]:
    return [f"{flag}={value}" for flag, value in flags.items()]


def check(program: Path, data: bytes, flags: list[str], out: str) -> None:
    outcome = summarised(program, data, *flags)
    told = outcome.summary
    refused = "taken for a header" in outcome.log
    assert outcome.status == (1 if refused else 3 if told["skipped"] else 0)
    if refused:
        assert (told["rows"], outcome.out) == (told["skipped"], b"")
    elif out == "csv":
        assert outcome.out.count(b"\n") == told["results"] + 1
    elif out == "jsonl":
        assert outcome.out.count(b"\n") == told["results"]


@settings(deadline=None, max_examples=250)
@given(INPUT, FLAGS, st.sampled_from(["sum", "window"]), st.booleans())
def test_any_bytes_as_csv(data: bytes, flags: dict[str, str], engine: str, small: bool) -> None:
    defines = ("-DSNI_STREAMS=2",) if small else ()
    program = harness.build(engine, limits=SMALL if small else (), defines=defines)
    if flags["--out"] == "csv" and b"\r" in data:
        flags = {**flags, "--out": "jsonl"}  # an echoed CR would be counted as an end of line by nobody but a reader
    check(program, data, arguments(flags), flags["--out"])


@settings(deadline=None, max_examples=120)
@given(st.binary(max_size=200), st.sampled_from(["f32", "tensor"]), FORMATS, st.sampled_from(list(FRAME_BYTES["f32"])))
def test_any_bytes_as_frames(data: bytes, in_format: str, out: str, engine: str) -> None:
    program = harness.build(engine)
    size = FRAME_BYTES[in_format][engine]
    outcome = summarised(program, data, f"--in={in_format}", f"--out={out}")
    assert outcome.summary["rows"] == -(-len(data) // size)
    assert outcome.summary["skipped_by_reason"]["truncated_frame"] == (len(data) % size > 0)
    assert outcome.status == (3 if outcome.summary["skipped"] else 0)

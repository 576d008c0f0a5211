"""Flags, help, version, and the info mode."""

import json
from pathlib import Path

import pytest

from tests.runtime import harness
from tests.runtime.harness import run

FLAGS = (
    "--in --out --header --comment --strict --max-reports --summary --quiet "
    "--iterations --warmup --seed --help --version"
)


@pytest.fixture
def program() -> Path:
    return harness.build("sum")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--in=xml"], "'--in=xml': not accepted (give --in=csv|f32|tensor)"),
        (["--in", "xml"], "'xml': not accepted as a value (give --in=csv|f32|tensor)"),
        (["--in=jsonl"], "'--in=jsonl': not accepted (give --in=csv|f32|tensor)"),
        (["--out="], "'--out=': not accepted (give --out=csv|jsonl|f32|tensor)"),
        (["--out"], "'--out': lacks its value (give --out=csv|jsonl|f32|tensor)"),
        (["--header=maybe"], "'--header=maybe': not accepted (give --header=auto|yes|no)"),
        (["--comment=ab"], "'--comment=ab': not accepted (give --comment=C, C one of # % ; ! / * @ | ~ & $ : ^)"),
        (["--comment=-"], "'--comment=-': not accepted (give --comment=C, C one of # % ; ! / * @ | ~ & $ : ^)"),
        (["--comment="], "'--comment=': not accepted (give --comment=C, C one of # % ; ! / * @ | ~ & $ : ^)"),
        (["--strict=1"], "'--strict=1': takes no value (give --strict)"),
        (["--max-reports=-1"], "'--max-reports=-1': not accepted (give --max-reports=N, N from 0)"),
        (["--summary=xml"], "'--summary=xml': not accepted (give --summary=text|json|none)"),
        (["bench", "--iterations=0"], "'--iterations=0': not accepted (give --iterations=N, N from 1 to 1000000)"),
        (["bench", "--iterations=1e3"], "'--iterations=1e3': not accepted (give --iterations=N, N from 1 to 1000000)"),
        (["bench", "--warmup=+1"], "'--warmup=+1': not accepted (give --warmup=N, N from 0)"),
        (["bench", "--seed=18446744073709551616"],
         "'--seed=18446744073709551616': not accepted (give --seed=N, N from 0 to 18446744073709551615)"),
        (["bench", "--in=csv"], "'--in': means nothing in this mode (it belongs to stream)"),
        (["info", "--seed=1"], "'--seed': means nothing in this mode (it belongs to bench)"),
        (["--iterations=5"], "'--iterations': means nothing in this mode (it belongs to bench)"),
        (["--in=f32", "--header=no"], "'--header': means nothing for binary input (it belongs to --in=csv)"),
        (["--in=tensor", "--comment=#"], "'--comment': means nothing for binary input (it belongs to --in=csv)"),
        (["rows.csv"], "'rows.csv': no such mode (give stream, bench or info; rows are read from standard input)"),
        (["stream", "rows.csv"], "'rows.csv': one word too many (rows are read from standard input)"),
        ([""], "'': no such mode (give stream, bench or info; rows are read from standard input)"),
        (["--inn=csv"], f"'--inn=csv': no such flag (accepted: {FLAGS})"),
        (["-x"], f"'-x': no such flag (accepted: {FLAGS})"),
        (["-"], f"'-': no such flag (accepted: {FLAGS})"),
    ],
)  # fmt: skip
def test_wrong_usage_names_the_fault_and_what_is_accepted(program: Path, arguments: list[str], message: str) -> None:
    outcome = run(program, b"t,1,x,2\n", *arguments)
    assert (outcome.status, outcome.out, outcome.log) == (2, b"", f"error: {message}\n")


def test_all_faults_are_told_at_once(program: Path) -> None:
    log = run(program, b"", "--in=x", "--out=y", "--nope", "word", "more").log
    assert len(log.splitlines()) == 5


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["bench", "--help"], ["--strict", "--help", "info"]])
def test_help(program: Path, arguments: list[str]) -> None:
    outcome = run(program, b"", *arguments)
    assert (outcome.status, outcome.log) == (0, "")
    text = outcome.out.decode()
    for flag in FLAGS.split():
        assert flag in text
    assert "columns of an input row: time a unused b\n" in text
    assert max(map(len, outcome.lines)) <= 100


def test_version(program: Path) -> None:
    sha256 = "0123456789abcdef" * 4
    assert run(program, b"", "--version").lines == [f'sum (fake 1.2.3; model sha256 {sha256}; options some="option")']


def test_the_stream_mode_can_be_named(program: Path) -> None:
    assert run(program, b"t,1,x,2\n", "stream").out == run(program, b"t,1,x,2\n").out


def test_info(program: Path) -> None:
    outcome = run(program, b"", "info")
    told = json.loads(outcome.out)
    assert len(outcome.lines) > 20
    assert told.pop("macs") == 5000000000
    assert told.pop("columns") == [
        {"name": "time", "roles": ["echo"], "frame_type": "uint32"},
        {"name": "a", "roles": ["value"], "frame_type": "float32"},
        {"name": "unused", "roles": [], "frame_type": "uint32"},
        {"name": "b", "roles": ["value"], "frame_type": "float32"},
    ]
    assert told.pop("results") == [
        {"name": "sum", "kind": "real"},
        {"name": "large", "kind": "flag"},
        {"name": "sign", "kind": "label", "labels": ["negative", 'not "negative", that is']},
    ]
    assert told.pop("inputs") == [
        {"name": "x", "dtype": "float32", "shape": [1, 2], "bytes": 8, "scale": None, "zero_point": None}
    ]
    assert told.pop("outputs") == [
        {"name": "y", "dtype": "float32", "shape": [1], "bytes": 4, "scale": None, "zero_point": None}
    ]
    names = "arena_bytes constant_bytes engine model model_sha256 options state_bytes streams version"
    assert sorted(told) == names.split()
    assert told["streams"] == 1


def test_info_of_other_engines() -> None:
    told = json.loads(run(harness.build("window"), b"", "info").out)
    assert told["streams"] == 1024
    assert [column["roles"] for column in told["columns"]] == [["key", "echo"], ["echo"], ["value", "echo"]]
    assert told["outputs"][0]["shape"] == []
    told = json.loads(run(harness.build("quantised"), b"", "info").out)
    assert [(tensor["dtype"], tensor["scale"], tensor["zero_point"]) for tensor in told["inputs"]] == [
        ("int8", 0.5, -1), ("float32", None, None), ("int16", 0.25, 0), ("uint8", 2, 128),
        ("int32", None, None), ("int64", None, None), ("bool", None, None),
    ]  # fmt: skip

"""What comes out: when, in which form, and what happens where it cannot."""

import json
import os
import select
import subprocess
from pathlib import Path
from typing import IO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import harness
from tests.runtime.harness import run


@pytest.fixture(params=["linux", "standard"])
def program(request: pytest.FixtureRequest) -> Path:
    return harness.build("sum", platform=request.param)


def test_json_lines(program: Path) -> None:
    outcome = run(program, 'time,a,b\n"x, ""y""\t",1,2\n,0.25,-1e9\n', "--out=jsonl")
    assert outcome.lines == [
        '{"line":2,"time":"x, \\"y\\"\\t","sum":21,"large":false,"sign":"not \\"negative\\", that is"}',
        '{"line":3,"time":"","sum":-10000000000,"large":false,"sign":"negative"}',
    ]
    assert json.loads(run(program, "t,0,x,20\n", "--out=jsonl").out)["large"] is True


def test_numbers_that_are_not_finite_are_counted(program: Path) -> None:
    """The network may well make infinity of finite numbers."""
    outcome = harness.summarised(program, "t,0,x,3e38\n")
    assert outcome.lines[1].startswith("1,t,inf,1,")
    assert outcome.summary["not_finite"] == 1
    assert "1 inferences, 1 numbers not finite" in run(program, "t,0,x,3e38\n").log
    assert json.loads(run(program, "t,0,x,-3e38\n", "--out=jsonl").out)["sum"] is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=12).filter(lambda text: not set(text) & set(b'\0\n\r,"')), min_size=1, max_size=20))
def test_any_echoed_bytes_make_valid_json_and_come_back_in_csv(texts: list[bytes]) -> None:
    rows = b"".join(text + b",1,x,2\n" for text in texts)
    program = harness.build("sum")
    decoded = [json.loads(line)["time"] for line in run(program, rows, "--out=jsonl", "--header=no").out.splitlines()]
    assert [text.replace("\ufffd", "") for text in decoded] == [
        text.decode(errors="replace").replace("\ufffd", "") for text in texts
    ]
    lines = run(program, rows, "--header=no").out.split(b"\n")[1:-1]
    assert [line.split(b",")[1].strip(b'"') for line in lines] == texts


def said_of_a_full_disk(program: Path, *arguments: str) -> str:
    command = [str(program), *arguments]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, input=b"t,1,x,2\n", stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    return done.stderr.decode()


@pytest.mark.parametrize("arguments", [[], ["bench", "--iterations=1"], ["info"], ["--help"], ["--version"]])
def test_a_full_disk_is_an_error(program: Path, arguments: list[str]) -> None:
    first = said_of_a_full_disk(program, *arguments).splitlines()[0]
    assert first.startswith("error: ")
    assert "standard output" in first


def test_the_reason_of_a_failed_write_is_told() -> None:
    assert said_of_a_full_disk(harness.build("sum"), "--quiet") == (
        "error: the results cannot be written to standard output: No space left on device\n"
    )


def test_a_closed_pipe_ends_the_run_with_an_error() -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    rows = b"t,1,x,2\n" * 1_000_000
    try:
        done = subprocess.run(
            [harness.build("sum")], input=rows, stdout=write_end, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(write_end)
    error, counts = done.stderr.splitlines()[:2]
    assert error == b"error: the results cannot be written to standard output: Broken pipe"
    assert int(counts.split()[0]) < 100_000, "rows were read whose results nobody could have"
    assert done.returncode == 1


def test_an_input_that_cannot_be_read_is_an_error(program: Path, tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        done = subprocess.run([program, "--quiet"], stdin=folder, capture_output=True, check=False)
    finally:
        os.close(folder)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: standard input cannot be read: ")


def test_an_input_that_does_not_wait_is_waited_for() -> None:
    """Another program may have made the pipe's end non-blocking."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    with subprocess.Popen([harness.build("sum"), "--quiet"], stdin=read_end, stdout=subprocess.PIPE) as process:
        os.close(read_end)
        assert not select.select([process.stdout], [], [], 0.3)[0]
        os.write(write_end, b"t,1,x,2\n")
        os.close(write_end)
        assert process.stdout.read().count(b"\n") == 2
    assert process.returncode == 0


def soon(stream: IO[bytes], size: int | None = None) -> bytes:
    """The next line of a stream, or as many bytes; fails where they do not come, rather than wait for ever."""
    data = b""
    while len(data) < size if size else not data.endswith(b"\n"):
        assert select.select([stream], [], [], 30)[0], f"nothing after {data!r}"
        piece = os.read(stream.fileno(), 1)
        assert piece, f"the end after {data!r}"
        data += piece
    return data


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_results_come_as_soon_as_their_rows(program: Path, end: str) -> None:
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        for number in range(1, 4):
            process.stdin.write(f"t{number},1,x,2{end}bad{end}".encode())
            process.stdin.flush()
            if number == 1:
                assert soon(process.stdout).startswith(b"line,")
            assert soon(process.stdout).startswith(f"{2 * number - 1},t{number},21".encode())
            assert soon(process.stderr).startswith(f"line {2 * number}: too few".encode())
        process.stdin.close()
        assert process.stdout.read() == b""
        process.stdin = None
    assert process.returncode == 3


def test_binary_results_come_as_soon_as_their_frames() -> None:
    with subprocess.Popen([harness.build("sum"), "--in=f32", "--out=tensor"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # fmt: skip
        for _ in range(3):
            process.stdin.write(bytes(16))
            process.stdin.flush()
            assert soon(process.stdout, 4) == bytes(4)
        process.stdin.close()
        process.stdin = None
    assert process.returncode == 0

"""Bazel as the bench calls it: which one, what it is asked, and what comes of its failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.bench.suite.bazel import Bazel, BazelError, build, find_bazel
from tools.bench.suite.progress import Lines

FAKE = """\
#!/bin/sh
for argument in "$@"; do
  case $argument in
    --build_event_json_file=*) events=${argument#*=} ;;
    --target_pattern_file=*) patterns=${argument#*=} ;;
  esac
done
echo "asked: $(pwd) $* $(cat "$patterns")" >&2
echo "[1,234 / 5,678] Compiling x; 3s linux-sandbox" >&2
"""


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_which_bazel(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    with pytest.raises(BazelError, match="no Bazel"):
        find_bazel(tmp_path, {"PATH": str(tools)})
    bazel = program(tools / "bazel", "")
    assert find_bazel(tmp_path, {"PATH": str(tools)}).command == (str(bazel),)
    bazelisk = program(tools / "bazelisk", "")
    assert find_bazel(tmp_path, {"PATH": str(tools)}).command == (str(bazelisk),)
    own = program(tools / "own", "")
    assert find_bazel(tmp_path, {"PATH": str(tools), "BAZEL": "own"}).command == (str(own),)
    wrapper = program(tmp_path / "bazelw", "")
    assert find_bazel(tmp_path, {"PATH": str(tools), "BAZEL": "own"}).command == (str(wrapper),)


def test_a_build(tmp_path: Path) -> None:
    fake = program(tmp_path / "fake", FAKE + 'echo \'{"id":{"started":{}}}\' > "$events"\nexit 1\n')
    told: list[tuple[int, int, str]] = []
    log = tmp_path / "results/build.log"
    made = build(Bazel((str(fake),), tmp_path), ["//a", "//b"], log, lambda *how: told.append(how), ["--flag"])
    assert made.built.failures.keys() == {"//a", "//b"}
    assert made.trace == {}
    assert told == [(1234, 5678, "Compiling x; 3s linux-sandbox")]
    first = log.read_text().splitlines()[0]
    assert first.startswith(f"asked: {tmp_path} build --keep_going ")
    assert " --flag " in first


def test_a_bazel_that_cannot_even_begin(tmp_path: Path) -> None:
    fake = program(tmp_path / "fake", FAKE + 'echo "ERROR: no such package" >&2\necho "more" >&2\nexit 7\n')
    with pytest.raises(BazelError, match="exit status 7\nERROR: no such package\nmore"):
        build(Bazel((str(fake),), tmp_path), ["//a"], tmp_path / "build.log", lambda *_: None)


@pytest.mark.parametrize("times", [1, 2])
def test_what_a_cache_has_lost_is_asked_for_once_more(tmp_path: Path, times: int) -> None:
    lost = f'echo x >> "{tmp_path}/tries"\n[ "$(wc -l < "{tmp_path}/tries")" -gt {times} ] || exit 39\n'
    fake = program(tmp_path / "fake", FAKE + 'echo \'{"id":{"started":{}}}\' > "$events"\n' + lost)
    bazel, log = Bazel((str(fake),), tmp_path), tmp_path / "build.log"
    if times == 1:
        assert build(bazel, ["//a"], log, lambda *_: None).built.failures.keys() == {"//a"}
    else:
        with pytest.raises(BazelError, match="exit status 39"):
            build(bazel, ["//a"], log, lambda *_: None)
    assert (tmp_path / "tries").read_text() == "x\n" * 2


def test_lines_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines() as lines:
        for done in range(3):
            lines.building(done, 1000, "Compiling")
        lines.measured(1, 2, "a cell")
    assert capsys.readouterr().err == "building: 0 of 1,000 actions; Compiling\n[1/2] a cell\n"

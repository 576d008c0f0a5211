"""pytest_test's main program gives Bazel what it expects: statuses, a report, shards, filters."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.testing import pytest_main

FOUR_TESTS = "\n".join(f"def test_{letter}():\n    assert True\n" for letter in "abcd")


def run(folder: Path, source: str, name: str = "test_x.py", **environment: str) -> tuple[int, str]:
    """Runs a file with tests in a folder of its own; exit status and output."""
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    (folder / name).write_text(source, encoding="utf-8")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("TEST")}
    inherited.pop("XML_OUTPUT_FILE", None)
    done = subprocess.run(
        [sys.executable, str(Path(pytest_main.__file__).absolute()), name],
        cwd=folder,
        env=inherited | {"TEST_TMPDIR": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_passing_file_passes(tmp_path: Path) -> None:
    status, output = run(tmp_path, FOUR_TESTS)
    assert status == 0
    assert "4 passed" in output


def test_failing_test_fails(tmp_path: Path) -> None:
    status, output = run(tmp_path, "def test_a():\n    assert 1 == 2\n")
    assert status == 1
    assert "assert 1 == 2" in output


@pytest.mark.parametrize(("name", "source"), [("test_x.py", "def tset_a(): pass\n"), ("checks.py", FOUR_TESTS)])
def test_file_without_tests_fails(tmp_path: Path, name: str, source: str) -> None:
    status, output = run(tmp_path, source, name)
    assert status != 0
    assert f"no test in ['{name}']" in output


def test_filter_selects_and_may_select_nothing(tmp_path: Path) -> None:
    status, output = run(tmp_path, FOUR_TESTS, TESTBRIDGE_TEST_ONLY="test_b or test_c")
    assert status == 0
    assert "2 passed, 2 deselected" in output
    assert run(tmp_path, FOUR_TESTS, TESTBRIDGE_TEST_ONLY="test_z")[0] == 0


def test_shards_share_the_tests_out(tmp_path: Path) -> None:
    outputs = []
    for index in range(3):
        announced = tmp_path / f"shard{index}"
        shard = {"TEST_TOTAL_SHARDS": "3", "TEST_SHARD_INDEX": str(index), "TEST_SHARD_STATUS_FILE": str(announced)}
        status, output = run(tmp_path, FOUR_TESTS, **shard)
        assert status == 0
        assert announced.exists()
        outputs.append({letter for letter in "abcd" if f"::test_{letter} PASSED" in output})
    assert outputs == [{"a", "d"}, {"b"}, {"c"}]


def test_report_names_skips_with_their_reason(tmp_path: Path) -> None:
    xml = tmp_path / "report.xml"
    source = "import pytest\ndef test_a():\n    pytest.skip('needs a boat')\n"
    assert run(tmp_path, source, XML_OUTPUT_FILE=str(xml))[0] == 0
    assert [element.get("message") for element in ElementTree.parse(xml).iter("skipped")] == ["needs a boat"]


def test_hypothesis_is_derandomised(tmp_path: Path) -> None:
    source = (
        "import pathlib\nfrom hypothesis import given, strategies as st\n"
        "@given(st.integers())\ndef test_a(x):\n    with pathlib.Path('seen').open('a') as f: f.write(f'{x} ')\n"
    )
    runs = []
    for _ in range(2):
        assert run(tmp_path, source)[0] == 0
        runs.append((tmp_path / "seen").read_text(encoding="utf-8"))
        (tmp_path / "seen").unlink()
    assert len(runs[0].split()) >= 50
    assert runs[0] == runs[1]

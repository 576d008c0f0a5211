"""The main command, as a user runs it."""

import csv
import re
import subprocess

import pytest

from examples.ais_detector import generate, paths
from examples.ais_detector.tests import programs


def run(*arguments: str, name: str = "detector") -> subprocess.CompletedProcess[str]:
    return programs.run("demo", f"--program={programs.detector(name).resolve()}", *arguments)


def test_most_of_what_was_put_in_is_found() -> None:
    done = run()
    assert done.returncode == 0, done.stderr
    found = {name: (int(a), int(b)) for name, a, b in re.findall(r"^  (\w+) +(\d+) of +(\d+)", done.stdout, re.M)}
    assert set(found) == {*generate.ANOMALIES, "all"}
    for name in (*generate.REPORTED, "circle"):
        hit, total = found[name]
        assert total > 0
        assert hit == total, name
    false_alarms, rows = re.search(r"false alarms: (\d+) of ([\d,]+) normal rows", done.stdout).groups()
    assert 0 < int(false_alarms) < 0.01 * int(rows.replace(",", ""))
    assert "rows/s" in done.stdout
    assert "multiply-accumulates" in done.stdout


def test_the_float_detector_runs_too() -> None:
    done = run("--vessels=5", "--hours=12", "--seed=4", name="detector_float32")
    assert done.returncode == 0, done.stderr
    assert "(float32)" in done.stdout


def test_your_own_file(tmp_path) -> None:
    made, out = tmp_path / "made.csv", tmp_path / "scores.csv"
    scene = generate.scene(9, 6, 24.0, 3.0)
    made.write_text("".join(generate.lines(scene, truth=True)))
    done = run(f"--csv={made}", f"--out={out}")
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == 6 * 144
    alarms = sum(row["anomaly"] == "1" for row in rows)
    assert alarms > 0
    assert f"{alarms} alarms in {6 * 138:,} scored rows of 6 tracks" in done.stdout


def test_rows_that_cannot_be_used_are_told(tmp_path) -> None:
    made = tmp_path / "made.csv"
    lines = generate.lines(generate.scene(9, 2, 6.0), truth=False)
    made.write_text("".join([*lines, "1,2,north,4,5,6\n"]))
    done = run(f"--csv={made}")
    assert done.returncode == 0
    assert "north" in done.stderr or f"line {len(lines) + 1}" in done.stderr


def test_tracks_that_are_too_short_are_explained(tmp_path) -> None:
    made = tmp_path / "made.csv"
    made.write_text("".join(generate.lines(generate.scene(9, 2, 6.0), truth=False)[:6]))
    assert "no row could be scored" in run(f"--csv={made}").stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--csv=/no/such/file.csv"], "/no/such/file.csv: No such file"),
        (["--csv=/dev/null", "--out=/no/such/folder/x"], "/no/such/folder/x"),
        (["--vessels=0"], "0 vessels"),
        (["--hours=1"], "1.0 hours"),
        (["tracks.csv"], "tracks.csv"),
        (["--program=/no/such/program"], "no such program"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], told: str) -> None:
    done = run(*arguments)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_text_is_explained(tmp_path) -> None:
    path = tmp_path / "binary.csv"
    path.write_bytes(bytes(range(256)))
    done = run(f"--csv={path}")
    assert done.returncode != 0
    assert "is no UTF-8 text" in done.stderr


def test_the_run_in_the_readme_is_this_one() -> None:
    """All but the lines that depend on the compiler's version and the machine's speed."""
    readme = (paths.FOLDER / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("<!-- run:begin -->\n```\n")[2].partition("\n```\n<!-- run:end -->")[0].splitlines()
    printed = run().stdout.splitlines()
    assert len(shown) > 40
    assert shown[1:-1] == printed[1:-1]

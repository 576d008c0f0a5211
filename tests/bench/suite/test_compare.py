"""What changed between two results of a suite, and when that is bad."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.suite.made import FIGURES, bad, good, key, results
from tools.bench.suite.compare import add_arguments, rendered, run
from tools.bench.suite.comparison import MEASURES, Comparison, Thresholds, compare
from tools.bench.suite.results import Error, Failure, Figures, Result, Results, Wall

COUNTS = st.integers(0, 50)
SHARES = st.floats(0, 1) | st.just(math.nan)
FIGURE_SETS = st.builds(
    replace,
    st.just(FIGURES),
    instructions=st.none() | COUNTS,
    wall=st.none() | st.builds(Wall, COUNTS, COUNTS, COUNTS),
    flash=COUNTS,
    ram=COUNTS,
    stack=st.none() | COUNTS,
    arena=COUNTS,
    error=st.none() | st.builds(Error, SHARES, SHARES, SHARES, st.none(), COUNTS),
    exact=st.none() | st.booleans(),
    build_s=st.none() | st.floats(0, 9),
)
RESULTS = st.lists(
    st.tuples(st.sampled_from("abcd"), FIGURE_SETS | st.builds(Failure, st.just("run"), st.text())),
    unique_by=lambda pair: pair[0],
).map(
    lambda cells: results(
        *(Result(key(name), *((found, None) if isinstance(found, Figures) else (None, found))) for name, found in cells)
    )
)


def status(folder: Path, old: Results, new: Results, *thresholds: str) -> int:
    paths = folder / "old.json", folder / "new.json"
    for path, found in zip(paths, (old, new), strict=True):
        path.write_text(found.to_json())
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = [*map(str, paths), *(f"--threshold={threshold}" for threshold in thresholds)]
    return run(parser.parse_args(arguments))


@given(RESULTS)
def test_nothing_changed(found: Results) -> None:
    comparison = compare(found, found)
    assert comparison == Comparison((), (), (), (), (), sum(result.figures is not None for result in found.results))
    assert "no figures got worse" in rendered(found, found, comparison, Thresholds(0))


@given(RESULTS, RESULTS)
def test_back_again(old: Results, new: Results) -> None:
    there, back = compare(old, new), compare(new, old)
    assert [result.key for result in there.appeared] == list(back.vanished)
    assert {key for key, _ in there.broke} == set(back.mended)
    assert there.both == back.both
    names = [{(change.key, change.measure.name) for change in way.changes} for way in (there, back)]
    assert names[0] == names[1]
    growth = {(change.key, change.measure.name): change.growth for change in back.changes}
    for change in there.changes:
        assert (change.growth > 0) != (growth[change.key, change.measure.name] > 0)


@given(RESULTS, RESULTS, st.floats(0, 2), st.floats(0, 2))
def test_worst_first_and_what_is_allowed(old: Results, new: Results, a: float, b: float) -> None:
    changes = compare(old, new).changes
    assert [change.growth for change in changes] == sorted((change.growth for change in changes), reverse=True)
    strict, lax = Thresholds(min(a, b)), Thresholds(max(a, b))
    for change in changes:
        assert change.growth != 0
        assert strict.passed(change) or not lax.passed(change)


@given(RESULTS, RESULTS)
def test_what_is_printed(old: Results, new: Results) -> None:
    comparison = compare(old, new)
    lines = rendered(old, new, comparison, Thresholds(0)).splitlines()
    assert sum(line.endswith("| worse   |") for line in lines) == sum(map(Thresholds(0).passed, comparison.changes))
    for name, found in (("Broke", comparison.broke), ("Mended", comparison.mended), ("New", comparison.appeared)):
        assert (f"## {name}" in lines) == bool(found)


EXPECTED = """\
# small, 2026-01-02, and small, 2026-02-03

4 cells measured in both: 3 figures got worse by more than is allowed. 1 cell broke.

## Broke

* e/int8_only/sni/cortex_m4/-O3: build: it fails

## Figures

| cell                          | figure       |   old |   new |  change | verdict |
| ----------------------------- | ------------ | ----: | ----: | ------: | ------- |
| a/int8_only/sni/cortex_m4/-O3 | exact        |   yes |    no |  from 0 | worse   |
| c/int8_only/sni/cortex_m4/-O3 | stack        |   128 |  none |    lost | worse   |
| a/int8_only/sni/cortex_m4/-O3 | instructions | 1,000 | 1,200 | +20.00% | worse   |
| b/int8_only/sni/cortex_m4/-O3 | flash        | 4,096 | 4,097 |  +0.02% |         |
| b/int8_only/sni/cortex_m4/-O3 | ram          |   512 |   256 | -50.00% |         |

## Times that changed by more than 10%, on here, then on there

| cell                          | figure |       old |       new |   change | verdict |
| ----------------------------- | ------ | --------: | --------: | -------: | ------- |
| d/int8_only/sni/cortex_m4/-O3 | wall   | 10,000 ns | 20,000 ns | +100.00% |         |

## Mended

* f/int8_only/sni/cortex_m4/-O3

## New

* h/int8_only/sni/cortex_m4/-O3: build fails

## No longer there

* g/int8_only/sni/cortex_m4/-O3
"""


def test_the_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = results(*map(good, "abcde"), bad("f"), good("g"), machine="here")
    new = results(
        good("a", instructions=1200, exact=False),
        good("b", flash=4097, ram=256),
        good("c", stack=None, build_s=2.1),
        good("d", wall=Wall(20_000, 20_000, 20_000)),
        bad("e"),
        good("f"),
        bad("h"),
        started="2026-02-03",
        machine="there",
    )
    assert status(tmp_path, old, new) == 1
    assert capsys.readouterr().out == EXPECTED


@pytest.mark.parametrize(
    ("change", "thresholds", "expected"),
    [
        ({"flash": 4100}, [], 0),
        ({"flash": 4200}, [], 1),
        ({"flash": 4200}, ["5%"], 0),
        ({"flash": 4200}, ["flash=5%"], 0),
        ({"flash": 4200}, ["ram=5%"], 1),
        ({"flash": 4100}, ["5%", "flash=0%"], 1),
        ({"flash": 4000, "instructions": 1}, ["0%"], 0),
        ({"arena": 300}, [], 1),
        ({"exact": False}, ["1000%"], 1),
        ({"exact": None}, [], 1),
        ({"instructions": None}, [], 1),
        ({"error": Error(0.5, 0.1, 0.02, None, 16)}, [], 1),
        ({"error": Error(0.5, 0.1, 0.0100009, None, 16)}, ["0%"], 0),
        ({"error": Error(0.5, 0.1, math.nan, None, 16)}, [], 1),
        ({"wall": Wall(99_000, 99_000, 99_000)}, ["0%"], 0),
        ({"wall": Wall(99_000, 99_000, 99_000)}, ["wall=50%"], 1),
        ({"build_s": 9.0}, ["1%"], 0),
        ({"build_s": 9.0}, ["build=100%"], 1),
        ({"constants": 9999, "weights": 1, "macs": 1}, ["0%"], 0),
    ],
)
def test_the_exit_status(tmp_path: Path, change: dict[str, object], thresholds: list[str], expected: int) -> None:
    assert status(tmp_path, results(good("a")), results(good("a", **change)), *thresholds) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([good("a")], [bad("a")], 1),
        ([bad("a")], [good("a")], 0),
        ([bad("a")], [bad("a")], 0),
        ([good("a")], [], 0),
        ([], [bad("a")], 0),
    ],
)
def test_cells_that_break(tmp_path: Path, old: list[Result], new: list[Result], expected: int) -> None:
    assert status(tmp_path, results(*old), results(*new)) == expected


@pytest.mark.parametrize("text", [None, "", "{}", b"\xff"])
def test_files_that_are_no_results(
    tmp_path: Path, text: str | bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.json"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert run(argparse.Namespace(old=path, new=path, threshold=[])) == 2
    assert capsys.readouterr().err.startswith(f"error: {path}: ")


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        ("1", "'1': a percentage is needed, as 1% or flash=0.5%"),
        ("-1%", "'-1%': a percentage is needed"),
        ("flahs=1%", "'flahs' is no figure (did you mean \"flash\"?); accepted: instructions, flash, ram, stack"),
    ],
)
def test_wrong_thresholds(tmp_path: Path, threshold: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        status(tmp_path, results(), results(), threshold)
    assert said in capsys.readouterr().err


def test_the_measures_have_different_names() -> None:
    assert len({measure.name for measure in MEASURES}) == len(MEASURES) == 9

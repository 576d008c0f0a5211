"""A suite of real programs, measured: figures, failed cells, and runs that go on where another one ended."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tools.bench.suite import running
from tools.bench.suite.bazel import Build
from tools.bench.suite.events import Built, Work
from tools.bench.suite.measure import files_of
from tools.bench.suite.plan import Plan, read_plan
from tools.bench.suite.results import Failure, Figures, Key, Result, Results
from tools.bench.suite.running import run_cells, work_by_model
from tools.compare.program import ProgramError
from tools.report.browser import browser, chromium, opened
from tools.report.screenshots import take
from tools.report.write import write_report

HERE = Path("tests/bench/suite")
PLATFORMS = ("armv7l", "cortex_m4", "x86_64")
INSTRUCTIONS = 6
"""Number of the report's column, from 1."""


@pytest.fixture(scope="module")
def plan() -> Plan:
    return read_plan(HERE / "dense.json")


def built(plan: Plan) -> Build:
    """As Bazel has built it for this test."""
    folders = {label: HERE / label.rpartition(":")[2] for label in plan.labels}
    return Build(Built({label: path.absolute() for label, path in folders.items()}, {}), {}, 1.0)


def run(plan: Plan, build: Build, out: Path) -> tuple[Results, list[str]]:
    said: list[str] = []
    results = run_cells(plan, build, out, "bench", (), lambda _done, _known, what: said.append(what))
    assert Results.from_json((out / "results.json").read_text(), "results.json") == results
    return results, said


@pytest.fixture(scope="module")
def first(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> tuple[Results, Path]:
    out = tmp_path_factory.mktemp("results")
    return run(plan, built(plan), out)[0], out


def figures(results: Results, **parts: str) -> list[tuple[Key, Figures]]:
    found = [
        (result.key, result.figures)
        for result in results.results
        if all(getattr(result.key, name) == part for name, part in parts.items())
    ]
    assert found
    assert all(of is not None for _, of in found)
    return found


def test_the_cells_are_those_of_the_suite(plan: Plan, first: tuple[Results, Path]) -> None:
    assert [result.key for result in first[0].results] == [cell.key for cell in plan.cells]
    assert [(cell.key.model, cell.key.variant, cell.key.platform, cell.key.engine) for cell in plan.cells] == [
        (model, variant, platform, engine)
        for model in ("dense", "trained")
        for variant in ("basic", "int8_only")
        for platform in PLATFORMS
        for engine in ("sni", "microtvm")
    ]
    assert [result.failure for result in first[0].results] == [None] * 24


def test_integers_have_the_bits_of_tflm(first: tuple[Results, Path]) -> None:
    assert all(of.exact for _, of in figures(first[0], variant="int8_only", engine="sni"))


def test_errors_against_the_float_network(first: tuple[Results, Path]) -> None:
    for _, of in figures(first[0], variant="basic"):
        assert of.error.samples == 16
        assert of.error.max_abs < 1e-6
        assert of.error.top1 == 1
    for _, of in figures(first[0], variant="int8_only", engine="sni"):
        assert 1e-4 < of.error.mean_abs < 0.05
        assert of.error.mean_abs < of.error.max_abs
        assert of.error.of_range == pytest.approx(of.error.mean_abs / 0.9, rel=0.3)  # of softmax


def test_the_figures_of_every_cell(first: tuple[Results, Path]) -> None:
    for key, of in figures(first[0]):
        assert of.macs == of.weights == 192, key  # there are no biases
        assert of.instructions > 400
        assert of.instructions_per_mac == of.instructions / 192
        assert (of.wall is not None) == (key.platform == "x86_64")
        assert of.flash > 768 / (4 if key.variant == "int8_only" else 1)
        assert 0 < of.arena <= of.ram
        assert of.edgemark.flash_net == pytest.approx(of.flash, abs=1200)
        assert of.edgemark.flash_total > 10 * 1024
        assert of.command.startswith("bazel run //tests/bench/suite:dense_")
        assert len(of.program) == len(of.fingerprint) == 64
    wall = figures(first[0], platform="x86_64")[0][1].wall
    assert 0 < wall.p50 <= wall.p90 <= wall.p99


def test_layers_make_up_an_inference(first: tuple[Results, Path]) -> None:
    for key, of in figures(first[0]):
        counted = [layer.instructions for layer in of.layers if layer.instructions is not None]
        assert len(counted) >= len(of.layers) - 1, key
        # The rest are calls.
        assert 0 <= of.instructions - sum(counted) < 40, key
        assert sum(layer.macs for layer in of.layers) == of.macs
        assert all(layer.flash > 0 for layer in of.layers if layer.macs)
        assert max(buffer.offset + buffer.size for buffer in of.buffers) <= of.arena
        assert all(buffer.first <= buffer.last < len(of.layers) for buffer in of.buffers)


def test_its_report_in_a_browser(first: tuple[Results, Path], tmp_path: Path) -> None:
    """That of a suite as CI measures it: tests/report tries all that the page can do, on results that are made up."""
    if chromium() is None:
        pytest.skip("needs Chromium, and neither chromium, chromium-browser nor google-chrome is on PATH")
    write_report(first[0], tmp_path)
    complaints: list[str] = []
    with browser(tmp_path, viewport={"width": 1280, "height": 900}) as context:
        page = context.pages[0]
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        opened(context, tmp_path / "report.html")
        page.locator(f".cells thead th:nth-child({INSTRUCTIONS}) button").click()
        texts = page.locator(f".cells tbody tr td:nth-child({INSTRUCTIONS})").evaluate_all(
            "cells => cells.map(cell => cell.firstChild.textContent)"
        )
        assert [int(text.replace(",", "")) for text in texts] == sorted(
            result.figures.instructions for result in first[0].results
        )
        page.set_viewport_size({"width": 375, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        take(page, Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", tmp_path)))
    assert complaints == []


def test_a_second_run_measures_nothing(
    plan: Plan, first: tuple[Results, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "measured", lambda *_: pytest.fail("measured again"))
    again, said = run(plan, built(plan), first[1])
    assert again.results == first[0].results
    assert again.run.reused == len(said) == 24
    assert not again.run.cold


def fake(instructions: int) -> Figures:
    return Figures("1", instructions, None, 1, 1, 1, 1, 1, 1, 1, None, None, None, None, "", "")


def test_a_program_that_changed_is_measured(
    plan: Plan, first: tuple[Results, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, made = plan.cells[2], built(plan)
    copy = shutil.copytree(
        made.built.folders[cell.label], tmp_path / "cell", ignore=shutil.ignore_patterns("*runfiles*")
    )
    with files_of(copy, None).report.open("a") as report:
        report.write("\n")
    folders = {**made.built.folders, cell.label: copy}
    trace = {(label, ""): Work(1, 2.5) for label in cell.own_labels}
    shutil.copy(first[1] / "results.json", tmp_path / "results.json")
    monkeypatch.setattr(running, "measured", lambda *given: replace(fake(7), build_s=given[3]))
    results, _ = run(plan, Build(Built(folders, {}), trace, 1.0), tmp_path)
    assert results.results[2].figures == replace(fake(7), build_s=7.5)
    assert results.run.reused == 23
    assert [of for at, of in enumerate(results.results) if at != 2] == [
        of for at, of in enumerate(first[0].results) if at != 2
    ]


def test_a_run_that_was_interrupted_goes_on(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def end_at_three(done: int, _known: int, _what: str) -> None:
        if done == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "measured", lambda files, *_: replace(fake(1), fingerprint=files.fingerprint))
    with pytest.raises(KeyboardInterrupt):
        run_cells(plan, built(plan), tmp_path, "bench", (), end_at_three)
    assert len(Results.from_json((tmp_path / "results.json").read_text(), "").results) == 3
    monkeypatch.setattr(running, "measured", lambda files, *_: replace(fake(100), fingerprint=files.fingerprint))
    results, _ = run(plan, built(plan), tmp_path)
    assert results.run.reused == 3
    assert sorted(result.figures.instructions for result in results.results) == [1] * 3 + [100] * 21


def test_cells_that_fail_do_not_take_others_with_them(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbuilt, broken = plan.cells[0], plan.cells[5]
    made = built(plan)
    folders = {label: folder for label, folder in made.built.folders.items() if label != unbuilt.label}
    reason = Failure("convert", "layer 3: no\nlayer 4: neither")

    def measure(_files: object, _platform: str, command: str, _seconds: float | None) -> Figures:
        if broken.label in command:
            raise ProgramError("run", "program bench: exit status 134\nfault: bus fault")
        return fake(1)

    monkeypatch.setattr(running, "measured", measure)
    results, said = run(plan, Build(Built(folders, {unbuilt.label: reason}), {}, 1.0), tmp_path)
    assert results.results[0] == Result(unbuilt.key, None, reason)
    assert results.results[5].failure == Failure("run", "program bench: exit status 134\nfault: bus fault")
    assert sum(result.figures is not None for result in results.results) == 22
    assert "dense/basic/sni/armv7l/-O3: convert failed: layer 3: no" in said


def test_a_program_that_breaks(plan: Plan, tmp_path: Path) -> None:
    cell = next(cell for cell in plan.cells if cell.key.platform == "x86_64")
    made = built(plan)
    copy = shutil.copytree(
        made.built.folders[cell.label], tmp_path / "cell", ignore=shutil.ignore_patterns("*runfiles*")
    )
    files = files_of(copy, None)
    files.program.unlink()
    files.program.write_text('#!/bin/sh\necho "error: out of luck" >&2\nexit 3\n')
    files.program.chmod(0o755)
    alone = replace(plan, cells=(cell,))
    results, _ = run(alone, Build(Built({**made.built.folders, cell.label: copy}, {}), {}, 1.0), tmp_path)
    assert results.results[0].failure == Failure("run", "program info: exit status 3\nerror: out of luck")


def test_work_is_told_by_model(plan: Plan) -> None:
    trace = {
        ("//tests/bench/suite:dense_dense_basic_sni_O3", "a"): Work(2, 1.0),
        ("//tests/bench/suite:dense_dense_basic_sni_O3_model", "b"): Work(3, 1.0),
        ("//tests/bench/suite:dense_trained_tflite", "a"): Work(1, 9.0),
        ("//sni_rules/runtime:runner", "a"): Work(5, 1.0),
    }
    assert work_by_model(plan, Build(Built({}, {}), trace, 1.0)) == {"dense": 5, "trained": 1, "shared": 5}


def test_cells_say_what_they_consist_of() -> None:
    cell = json.loads((HERE / "dense_dense_basic_sni_O3_cortex_m4/cell.json").read_text())
    assert cell == {
        "c_name": "dense_dense_basic_sni_O3_model",
        "emulated": True,
        "program": "program.elf",
        "run": "emulated",
    }

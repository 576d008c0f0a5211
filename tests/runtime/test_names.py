"""Columns and results that the engine does not name: the runner names them after their tensors."""

from __future__ import annotations

import json

from tests.runtime.harness import build, run

COLUMNS = ["input_0_0", "input_0_1", "input_1_0"]
RESULTS = ["output_0_0", "output_1_0", "output_1_1"]


def test_info_has_the_names() -> None:
    told = json.loads(run(build("unnamed"), b"", "info").out)
    assert [column["name"] for column in told["columns"]] == COLUMNS
    assert all(column["roles"] == ["value"] for column in told["columns"])
    assert [(result["name"], result["kind"]) for result in told["results"]] == [(name, "real") for name in RESULTS]


def test_columns_are_found_by_their_names() -> None:
    outcome = run(build("unnamed"), "input_1_0,other,input_0_1,input_0_0\n5,x,3,2\n")
    assert outcome.lines == [f"line,{','.join(RESULTS)}", "2,10,10,15"]


def test_columns_are_found_by_position() -> None:
    assert run(build("unnamed"), "2,3,5\n", "--out=jsonl").lines == [
        '{"line":1,"output_0_0":10,"output_1_0":10,"output_1_1":15}'
    ]


def test_a_bad_field_and_a_missing_column_are_named() -> None:
    outcome = run(build("unnamed"), "2,3,5\n2,x,5\n")
    assert outcome.reports == ["line 2: not a number (column 'input_0_1', value 'x')"]
    outcome = run(build("unnamed"), "input_0_0,input_0_1\n2,3\n")
    assert outcome.status == 1
    assert "it lacks 'input_1_0'" in outcome.log


def test_help_has_the_names() -> None:
    assert f"columns of an input row: {' '.join(COLUMNS)}\n" in run(build("unnamed"), b"", "--help").out.decode()

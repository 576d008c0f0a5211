"""Budgets and reports of sizes, from sizes that are given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.size.budget import check
from tools.size.cli import main
from tools.size.measure import Size, Stack
from tools.size.parts import Part
from tools.size.problem import SizeError
from tools.size.report import comparison_json, comparison_text, from_json, to_json, to_text
from tools.size.stack import Bound

SIZE = Size(
    name="kws",
    flash=31_900,
    ram=10_048,
    stack=Stack(
        {
            "kws_init": Bound(8, (("kws_init", 8),)),
            "kws_invoke": Bound(404, (("kws_invoke", 16), ("kws_0_conv_2d", 388))),
        },
        None,
    ),
    parts=(Part("layer 0_conv_2d", 4_000, 352, 0), Part("state", 0, 0, 10_048), Part("library memcpy", 308, 308, 0)),
    sections=((".text", 3_600, 0), (".rodata", 28_300, 0), (".bss", 0, 10_048)),
)
UNKNOWN = Size("odd", 10, 0, Stack({}, "f: calls itself, so its stack has no bound (f -> f)"), (), ())


def test_within_the_budget_nothing_happens() -> None:
    check(SIZE, {"flash": 31_900, "ram": 10_048, "stack": 404}, "//app:kws")


def test_an_exceeded_budget_says_by_how_much_and_what_takes_the_space() -> None:
    with pytest.raises(SizeError) as error:
        check(SIZE, {"flash": 30_000, "ram": 12_000, "stack": 400}, "//app:kws")
    assert str(error.value).splitlines() == [
        "//app:kws: over its budget of flash, stack (in bytes)",
        "budget   limit  figure  exceeded by",
        "flash   30,000  31,900        1,900",
        "ram     12,000  10,048",
        "stack      400     404            4",
        "",
        "part             flash  of it code  constants     RAM",
        "layer 0_conv_2d  4,000         352      3,648",
        "library memcpy     308         308",
        "state                                          10,048",
        "",
        "function    stack  deepest path",
        "kws_invoke    404  kws_invoke 16 > kws_0_conv_2d 388",
        "kws_init        8  kws_init 8",
    ]


def test_exceeded_ram_lists_the_biggest_user_of_ram_first() -> None:
    with pytest.raises(SizeError) as error:
        check(SIZE, {"ram": 10_000}, "//app:kws")
    lines = str(error.value).splitlines()
    assert lines[0] == "//app:kws: over its budget of ram (in bytes)"
    assert lines[5].startswith("state ")


def test_a_budget_for_a_stack_without_bound_fails_with_the_reason() -> None:
    check(UNKNOWN, {"flash": 10}, "//app:odd")
    with pytest.raises(SizeError) as error:
        check(UNKNOWN, {"stack": 400}, "//app:odd")
    assert str(error.value).splitlines() == [
        "//app:odd: over its budget of stack (in bytes)",
        "budget  limit   figure  exceeded by",
        "stack     400  unknown      unknown",
        "",
        "stack: f: calls itself, so its stack has no bound (f -> f)",
    ]


def test_json_keeps_everything() -> None:
    assert from_json(to_json(SIZE)) == SIZE
    assert from_json(to_json(UNKNOWN)) == UNKNOWN


def test_the_text_begins_with_the_totals() -> None:
    assert to_text(SIZE).splitlines()[0] == "kws: flash 31,900, RAM 10,048, stack 404"
    assert to_text(UNKNOWN).splitlines()[0] == (
        "odd: flash 10, RAM 0, stack unknown (f: calls itself, so its stack has no bound (f -> f))"
    )


def test_a_comparison_has_a_row_for_each_target_and_platform_and_says_why_there_is_no_bound() -> None:
    rows = [("//app:kws", "cortex_m4", SIZE), ("//app:odd", "cortex_m4", UNKNOWN)]
    assert comparison_text(rows).splitlines() == [
        "target     platform    flash     RAM  stack bound",
        "//app:kws  cortex_m4  31,900  10,048          404",
        "//app:odd  cortex_m4      10       0          [1]",
        "[1] f: calls itself, so its stack has no bound (f -> f)",
    ]
    assert json.loads(comparison_json(rows))[1] == {
        "target": "//app:odd",
        "platform": "cortex_m4",
        "flash": 10,
        "ram": 0,
        "stack": None,
        "stack_reason": "f: calls itself, so its stack has no bound (f -> f)",
    }


def test_the_command_checks_a_budget(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size, stamp = tmp_path / "size.json", tmp_path / "stamp"
    size.write_text(to_json(SIZE))
    command = ["check", str(size), "--target", "//app:kws", "--stamp", str(stamp), "--limit"]
    assert main([*command, "flash=31900"]) == 0
    assert stamp.exists()
    assert main([*command, "flash=31899"]) == 1
    assert capsys.readouterr().err.startswith("error: //app:kws: over its budget of flash (in bytes)\n")
    with pytest.raises(SystemExit):
        main([*command, "heap=1"])
    assert "'heap=1' (KIND=BYTES, where KIND is one of: flash, ram, stack)" in capsys.readouterr().err


def test_files_that_are_no_programs_are_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["program", str(tmp_path / "none.elf")]) == 1
    assert "error: none.elf: cannot be read: No such file or directory" in capsys.readouterr().err
    (tmp_path / "text.elf").write_text("not a program")
    assert main(["program", str(tmp_path / "text.elf")]) == 1
    assert "error: text.elf: not a linked ELF program" in capsys.readouterr().err

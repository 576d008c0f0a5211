"""The stream mode on CSV: what is a row, what is a header, and what is said of the rest."""

import json
from pathlib import Path

import pytest

from tests.runtime import harness
from tests.runtime.harness import MAX_LINE, run, skipped, summarised

HEADER = "line,time,sum,large,sign"
POSITIVE = '"not ""negative"", that is"'


@pytest.fixture(params=["linux", "standard"])
def program(request: pytest.FixtureRequest) -> Path:
    """Adds 10 * b + a; its columns are time (echoed), a, unused and b. On every platform's input and output."""
    return harness.build("sum", platform=request.param)


def test_rows_without_a_header_are_read_by_position(program: Path) -> None:
    outcome = summarised(program, "t0,1,x,2\nt1,-5,,-0.5\n")
    assert outcome.status == 0
    assert outcome.lines == [HEADER, f"1,t0,21,0,{POSITIVE}", "2,t1,-10,0,negative"]
    assert outcome.summary["headers"] == 0


def test_rows_with_a_header_are_read_by_name_in_any_order(program: Path) -> None:
    outcome = summarised(program, "b, extra ,a ,time\n2,?,1,t0\n20,?,1,t1\n")
    assert outcome.status == 0
    assert outcome.lines == [HEADER, f"2,t0,21,0,{POSITIVE}", f"3,t1,201,1,{POSITIVE}"]
    assert (outcome.summary["headers"], outcome.summary["rows"]) == (1, 2)


def test_columns_without_a_use_may_be_missing_from_a_header(program: Path) -> None:
    assert run(program, "time,a,b\nt,1,2\n").lines[1:] == [f"2,t,21,0,{POSITIVE}"]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_ends_of_lines_and_byte_order_marks(program: Path, end: str, last: bool, mark: str) -> None:
    text = mark + f"time,a,b{end}{end}t,1,2{end}  \t{end}u,1,3" + (end if last else "")
    outcome = summarised(program, text)
    assert outcome.status == 0
    assert outcome.lines == [HEADER, f"3,t,21,0,{POSITIVE}", f"5,u,31,0,{POSITIVE}"]
    assert (outcome.summary["lines"], outcome.summary["blank"]) == (5, 2)


def test_quoted_fields_are_undone_and_redone(program: Path) -> None:
    outcome = run(program, '"time","a","b"\n"x, ""y""","1",2\n" z ", 1 ,\t2\n')
    assert outcome.lines[1:] == [f'2,"x, ""y""",21,0,{POSITIVE}', f'3," z ",21,0,{POSITIVE}']


def test_an_empty_input_gives_an_empty_table(program: Path) -> None:
    for empty in ("", "\n\n", "time,a,b\n"):
        outcome = summarised(program, empty)
        assert (outcome.status, outcome.lines) == (0, [HEADER])


BAD_ROWS = [
    ("t,1,2", "too few columns (3 instead of 4)"),
    ("t,1,x,2,3", "too many columns (5 instead of 4)"),
    ("t,,x,2", "empty field (column 'a')"),
    ("t, ,x,2", "empty field (column 'a')"),
    ("t,1,x,two", "not a number (column 'b', value 'two')"),
    ("t,1,x,1;5", "not a number (column 'b', value '1;5')"),
    ("t,1,x,\x1b[31mred\xe9", "not a number (column 'b', value '\\x1b[31mred\\xc3\\xa9')"),
    ("t,1,x," + "y" * 41, "not a number (column 'b', value '" + "y" * 40 + "...')"),
    ("t,nan,x,2", "not finite (column 'a', value 'nan')"),
    ("t,1,x,-Infinity", "not finite (column 'b', value '-Infinity')"),
    ("t,1e39,x,2", "out of range (column 'a', value '1e39')"),
    ('t,"1,x,2', "unclosed quote (column 2)"),
    ('t,"1"0,x,2', "text after quote (column 2)"),
    ("t,1\0,x,2", "nul byte (byte 4 of 8)"),
    ("t," + "1" * MAX_LINE + ",x,2", f"line too long ({MAX_LINE + 6} bytes; at most {MAX_LINE})"),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROWS, ids=[message.split(" (")[0] for _, message in BAD_ROWS])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bad_rows_are_reported_counted_and_skipped(program: Path, row: str, message: str, end: str) -> None:
    outcome = summarised(program, f"t0,1,x,2{end}{row}{end}t2,1,x,3{end}")
    assert outcome.status == 3
    assert outcome.lines == [HEADER, f"1,t0,21,0,{POSITIVE}", f"3,t2,31,0,{POSITIVE}"]
    assert outcome.reports == [f"line 2: {message}"]
    assert skipped(outcome.summary) == {message.split(" (")[0].replace(" ", "_"): 1}


@pytest.mark.parametrize(("row", "message"), BAD_ROWS, ids=[message.split(" (")[0] for _, message in BAD_ROWS])
def test_a_bad_last_row_without_an_end_is_bad_too(program: Path, row: str, message: str) -> None:
    assert summarised(program, f"t0,1,x,2\n{row}").reports == [f"line 2: {message}"]


def test_rows_under_a_header_have_as_many_fields_as_it(program: Path) -> None:
    outcome = summarised(program, "b,extra,a,more,time\n1,2,3,4\n1,2,3,4,5\n1,2,3,4,5,6\n")
    assert outcome.lines == [HEADER, f"3,5,13,0,{POSITIVE}"]
    assert outcome.reports == [
        "line 2: too few columns (4 instead of 5)",
        "line 4: too many columns (6 instead of 5)",
    ]


def test_a_strict_run_ends_at_the_first_bad_row(program: Path) -> None:
    outcome = summarised(program, "t0,1,x,2\nt1,1,x\nt2,1,x\nt3,1,x,2\n", "--strict")
    assert outcome.status == 3
    assert outcome.lines == [HEADER, f"1,t0,21,0,{POSITIVE}"]
    assert outcome.log.splitlines()[:-1] == [
        "line 2: too few columns (3 instead of 4)",
        "stopped at the first bad row (--strict)",
    ]
    assert (outcome.summary["rows"], outcome.summary["skipped"]) == (2, 1)


@pytest.mark.parametrize(("limit", "told"), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3)])
def test_reports_can_be_limited_but_not_the_counts(program: Path, limit: int, told: int) -> None:
    outcome = summarised(program, "t,1,x,2\n1\n2\n3\n", f"--max-reports={limit}")
    assert len(outcome.reports) == told
    note = f"further bad rows are counted, not reported (--max-reports={limit})"
    assert outcome.log.count(note) == (1 if 0 < limit < 3 else 0)
    assert skipped(outcome.summary) == {"too_few_columns": 3}


class TestHeader:
    """Which first lines are headers."""

    def test_none_where_it_is_a_good_row(self, program: Path) -> None:
        assert summarised(program, "a,1,b,2\n").summary["rows"] == 1

    def test_none_where_it_is_a_bad_row(self, program: Path) -> None:
        outcome = summarised(program, "t,1,x,zwei\nt,1,x,2\n")
        assert outcome.reports == ["line 1: not a number (column 'b', value 'zwei')"]
        assert outcome.summary["results"] == 1

    def test_one_that_lacks_columns_is_one_clear_error(self, program: Path) -> None:
        outcome = run(program, "time,A,bb\nt,1,2\n", "--quiet")
        assert (outcome.status, outcome.out) == (1, b"")
        assert outcome.log == (
            "error: line 1: taken for a header; it lacks 'a', 'b'; it has 'time', 'A', 'bb' "
            "(columns are found by name, in any order; --header=no takes every line for data)\n"
        )

    def test_one_that_has_none_of_the_names_is_no_row_of_text(self, program: Path) -> None:
        outcome = run(program, ",lat,lon,speed\n0,1,2,3\n")
        assert outcome.status == 1
        assert "it lacks 'time', 'a', 'b'; it has '', 'lat', 'lon', 'speed'" in outcome.log

    def test_one_that_repeats_a_column(self, program: Path) -> None:
        outcome = run(program, "time,a,b,a,x,x\nt,1,2,3,4,5\n")
        assert outcome.status == 1
        assert "taken for a header; it repeats 'a'; it has 'time', 'a', 'b', 'a', 'x', 'x' (" in outcome.log

    def test_one_that_lacks_and_repeats(self, program: Path) -> None:
        assert "; it lacks 'time', 'b'; it repeats 'a'; it has 'a', 'a' (" in run(program, "a,a\n").log

    def test_long_lists_of_names_are_cut(self, program: Path) -> None:
        log = run(program, ",".join(f"n{i}" for i in range(50)) + "\n").log
        assert "'n18', 'n19' and 30 more (" in log
        assert "'n20'" not in log

    def test_yes_means_that_the_first_line_has_to_be_one(self, program: Path) -> None:
        assert run(program, "t,1,x,2\n", "--header=yes").status == 1
        assert run(program, "time,a,b\nt,1,2\n", "--header=yes").status == 0

    def test_no_means_that_it_is_none(self, program: Path) -> None:
        outcome = summarised(program, "time,a,b,c\nt,1,x,2\n", "--header=no")
        assert outcome.reports == ["line 1: not a number (column 'b', value 'c')"]
        assert outcome.lines[1:] == [f"2,t,21,0,{POSITIVE}"]

    def test_the_first_line_that_can_be_split_decides(self, program: Path) -> None:
        outcome = summarised(program, 'garb"age\0\n"time\n\ntime,a,b\nt,1,2\n')
        assert outcome.lines[1:] == [f"5,t,21,0,{POSITIVE}"]
        assert skipped(outcome.summary) == {"nul_byte": 1, "unclosed_quote": 1}

    def test_only_the_first_line_can_be_one(self, program: Path) -> None:
        outcome = summarised(program, "t,1,x,2\ntime,a,unused,b\n")
        assert outcome.reports == ["line 2: not a number (column 'b', value 'b')"]


class TestComments:
    """Lines to be left out."""

    def test_there_are_none_by_default(self, program: Path) -> None:
        outcome = summarised(program, "t,1,x,2\n# note\n#1,1,x,2\n")
        assert outcome.lines[1:] == [f"1,t,21,0,{POSITIVE}", f"3,#1,21,0,{POSITIVE}"]
        assert outcome.reports == ["line 2: too few columns (1 instead of 4)"]

    def test_are_skipped_and_counted_where_asked_for(self, program: Path) -> None:
        outcome = summarised(program, "# note\ntime,a,b\n  #\nt,1,2\n#t,1,2\n", "--comment=#")
        assert (outcome.status, outcome.lines[1:]) == (0, [f"4,t,21,0,{POSITIVE}"])
        assert outcome.summary["comments"] == 3

    def test_are_hinted_at_where_one_stands_for_a_header(self, program: Path) -> None:
        assert "; --comment=# skips lines like this one; --header=no" in run(program, "# note\n1,2,3,4\n").log


class TestSummary:
    """What is said at the end."""

    def test_for_people(self, program: Path) -> None:
        log = run(program, "time,a,b\n\nt,1,2\nt,1\nt,x,2\nt,1,2,3\nt,1\n", "--max-reports=0").log.splitlines()
        assert log[:3] == [
            "5 rows: 1 results, 4 skipped, 1 header, 1 blank",
            "skipped: 2 too few columns, 1 too many columns, 1 not a number",
            "1 inferences",
        ]
        assert len(log) == 4
        assert " s" in log[3]

    def test_for_programs(self, program: Path) -> None:
        told = json.loads(run(program, "t,1,x,2\n", "--summary=json").log)
        assert told.pop("seconds") >= 0
        assert "rows_per_second" in told
        del told["rows_per_second"]
        reasons = "too_few_columns too_many_columns empty_field not_a_number not_finite out_of_range unclosed_quote "
        reasons += "text_after_quote key_too_long nul_byte line_too_long truncated_frame"
        assert told == {
            "lines": 1, "headers": 0, "blank": 0, "comments": 0, "rows": 1, "results": 1, "skipped": 0,
            "skipped_by_reason": dict.fromkeys(reasons.split(), 0), "inferences": 1, "not_finite": 0,
            "streams": {"begun": 1, "live": 1, "evicted": 0},
        }  # fmt: skip

    @pytest.mark.parametrize("flag", ["--quiet", "--summary=none"])
    def test_for_nobody(self, program: Path, flag: str) -> None:
        assert run(program, "t,1,x,2\n", flag).log == ""
        assert run(program, "t,1,x\n", flag).log == "line 1: too few columns (3 instead of 4)\n"

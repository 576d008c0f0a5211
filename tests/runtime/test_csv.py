"""The CSV tokeniser and the writers of CSV and JSON text."""

import csv
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.probing import Split, split, written

LINE_TEXT = st.text(st.characters(blacklist_characters="\r\n\0", blacklist_categories=["Cs"]), max_size=12)
BYTES = st.binary(max_size=20) | st.binary(max_size=4).map(lambda tail: b"\xf0\x90" + tail)
TRICKY_TEXT = st.text(',"\t ab', max_size=8)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(LINE_TEXT | TRICKY_TEXT, min_size=1, max_size=20), min_size=1, max_size=10), st.integers(0, 3))
def test_well_formed_lines_are_split_as_python_does(rows: list[list[str]], quoting: int) -> None:
    text = io.StringIO()
    quotings = [csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_MINIMAL]
    csv.writer(text, quoting=quotings[quoting], lineterminator="\n").writerows(rows)
    lines = text.getvalue().split("\n")[:-1]
    expected = [list(row) for row in csv.reader(io.StringIO(text.getvalue(), newline="\n"), strict=True)]
    for line, fields, (status, count, got) in zip(lines, expected, split(line.encode() for line in lines), strict=True):
        if line:  # an empty line is one empty field here, and no row there
            assert (status, count, got) == (Split.OK, len(fields), [field.encode() for field in fields]), line


@settings(deadline=None, max_examples=300)
@given(st.lists(st.text('a",', max_size=12), min_size=1, max_size=40))
def test_any_line_is_split_or_refused_as_python_does(lines: list[str]) -> None:
    for line, (status, count, got) in zip(lines, split(line.encode() for line in lines), strict=True):
        try:
            expected = next(csv.reader([line], strict=True)) or [""]
        except csv.Error as error:
            wanted = Split.AFTER_QUOTE if "expected after" in str(error) else Split.UNCLOSED
            assert status is wanted, line
        else:
            assert (status, count, got) == (Split.OK, len(expected), [field.encode() for field in expected]), line


@pytest.mark.parametrize(
    ("line", "status", "index"),
    [
        ('"', Split.UNCLOSED, 0),
        ('a,"b', Split.UNCLOSED, 1),
        ('a,b,"c""', Split.UNCLOSED, 2),
        ('"a"b', Split.AFTER_QUOTE, 0),
        ('a,"b" ,c', Split.AFTER_QUOTE, 1),
    ],
)
def test_what_is_wrong_is_located(line: str, status: Split, index: int) -> None:
    ((got, at, _),) = split([line.encode()])
    assert (got, at) == (status, index)


def test_quotes_within_a_field_are_text() -> None:
    ((status, _, fields),) = split([b'5" pipe, "x"'])
    assert (status, fields) == (Split.OK, [b'5" pipe', b' "x"'])


@settings(deadline=None, max_examples=40)
@given(st.lists(LINE_TEXT | TRICKY_TEXT, min_size=1, max_size=30))
def test_written_fields_read_back(texts: list[str]) -> None:
    for text, (in_csv, in_json) in zip(texts, written(text.encode() for text in texts), strict=True):
        assert next(csv.reader([in_csv.decode()], strict=True), [""]) == ([text] if text else [])
        assert json.loads(in_json) == text


@settings(deadline=None, max_examples=40)
@given(st.lists(BYTES, min_size=1, max_size=30))
def test_any_bytes_make_valid_json(texts: list[bytes]) -> None:
    for text, (_, in_json) in zip(texts, written(texts), strict=True):
        got = json.loads(in_json.decode())
        expected = text.decode(errors="replace")
        # Python puts one mark for a broken sequence where this puts one for each byte; all else is the same.
        assert got.replace("\ufffd", "") == expected.replace("\ufffd", "")
        assert got.count("\ufffd") >= expected.count("\ufffd")


def test_json_escapes() -> None:
    broken = b"\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80"
    assert [in_json for _, in_json in written([b'"\\\b\f\n\r\t\x01\x1f/\x7f\xc3\xa9', broken])] == [
        b'"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/\x7f\xc3\xa9"',
        b'"' + b"\\ufffd" * len(broken) + b'"',
    ]


def test_csv_quotes() -> None:
    texts = [b"a", b"", b" a", b"a ", b"\ta", b"a,b", b'a"b', b"a\rb", b"a b"]
    assert [in_csv for in_csv, _ in written(texts)] == [
        b"a", b"", b'" a"', b'"a "', b'"\ta"', b'"a,b"', b'"a""b"', b'"a\rb"', b"a b",
    ]  # fmt: skip

"""YAML as values that know their lines; what is no such file is told, never raised."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tools.yaml_file.entries import Document, Entry, load_yaml, plain

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.dates()
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yaml") / "x.yaml"


def load(path: Path, text: str) -> Document:
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return load_yaml(path, "name: small")


def said(path: Path, text: str) -> list[str]:
    return [str(problem).removeprefix(f"{path}: ") for problem in load(path, text).problems]


def test_values_know_their_lines(path: Path) -> None:
    document = load(path, "a: 1\nb:\n  - x\n  - {c: on,\n     d: 1.5}\n")
    assert document.problems == ()
    lines = Entry({"c": Entry(True, 4), "d": Entry(1.5, 5)}, 4)
    assert document.root == Entry({"a": Entry(1, 1), "b": Entry([Entry("x", 3), lines], 2)}, 1)


@given(st.dictionaries(st.text(), VALUES, max_size=4))
def test_what_pyyaml_writes_is_read(path: Path, value: dict[str, object]) -> None:
    text = yaml.safe_dump(value)
    document = load(path, text)
    assert document.problems == ()
    assert plain(document.root) == _dates_as_text(value)


def _dates_as_text(value: object) -> object:
    if isinstance(value, list):
        return [_dates_as_text(item) for item in value]
    if isinstance(value, dict):
        return {key: _dates_as_text(item) for key, item in value.items()}
    return value.isoformat() if hasattr(value, "isoformat") else value


@given(st.text(alphabet="abé019.:-_ \n\t[]{}&*!<|>'\"#?%,~=\x00\ud800", max_size=60))
def test_nothing_is_raised(path: Path, text: str) -> None:
    document = load(path, text)
    assert document.root is not None or document.problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["keys and values are needed, as name: small"]),
        ("- a\n", ["keys and values are needed, as name: small"]),
        ("a: 1\nb: [2\n", ["line 3: not YAML: expected ',' or ']', but got '<stream end>'"]),
        ("a: '\x07'\n", ["not YAML: unacceptable character #x0007: special characters are not allowed"]),
        ("a: 1\nb: 2\na: 3\nb: 4\n", ['line 3: "a" is there already, on line 1; each key once']),
        ("? [a]\n: 1\n", ["line 1: a key is a list or a mapping; a word is needed"]),
        ("a: 1\nb: &b [1, *b]\n", ["line 2: a value cannot contain itself"]),
        ("a: !here 1\n", ["line 1: !here: tags are not read; a plain value is needed"]),
        ("a: " + "[" * 5000, ["is nested too deeply"]),
    ],
)
def test_mistakes(path: Path, text: str, problems: list[str]) -> None:
    assert said(path, text)[: len(problems)] == problems


def test_the_first_of_two_counts(path: Path) -> None:
    assert plain(load(path, "a: 1\na: 2\n").root) == {"a": 1}


def test_files_that_cannot_be_read(path: Path) -> None:
    absent = path.parent / "absent.yaml"
    (problem,) = load_yaml(absent, "name: small").problems
    assert str(problem) == f"{absent}: cannot be read (No such file or directory)"
    path.write_bytes(b"a: \xff\n")
    assert load_yaml(path, "").problems[0].message == "is not UTF-8 text"


@pytest.mark.parametrize("text", ["2001-02-30", "!!int x", "!!bool maybe", "!!float one", "!!int ''", "2020-01-01"])
def test_what_is_no_number_stays_text(path: Path, text: str) -> None:
    assert plain(load(path, f"a: {text}").root) == {"a": text.split(" ")[-1].strip("'")}


def test_numbers_that_cannot_be_written_out_stay_text(path: Path) -> None:
    text = "0x" + "f" * 5000
    assert plain(load(path, f"a: {text}").root) == {"a": text}


def test_what_is_referred_to_often_is_read_once(path: Path) -> None:
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    assert load(path, "\n".join(lines)).problems == ()

"""Descriptions of kernels as they are read: patterns, sizes of buffers, files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.sni.errors import CompileError
from tools.sni.external.buffer_size import SizeError, evaluated
from tools.sni.external.library import read_library
from tools.sni.external.pattern import TensorPattern
from tools.sni.ir import DType, Tensor

NAMES = {"rows": 3, "columns": 5}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("4 * rows * (columns + 1)", 72), ("max(rows, 2 * columns) // 3", 3), ("min(rows, columns, 2)", 2)],
)
def test_sizes(text: str, value: int) -> None:
    assert evaluated(text, NAMES) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4 *", '"4 *" is no expression'),
        ("lines", '"lines" is not known; names are columns, rows'),
        ("rows / 2", '"rows / 2" cannot be computed'),
        ("rows - columns", "gives -2 bytes; a size is 0 or more"),
        ("rows // 0", "divides by zero"),
        ("__import__('os')", "cannot be computed"),
        ("rows.real", "cannot be computed"),
        ("max(rows, key=columns)", "cannot be computed"),
        ("True", "cannot be computed"),
    ],
)
def test_what_is_no_size(text: str, said: str) -> None:
    with pytest.raises(SizeError) as caught:
        evaluated(text, NAMES)
    assert said in str(caught.value)


@given(st.recursive(st.integers(0, 9).map(str), lambda inner: st.tuples(inner, st.sampled_from("+*"), inner)))
def test_sizes_are_arithmetic(tree: object) -> None:
    text = tree if isinstance(tree, str) else _text(tree)
    assert evaluated(text, {}) == eval(text)


def _text(tree: object) -> str:
    return tree if isinstance(tree, str) else "(" + " ".join(map(_text, tree)) + ")"


@pytest.mark.parametrize(
    ("pattern", "shape", "matches"),
    [
        ("int8", (1, 2), True),
        ("int8[1, *]", (1, 2), True),
        ("int8[1, *]", (1, 2, 3), False),
        ("int8[%4]", (8,), True),
        ("int8[%4]", (6,), False),
        ("int8[2..4]", (4,), True),
        ("int8[2..4]", (5,), False),
        ("int8[2..]", (1,), False),
        ("int8[..4]", (3,), True),
        ("int8[1|3|%5]", (10,), True),
        ("int8[1|3|%5]", (2,), False),
        ("int8[]", (), True),
        ("float32[*]", (1,), False),
    ],
)
def test_patterns_of_tensors(pattern: str, shape: tuple[int, ...], matches: bool) -> None:
    read = TensorPattern.read(pattern)
    assert read
    assert read.matches(Tensor("x", DType.INT8, shape)) is matches


@given(st.lists(st.integers(1, 99), max_size=4))
def test_a_shape_is_a_pattern_of_itself(shape: list[int]) -> None:
    read = TensorPattern.read(f"int8{shape}")
    assert read
    assert read.matches(Tensor("x", DType.INT8, tuple(shape)))
    assert not read.matches(Tensor("x", DType.INT8, (*shape, 1)))
    assert TensorPattern.read(str(read)) == read


@pytest.mark.parametrize("text", ["", "int9", "int8[1", "int8[-1]", "int8[1,,2]", "int8[%0]", "int8[a]", "int8[1] x"])
def test_what_is_no_pattern(text: str) -> None:
    assert TensorPattern.read(text) is None


def test_all_that_is_wrong_with_a_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "kernel.json"
    entries = {"library": "//a:b", "function": "3d", "pattern": {"input": "int9[1"}, "buffer_size": 3, "sise": "1"}
    path.write_text(json.dumps(entries))
    with pytest.raises(CompileError) as caught:
        read_library(path)
    said = str(caught.value)
    assert '//a:b: "sise" is not known; keys are library, function, pattern, buffer_size' in said
    assert '//a:b: function = "3d": a C identifier is needed' in said
    assert '//a:b: pattern: input = "int9[1" is no pattern of a tensor; accepted: a type, or a type and sizes' in said
    assert '//a:b: pattern: has no "operator"' in said
    assert "//a:b: buffer_size = 3: a string with an expression is needed" in said

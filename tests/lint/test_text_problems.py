"""The lint of text files sees what it is there for, and takes nothing else for it."""

from pathlib import Path, PurePosixPath

import pytest

from tools.lint import text

NAME = PurePosixPath("a.txt")


def problems(folder: Path, content: bytes) -> list[str]:
    (folder / NAME).write_bytes(content)
    return text.problems(folder, NAME)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nsee https://pypi" + b".org/simple\n", "a.txt:2: 'pypi" + ".org' names a package registry's host"),
        (b"cd /wo" + b"rk/main\n", "a.txt:1: '/wo" + "rk/' is a path on one machine"),
        (b"x = '/ho" + b"me/ada/x'\n", "a.txt:1: '/ho" + "me/ada/' is a path on one machine"),
        (b"a \nb\n", "a.txt:1: '' has white space at the end"),
        (b"a\r\nb\n", "a.txt:1: '' ends in a carriage return"),
        (b"a\nb", "a.txt:2: has no newline at the end of the file"),
        (b"a\n\n", "a.txt:2: has an empty line at the end of the file"),
        (b"\xff\xfe\n", "a.txt: is not UTF-8 (invalid start byte at byte 0)"),
    ],
)
def test_problem_is_named_with_its_place(tmp_path: Path, content: bytes, expected: str) -> None:
    assert problems(tmp_path, content) == [expected]


@pytest.mark.parametrize("content", [b"", b"a\n", "é × ü\n".encode(), b"bazel-out/work/x ~/work/ $x/root/y\n"])
def test_innocent_content_passes(tmp_path: Path, content: bytes) -> None:
    assert problems(tmp_path, content) == []


def test_large_file_is_named_even_when_binary(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, b"\0" * (text.MAX_BYTES + 1))
    assert found.startswith("a.txt: has 1048577 bytes, more than 1048576")

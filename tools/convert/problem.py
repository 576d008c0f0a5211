"""What a conversion says when it cannot go on: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    place: the file, and what in it, as `calibration.npz: array "speed"`.
    message: the value found, the reason, and the accepted form.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class ConvertError(Exception):
    """Stops the conversion. Carries at least one Problem; the command prints them all and writes nothing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        assert self.problems, "a ConvertError without a problem tells the user nothing"
        super().__init__("\n".join(str(problem) for problem in self.problems))


def fail(place: str, message: str) -> ConvertError:
    """A ConvertError of one problem, to be raised where nothing further can be examined."""
    return ConvertError([Problem(place, message)])


def first_line(error: BaseException, limit: int = 300) -> str:
    """The first line that says something of another library's error text, at most `limit` characters of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."

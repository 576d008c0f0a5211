"""What the compiler says when it cannot go on: every problem at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    place: where it is, in the user's words, as `operator 3 CONV_2D (tensor "x")` or `detector.json: signals[2].op`.
    message: the value found, the reason, and the accepted form.
    """

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class CompileError(Exception):
    """Stops the compiler. Carries at least one Problem; the command prints them all and writes nothing."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        assert self.problems, "a CompileError without a problem tells the user nothing"
        super().__init__("\n".join(str(problem) for problem in self.problems))


def fail(place: str, message: str) -> CompileError:
    """A CompileError of one problem, to be raised where nothing further can be examined."""
    return CompileError([Problem(place, message)])

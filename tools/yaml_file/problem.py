"""What is wrong with a file that somebody wrote: every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_SHOWN = 60
"""Characters of a text that are repeated in a message."""


@dataclass(frozen=True)
class Problem:
    """message: the value found, the reason, the accepted form. line: from 1; None where it is about the whole file."""

    file: Path
    line: int | None
    message: str

    def __str__(self) -> str:
        place = f"{self.file}: line {self.line}" if self.line else str(self.file)
        return f"{place}: {self.message}"


class ProblemsError(Exception):
    """Carries at least one Problem; a command prints them all and does nothing else."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def shown(value: object) -> str:
    """A value of a YAML file as messages repeat it, on one line."""
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a mapping"
    if value is None:
        return "nothing"
    if not isinstance(value, str):
        return str(value).lower()
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value[:_SHOWN])
    return f'"{text}{"..." if len(value) > _SHOWN else ""}"'

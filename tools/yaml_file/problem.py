"""What is wrong with a file that somebody wrote: every problem at once, each with its line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


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

"""How far a run is, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

_EVERY = 10.0
"""Seconds between lines on a build."""


class Shown(Protocol):
    """Where a run tells how far it is; a context that ends with it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def building(self, done: int, known: int, what: str) -> None:
        """Actions that are done, of those that are known so far, and one that runs."""

    def measured(self, done: int, known: int, what: str) -> None:
        """Cells that are done, of all, and what came of the last one."""


class Bars:
    """Two bars and the last thing that happened."""

    def __init__(self) -> None:
        rest = Column(ratio=1, no_wrap=True, overflow="ellipsis")
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}", markup=False, table_column=rest),
        )
        self._progress = Progress(*columns, console=_console(), expand=True)
        self._tasks = {name: self._progress.add_task(name, total=None, what="") for name in ("build", "measure")}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def building(self, done: int, known: int, what: str) -> None:
        self._progress.update(self._tasks["build"], completed=done, total=known, what=what)

    def measured(self, done: int, known: int, what: str) -> None:
        build = next(task for task in self._progress.tasks if task.id == self._tasks["build"])
        if not build.finished:
            everything = build.total or 1
            self._progress.update(build.id, completed=everything, total=everything, what="")
        self._progress.update(self._tasks["measure"], completed=done, total=known, what=what)


class Lines:
    """A line for each cell, and one now and then for a build."""

    def __init__(self) -> None:
        self._last = -_EVERY

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def building(self, done: int, known: int, what: str) -> None:
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            print(f"building: {done:,} of {known:,} actions; {what}", file=sys.stderr, flush=True)

    def measured(self, done: int, known: int, what: str) -> None:
        print(f"[{done}/{known}] {what}", file=sys.stderr, flush=True)


def _console() -> Console:
    return Console(stderr=True)


def shown() -> Shown:
    """Bars where there is a terminal to draw them on."""
    return Bars() if _console().is_terminal else Lines()

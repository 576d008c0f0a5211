"""A run of a suite: everything built, each cell measured unless it is what it was, the results written as they come."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from tools.bench.suite.bazel import Build
from tools.bench.suite.events import configuration_of
from tools.bench.suite.machine import machine, same_tools, versions
from tools.bench.suite.measure import Files, files_of, measured, taken_over
from tools.bench.suite.plan import Cell, Plan
from tools.bench.suite.results import Failure, Published, Result, Results, ResultsError, Run
from tools.compare.program import ProgramError

AT_A_TIME = 2
"""Programs under an emulator that run at once: they are counted, not timed."""


def run_cells(
    plan: Plan,
    build: Build,
    out: Path,
    command: str,
    published: Sequence[Published],
    progress: Callable[[int, int, str], None],
) -> Results:
    """Measures what was built and writes results.json into `out` after each measurement. progress: told of each cell.

    A cell whose program and tools are those of the results that lie in `out` already is taken from there.
    """
    run = _Running(plan, build, out / "results.json", command, tuple(published))
    emulated, native = [], []
    for cell in plan.cells:
        found = run.known(cell)
        if found is not None:
            run.done[cell] = found
            progress(len(run.done), len(plan.cells), described(found))
        else:
            files = run.files(cell)
            (emulated if files.emulated else native).append((cell, files))
    for cells, at_a_time in ((emulated, AT_A_TIME), (native, 1)):
        for cell, result in run.measure(cells, at_a_time):
            run.done[cell] = result
            run.write()
            progress(len(run.done), len(plan.cells), described(result))
    return run.write()


def described(result: Result) -> str:
    """A result in a line."""
    if result.failure is not None:
        return f"{result.key}: {result.failure.stage} failed: {result.failure.message.partition(chr(10))[0]}"
    figures = result.figures
    assert figures is not None
    counted = "not counted" if figures.instructions is None else f"{figures.instructions:,} instructions"
    return f"{result.key}: {counted}, flash {figures.flash:,}, RAM {figures.ram:,}"


@dataclass
class _Running:
    plan: Plan
    build: Build
    path: Path
    command: str
    published: tuple[Published, ...]
    done: dict[Cell, Result] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._start = time.monotonic()
        self._started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self._machine, self._versions = machine(), versions()
        self._earlier: Mapping[str, Result] = {}
        self._reused: set[Cell] = set()
        self._same_tools = False
        self._shared: dict[str | None, list[float]] = {}
        for (label, _), work in self.build.trace.items():
            self._shared.setdefault(label, []).append(work.seconds)
        if self.path.exists():
            try:
                earlier = Results.from_json(self.path.read_text(encoding="utf-8"), self.path.name)
            except ResultsError:
                return
            self._earlier = {str(result.key): result for result in earlier.results}
            self._same_tools = same_tools(earlier.run.versions, self._versions)

    def files(self, cell: Cell) -> Files:
        reference = self.build.built.folders.get(self.plan.references[cell.key.model])
        return files_of(self.build.built.folders[cell.label], reference)

    def known(self, cell: Cell) -> Result | None:
        """The result of a cell that need not be run: it could not be built, or is what it was."""
        failure = self.build.built.failures.get(cell.label)
        if failure is not None:
            return Result(cell.key, None, failure)
        earlier = self._earlier.get(str(cell.key))
        if earlier is None or earlier.figures is None or not self._same_tools:
            return None
        if earlier.figures.fingerprint != self.files(cell).fingerprint:
            return None
        self._reused.add(cell)
        figures = taken_over(earlier.figures, self._seconds(cell), _by_hand(cell))
        return Result(cell.key, figures, None)

    def measure(self, cells: Sequence[tuple[Cell, Files]], at_a_time: int) -> Iterable[tuple[Cell, Result]]:
        """Each cell's result as it comes, `at_a_time` of them running."""
        with ThreadPoolExecutor(at_a_time) as pool:
            running = {pool.submit(self._measured, cell, files): cell for cell, files in cells}
            try:
                while running:
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), future.result()
            finally:
                for future in running:
                    future.cancel()

    def _measured(self, cell: Cell, files: Files) -> Result:
        earlier = self._earlier.get(str(cell.key))
        seconds = self._seconds(cell)
        if seconds is None and earlier is not None and earlier.figures is not None:
            seconds = earlier.figures.build_s
        try:
            return Result(cell.key, measured(files, cell.key.platform, _by_hand(cell), seconds), None)
        except ProgramError as error:
            return Result(cell.key, None, Failure(error.stage, str(error)))

    def _seconds(self, cell: Cell) -> float | None:
        """What the actions of a cell alone took, if any was executed."""
        own = configuration_of(str(self.build.built.folders[cell.label]))
        ran = [self.build.trace[label, own].seconds for label in cell.own_labels if (label, own) in self.build.trace]
        ran += self._shared.get(cell.sources, [])
        return round(sum(ran), 2) if ran else None

    def write(self) -> Results:
        """results.json: what is done, and of earlier runs what is still to come."""
        rows = [self.done.get(cell) or self._earlier.get(str(cell.key)) for cell in self.plan.cells]
        results = Results(self._run(), tuple(row for row in rows if row is not None), self.published)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text(results.to_json(), encoding="utf-8")
        os.replace(new, self.path)
        return results

    def _run(self) -> Run:
        actions = self.build.built.actions
        built = [cell for cell in self.plan.cells if cell.label in self.build.built.folders]
        return Run(
            suite=self.plan.name,
            started=self._started,
            command=self.command,
            machine=self._machine,
            build_s=round(self.build.elapsed, 1),
            run_s=round(time.monotonic() - self._start, 1),
            cold=not self._reused and not actions.get("from cache", 0) and all(map(self._seconds, built)),
            actions=actions,
            reused=len(self._reused),
            versions=self._versions,
        )


def _by_hand(cell: Cell) -> str:
    return f"bazel run {cell.label} -- bench"


def work_by_model(plan: Plan, build: Build) -> dict[str, int]:
    """How many actions were executed for each model, and for what all share."""
    found: dict[str, int] = {}
    own = {label: cell.key.model for cell in plan.cells for label in (*cell.own_labels, cell.sources)}
    for (target, _), work in build.trace.items():
        name = own.get(target) or _model_of(plan, target) or "shared"
        found[name] = found.get(name, 0) + work.actions
    return dict(sorted(found.items(), key=lambda item: (item[0] == "shared", -item[1])))


def _model_of(plan: Plan, target: str) -> str | None:
    """The model that a target makes or converts: they are named after the model's reference."""
    fitting = [
        (len(label), model)
        for model, label in plan.references.items()
        if f"{target}_".startswith(label.removesuffix("reference"))
    ]
    return max(fitting)[1] if fitting else None


def failed(results: Results) -> Sequence[tuple[Result, Failure]]:
    """The cells without figures."""
    return [(result, result.failure) for result in results.results if result.failure is not None]

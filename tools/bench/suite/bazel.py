"""Has Bazel build the targets of a suite: all that can be built, whatever fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.suite.events import Built, Trace, read_events, read_trace


class BazelError(Exception):
    """Why nothing was built, in Bazel's words."""


@dataclass(frozen=True)
class Bazel:
    """command: of Bazel. workspace: where it is run."""

    command: tuple[str, ...]
    workspace: Path


def find_bazel(workspace: Path, environment: Mapping[str, str] = os.environ) -> Bazel:
    """The Bazel of a workspace: its `bazelw`, what $BAZEL names, `bazelisk` or `bazel` on PATH. Raises BazelError."""
    wrapper = workspace / "bazelw"
    if wrapper.exists():
        return Bazel((str(wrapper),), workspace)
    for name in (environment.get("BAZEL"), "bazelisk", "bazel"):
        if name and (found := shutil.which(name, path=environment.get("PATH"))):
            return Bazel((found,), workspace)
    raise BazelError("no Bazel: no bazelw in the workspace, $BAZEL is not set, neither bazelisk nor bazel is on PATH")


@dataclass(frozen=True)
class Build:
    """built: what became of each target. trace: what was executed. elapsed: seconds of the whole build."""

    built: Built
    trace: Trace
    elapsed: float


_EVICTED = 39
"""Bazel's exit status where files that a cache has promised are gone: it makes them when it is asked again."""

_PROGRESS = re.compile(r"^\[([\d,]+) / ([\d,]+)\]\s*(.*)")


def build(
    bazel: Bazel, labels: Sequence[str], log: Path, progress: Callable[[int, int, str], None], flags: Sequence[str] = ()
) -> Build:
    """Builds targets with --keep_going. log: gets what Bazel prints. progress: told of actions done, all known, and the
    one that runs. flags: further ones. Raises BazelError where Bazel cannot even begin."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        patterns, events, trace = folder / "labels", folder / "events", folder / "trace.json"
        patterns.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
        command = [
            *bazel.command,
            "build",
            "--keep_going",
            "--color=no",
            "--curses=no",
            "--show_progress_rate_limit=1",
            "--show_result=0",
            f"--build_event_json_file={events}",
            f"--profile={trace}",
            "--experimental_profile_include_target_label",
            "--experimental_profile_include_primary_output",
            *flags,
            f"--target_pattern_file={patterns}",
        ]
        status = _run(command, bazel.workspace, log, progress)
        if status == _EVICTED:
            status = _run(command, bazel.workspace, log, progress)
        lines = events.read_text(encoding="utf-8").splitlines() if events.exists() else []
        if status not in (0, 1) or not lines:
            raise BazelError(f"{' '.join(bazel.command)}: exit status {status}\n{_end_of(log)}")
        built = read_events(lines, labels)
        work = read_trace(trace.read_text(encoding="utf-8", errors="replace")) if trace.exists() else {}
    return Build(built, work, time.monotonic() - start)


def _run(command: Sequence[str], workspace: Path, log: Path, progress: Callable[[int, int, str], None]) -> int:
    log.parent.mkdir(parents=True, exist_ok=True)
    # Bazel reads its options for `run` from here otherwise.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("RUNFILES_", "JAVA_RUNF"))}
    with log.open("w", encoding="utf-8") as out:
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
        with subprocess.Popen(command, cwd=workspace, env=environment, text=True, errors="replace", **pipes) as process:
            for line in process.stderr:
                out.write(line)
                out.flush()
                if found := _PROGRESS.match(line):
                    progress(*(int(found[index].replace(",", "")) for index in (1, 2)), found[3].strip())
    return process.returncode


def _end_of(log: Path) -> str:
    """What Bazel complained about."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    first = next((index for index, line in enumerate(lines) if line.startswith("ERROR")), max(len(lines) - 10, 0))
    return "\n".join(lines[first : first + 40])

"""Builds the runner around engines of the tests' own, and runs it."""

from __future__ import annotations

import functools
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RUNTIME = Path("sni_rules/runtime")
ENGINES = Path("tests/runtime/engines")
WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror")
SANITISERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

PLATFORMS = {
    "linux": ("io_posix.c", "clock_posix.c", "counter_linux.c"),
    "standard": ("io_stdio.c", "clock_stdc.c", "counter_none.c"),
}
"""The files that differ between platforms. Those of QEMU's boards are tested by tests/platforms."""

MAX_LINE = 4194304
"""SNI_MAX_LINE where there is an operating system."""

SMALL = (
    "-DSNI_MAX_LINE=48",
    "-DSNI_MAX_COLUMNS=12",
    "-DSNI_MAX_ECHO=3",
    "-DSNI_MAX_KEY=8",
    "-DSNI_MAX_STREAMS=4",
    "-DSNI_MAX_ITERATIONS=20",
    "-DSNI_IO_CHUNK=16",
)
"""Limits so low that every one of them is met."""


@functools.cache
def scratch() -> Path:
    """A folder for this process, removed at its end."""
    folder = tempfile.TemporaryDirectory(prefix="sni_runtime_")
    scratch.keep = folder  # type: ignore[attr-defined]  # the folder goes when this does
    return Path(folder.name)


def command(*arguments: str | Path) -> str:
    """Runs a tool that has to succeed; its output is the failure's message."""
    done = subprocess.run([str(part) for part in arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(str(part) for part in arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def sources(platform: str) -> list[Path]:
    """The runner's files for a platform."""
    replaceable = {path for kind in ("io", "clock", "counter") for path in RUNTIME.glob(f"{kind}_*.c")}
    common = set(RUNTIME.glob("*.c")) - replaceable - {RUNTIME / "golden.c"}
    return sorted(common | {RUNTIME / name for name in PLATFORMS[platform]})


@functools.cache
def objects(platform: str = "linux", compiler: str = "gcc", flags: tuple[str, ...] = SANITISERS) -> tuple[Path, ...]:
    """The runner compiled, every file by itself and without a warning."""
    folder = Path(tempfile.mkdtemp(dir=scratch()))
    made = []
    for source in sources(platform):
        made.append(folder / f"{source.stem}.o")
        command(compiler, *WARNINGS, *flags, "-I.", "-c", source, "-o", made[-1])
    return tuple(made)


@functools.cache
def build(
    engine: str,
    *,
    platform: str = "linux",
    flags: tuple[str, ...] = SANITISERS,
    limits: tuple[str, ...] = (),
    defines: tuple[str, ...] = (),
) -> Path:
    """The program around engines/ENGINE.c. limits: flags for the runner; defines: flags for the engine."""
    program = Path(tempfile.mkdtemp(dir=scratch())) / engine
    parts = objects(platform, "gcc", flags + limits)
    command("gcc", *WARNINGS, *flags, *defines, "-I.", ENGINES / f"{engine}.c", *parts, "-o", program)
    return program


@functools.cache
def build_probe() -> Path:
    """The program that gives the tests the runner's parts one by one."""
    program = Path(tempfile.mkdtemp(dir=scratch())) / "probe"
    parts = [part for part in objects() if part.name != "main.o"]
    command("gcc", *WARNINGS, *SANITISERS, "-I.", "tests/runtime/probe.c", *parts, "-o", program)
    return program


@dataclass(frozen=True)
class Outcome:
    """What a program has left behind."""

    status: int
    out: bytes
    log: str

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    @property
    def reports(self) -> list[str]:
        """What has been said of rows, and errors."""
        return [line for line in self.log.splitlines() if line.startswith(("line ", "frame ", "error: "))]

    @property
    def summary(self) -> dict[str, Any]:
        """Of --summary=json."""
        return json.loads(self.log.splitlines()[-1])


def run(program: Path, stdin: bytes | str, *arguments: str) -> Outcome:
    """Runs a program to its end, which no sanitiser may have brought about."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run([str(program), *arguments], input=given, capture_output=True, check=False, timeout=60)
    log = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1, 2, 3), f"status {done.returncode}\n{log}"
    assert "Sanitizer" not in log, log
    assert "runtime error" not in log, log
    return Outcome(done.returncode, done.stdout, log)


def summarised(program: Path, stdin: bytes | str, *arguments: str) -> Outcome:
    """As run, with the summary as JSON, whose sums have to be right."""
    outcome = run(program, stdin, "--summary=json", *arguments)
    told = outcome.summary
    assert told["rows"] == told["results"] + told["skipped"]
    assert told["lines"] == told["rows"] + told["headers"] + told["blank"] + told["comments"]
    assert told["skipped"] == sum(told["skipped_by_reason"].values())
    assert told["inferences"] <= told["results"]
    return outcome


def skipped(summary: dict[str, Any]) -> dict[str, int]:
    """The reasons that have occurred."""
    return {reason: count for reason, count in summary["skipped_by_reason"].items() if count}


def flatten(rows: Sequence[Sequence[str]]) -> str:
    """Rows as plain CSV."""
    return "".join(",".join(row) + "\n" for row in rows)

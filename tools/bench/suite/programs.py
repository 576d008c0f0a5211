"""Running a cell's program: what it says of itself, how fast it is, and what it computes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from tools.bench.suite.results import Failure

TIMEOUT = 900
"""Seconds that a program may run."""


class CellError(Exception):
    """Why a cell has no figures."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(stage, message)


def run(command: Sequence[str | Path], data: bytes = b"") -> bytes:
    """What a program prints. Raises CellError with its own words."""
    try:
        done = subprocess.run(list(map(str, command)), input=data, capture_output=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise CellError("run", f"{_name(command)}: not done after {TIMEOUT} s") from None
    except OSError as error:
        raise CellError("run", f"{_name(command)}: cannot be run here ({error.strerror})") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise CellError("run", f"{_name(command)}: exit status {done.returncode}\n{said}".rstrip())
    return done.stdout


def _name(command: Sequence[str | Path]) -> str:
    return " ".join([Path(command[0]).name, *map(str, command[1:])])


def asked(command: Sequence[str | Path]) -> Mapping:
    """The JSON that a program answers with. Raises CellError."""
    answer = run(command)
    try:
        return json.loads(answer)
    except ValueError:
        raise CellError("check", f"{_name(command)}: printed no JSON: {answer[:80]!r}") from None


def outputs_of(program: Path, inputs: Sequence[np.ndarray], outputs: Sequence[Mapping]) -> list[np.ndarray]:
    """For each output of a network its values, of shape [samples, elements] and its own type. Raises CellError.

    inputs: for each input its values, likewise. outputs: as the program's `info` describes them.
    """
    samples = len(inputs[0])
    frames = np.concatenate([values.reshape(samples, -1).view(np.uint8) for values in inputs], axis=1)
    raw = run([program, "stream", "--in=tensor", "--out=tensor", "--quiet"], frames.tobytes())
    frame = sum(output["bytes"] for output in outputs)
    if len(raw) != frame * samples:
        raise CellError("check", f"{len(raw)} bytes of outputs, where {samples} inferences make {frame * samples}")
    rows, at, made = np.frombuffer(raw, np.uint8).reshape(samples, frame), 0, []
    for output in outputs:
        part = np.ascontiguousarray(rows[:, at : at + output["bytes"]])
        at += output["bytes"]
        made.append(part.view(np.dtype(output["dtype"])))
    return made

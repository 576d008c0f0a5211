"""A program of the runner, asked: what it says of itself, how fast it is, and what it computes."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

TIMEOUT = 900
"""Seconds that a program may run, where nothing else is said."""


class ProgramError(Exception):
    """What a program could not do, in its own words. stage: `run`, or `check` where what it printed is wrong."""

    def __init__(self, stage: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage


def run(command: Sequence[str | Path], data: bytes = b"", seconds: int = TIMEOUT) -> bytes:
    """What a program prints. Raises ProgramError with its own words."""
    try:
        done = subprocess.run(list(map(str, command)), input=data, capture_output=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise ProgramError("run", f"{_name(command)}: not done after {seconds} s") from None
    except OSError as error:
        raise ProgramError("run", f"{Path(command[0]).name}: cannot be run here ({error.strerror})") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise ProgramError("run", f"{_name(command)}: exit status {done.returncode}\n{said}".rstrip())
    return done.stdout


def _name(command: Sequence[str | Path]) -> str:
    return " ".join([Path(command[0]).name, *map(str, command[1:])])


def asked(command: Sequence[str | Path], seconds: int = TIMEOUT) -> Mapping:
    """The JSON that a program answers with. Raises ProgramError."""
    answer = run(command, seconds=seconds)
    try:
        return json.loads(answer)
    except ValueError:
        raise ProgramError("check", f"{_name(command)}: printed no JSON: {answer[:80]!r}") from None


def outputs_of(
    program: Path, inputs: Sequence[np.ndarray], outputs: Sequence[Mapping], seconds: int = TIMEOUT
) -> list[np.ndarray]:
    """For each output of a network its values, of shape [samples, elements] and its own type. Raises ProgramError.

    inputs: for each input its values, likewise. outputs: as the program's `info` describes them.
    """
    samples = len(inputs[0])
    frames = np.concatenate([values.reshape(samples, -1).view(np.uint8) for values in inputs], axis=1)
    raw = run([program, "stream", "--in=tensor", "--out=tensor", "--quiet"], frames.tobytes(), seconds)
    kinds = [(np.dtype(output["dtype"]), math.prod(output["shape"])) for output in outputs]
    frame = sum(dtype.itemsize * elements for dtype, elements in kinds)
    if len(raw) != frame * samples:
        raise ProgramError("check", f"{len(raw)} bytes of outputs, where {samples} inferences make {frame * samples}")
    rows, at, made = np.frombuffer(raw, np.uint8).reshape(samples, frame), 0, []
    for dtype, elements in kinds:
        part = np.ascontiguousarray(rows[:, at : at + dtype.itemsize * elements])
        at += dtype.itemsize * elements
        made.append(part.view(dtype))
    return made


def real(values: np.ndarray, scale: float | None, zero_point: int | None) -> np.ndarray:
    """The numbers that a tensor's values stand for, as float64."""
    numbers = values.astype(np.float64)
    return (numbers - (zero_point or 0)) * scale if scale else numbers

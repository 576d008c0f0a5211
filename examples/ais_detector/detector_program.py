"""Runs a compiled detector (an `sni_binary`) on tracks."""

import csv
import dataclasses
import json
import pathlib
import subprocess
import tempfile

import numpy as np
from numpy.typing import NDArray

STATUS_BAD_ROWS = 3


@dataclasses.dataclass(frozen=True)
class Result:
    """What the program printed for the rows it was given.

    Attributes:
      text: the results as the program wrote them, CSV.
      track, unix_time: [results] text of the echoed columns.
      score: [results] anomaly score; NaN where the window is not full yet.
      anomaly: [results] whether the score is above the threshold built into the program.
      summary: the program's own summary.
      messages: what it said about rows that it could not use.
    """

    text: str
    track: tuple[str, ...]
    unix_time: tuple[str, ...]
    score: NDArray[np.float32]
    anomaly: NDArray[np.bool_]
    summary: dict
    messages: tuple[str, ...]


class DetectorError(Exception):
    """The program could not be run, or gave up; the text says why."""


def run(program: str | pathlib.Path, lines: str) -> Result:
    """Feeds CSV text (with a header) to the program's stream mode.

    Raises:
      DetectorError: when the program cannot be started or stops with an error. Rows it rejects are no error.
    """
    output, errors = _call([str(program), "stream", "--summary=json"], lines)
    *messages, last = errors.splitlines()
    rows = list(csv.DictReader(output.splitlines()))
    return Result(
        text=output,
        track=tuple(row["track"] for row in rows),
        unix_time=tuple(row["unix_time"] for row in rows),
        score=np.array([float(row["score"] or "nan") for row in rows], dtype=np.float32),
        anomaly=np.array([row["anomaly"] == "1" for row in rows], dtype=bool),
        summary=json.loads(last),
        messages=tuple(messages),
    )


def info(program: str | pathlib.Path) -> dict:
    """The program's description of itself and of its model."""
    return json.loads(_call([str(program), "info"], "")[0])


def _call(command: list[str], text: str) -> tuple[str, str]:
    """Runs the program on `text`; through files, so that the speed it measures is its own and not a pipe's."""
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as rows,
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
    ):
        rows.write(text)
        rows.seek(0)
        try:
            done = subprocess.run(command, stdin=rows, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
        except OSError as error:
            raise DetectorError(f"{command[0]}: {error.strerror}") from None
        if done.returncode not in (0, STATUS_BAD_ROWS):
            told = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
            reason = "; ".join(line.removeprefix("error: ") for line in told) or f"status {done.returncode}"
            raise DetectorError(f"{command[0]} stopped: {reason}")
        output.seek(0)
        return output.read(), done.stderr

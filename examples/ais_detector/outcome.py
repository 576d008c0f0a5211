"""Compares the alarms of a detector with what was put into generated tracks."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from examples.ais_detector.generate import Scene
from examples.ais_detector.tracks import STEP_SECONDS


@dataclasses.dataclass(frozen=True)
class Event:
    """An injected anomaly.

    Attributes:
      track: its vessel.
      anomaly: its kind.
      rows: its row numbers in the scene.
      detected: whether one of its rows, or the row right after, raised an alarm. The newest step of the row after
      leads out
        of the anomaly: there a shifted position jumps back.
      delay_minutes: from the first anomalous report to the first alarm; 0 where there was none.
    """

    track: int
    anomaly: str
    rows: tuple[int, ...]
    detected: bool
    delay_minutes: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The injected anomalies in order of track, the rows of false alarms, and how many rows could have been one."""

    events: tuple[Event, ...]
    false_alarms: tuple[int, ...]
    normal_rows: int


def runs(flags: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """The index ranges in which `flags` is set without a break."""
    where = np.flatnonzero(flags)
    return [run for run in np.split(where, np.flatnonzero(np.diff(where) > 1) + 1) if len(run)]


def judge(scene: Scene, alarms: NDArray[np.bool_]) -> Outcome:
    """Judges the alarms, [rows of the scene]."""
    names = np.array(scene.anomaly)
    events: list[Event] = []
    false_alarms: list[int] = []
    normal_rows = 0
    for track in scene.kind:
        rows = np.flatnonzero(scene.tracks.track == track)
        excused = np.zeros(len(rows), dtype=bool)
        for run in runs(names[rows] != ""):
            seen = np.arange(run[0], min(run[-1] + 2, len(rows)))
            excused[seen] = True
            raised = np.flatnonzero(alarms[rows[seen]])
            delay = int(raised[0]) * STEP_SECONDS // 60 if len(raised) else 0
            events.append(Event(track, str(names[rows[run[0]]]), tuple(rows[run].tolist()), len(raised) > 0, delay))
        false_alarms += rows[alarms[rows] & ~excused].tolist()
        normal_rows += int((~excused).sum())
    return Outcome(tuple(events), tuple(sorted(false_alarms)), normal_rows)

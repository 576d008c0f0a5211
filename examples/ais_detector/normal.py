"""The normal traffic: reading it, dividing it by vessel, and cutting it into windows of reports."""

import dataclasses
import pathlib

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from examples.ais_detector import tracks

SPLIT_SEED = 1
HELD_OUT = 5
NEAR_NORTH_DEG = 30.0
COURSE_OFF_DEG = 30.0
UNDER_WAY_KN = 3.0


@dataclasses.dataclass(frozen=True)
class Split:
    """Normal traffic, divided by vessel: no vessel is on both sides."""

    train: tracks.Tracks
    held_out: tracks.Tracks


@dataclasses.dataclass(frozen=True)
class Windows:
    """Runs of consecutive reports.

    Attributes:
      reports: [windows, rows, 4 = lat, lon, sog, cog].
      newest: [windows] row number, in the tracks, of each window's last report.
    """

    reports: NDArray[np.float64]
    newest: NDArray[np.int64]

    def select(self, which: NDArray[np.bool_]) -> "Windows":
        return Windows(self.reports[which], self.newest[which])


def read_split(path: str | pathlib.Path) -> Split:
    """Reads normal traffic and holds out one vessel in five, drawn with a seed of its own."""
    table = tracks.read_table(path)
    normal = tracks.from_table(table, track="traj_id")
    vessels = np.unique(table["mmsi"])
    drawn = Generator(PCG64(SPLIT_SEED)).permutation(vessels)[: len(vessels) // HELD_OUT]
    held_out = np.isin(table["mmsi"], drawn)
    return Split(normal.select(~held_out), normal.select(held_out))


def cut(data: tracks.Tracks, rows: int) -> Windows:
    """All runs of `rows` consecutive reports of one track; tracks are stored one after the other."""
    last = np.arange(rows - 1, len(data))
    last = last[data.track[last] == data.track[last - rows + 1]]
    reports = np.stack([data.lat_deg, data.lon_deg, data.sog_kn, data.cog_deg], axis=-1)
    return Windows(reports[last[:, None] + np.arange(1 - rows, 1)], last)


def course_resampled_across_north(reports: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Windows in which a course was interpolated the long way round, [windows].

    The published data were resampled without regard to the wrap at 360 degrees: between 359 and 1 degrees lies 180. A
    vessel under way whose track runs within 30 degrees of north and whose course is more than 30 degrees off has such
    a row. They are left out of training, or the network would learn that courses mean little when steering north.
    """
    north = np.diff(reports[..., 0])
    east = np.diff(reports[..., 1]) * np.cos(np.radians(reports[:, 1:, 0]))
    bearing = np.degrees(np.arctan2(east, north))
    off = np.abs((reports[:, 1:, 3] - bearing + 180) % 360 - 180)
    under_way = np.hypot(north, east) * 60 * 3600 / tracks.STEP_SECONDS > UNDER_WAY_KN
    return ((np.abs(bearing) < NEAR_NORTH_DEG) & (off > COURSE_OFF_DEG) & under_way).any(axis=-1)


def sound_windows(data: tracks.Tracks, rows: int) -> Windows:
    """The windows of `rows` reports whose courses can be trusted."""
    windows = cut(data, rows)
    return windows.select(~course_resampled_across_north(windows.reports))

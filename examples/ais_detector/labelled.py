"""The labelled test tracks, once for every kind of anomaly that was put into them."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from examples.ais_detector import pipeline_mirror, tracks

NORTH_DEG = 30.0


@dataclasses.dataclass(frozen=True)
class Variant:
    """One version of the test tracks, all of it on one grid of positions.

    Attributes:
      name: t1 (route shifted), t2 (course and position), t3 (speed), or t1_jumps.
      tracks: the reports.
      positive: [rows] whether the report at this row is anomalous.
      counted: [rows] whether the row takes part.
    """

    name: str
    tracks: tracks.Tracks
    positive: NDArray[np.bool_]
    counted: NDArray[np.bool_]


def variants(table: dict[str, NDArray[np.float64]]) -> list[Variant]:
    """The variants of `gulf2023_test_labelled_even.csv`.

    A row is positive if the report at it is labelled, and negative if not, in the same variant of the tracks.
    `t1_jumps` asks for what can be seen of a shifted route: its positives are the steps that lead into and out of the
    shift, its negatives the steps between two sound reports, and the steps within the shift do not count.
    """
    columns = {
        "t1": {"lat_deg": "t1_lat", "lon_deg": "t1_lon"},
        "t2": {"lat_deg": "t2_lat", "lon_deg": "t2_lon", "cog_deg": "t2_cog"},
        "t3": {"sog_kn": "t3_sog"},
    }
    labels = {"t1": "lab_t1_shift", "t2": "lab_t2_heading", "t3": "lab_t3_speed"}
    found = []
    for name, renamed in columns.items():
        positive = table[labels[name]] > 0
        data = tracks.from_table(table, track="traj_id", **renamed)
        found.append(Variant(name, data, positive, np.ones(len(data), dtype=bool)))
    shift = found[0]
    before = pipeline_mirror.previous_rows(shift.tracks.track)
    labelled_before = np.where(before >= 0, shift.positive[before], shift.positive)
    jump = labelled_before != shift.positive
    return [shift, Variant("t1_jumps", shift.tracks, jump, jump | ~shift.positive), *found[1:]]


def near_north(table: dict[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Rows whose sound track runs within 30 degrees of north at the row, the one before or the one after, [rows].

    There the courses of the published data are unreliable: see `normal.course_resampled_across_north`. The choice
    looks at the positions of the sound track alone, at no course and no score.
    """
    before = pipeline_mirror.previous_rows(table["traj_id"].astype(np.int64))
    north = table["lat_deg"] - table["lat_deg"][before]
    east = (table["lon_deg"] - table["lon_deg"][before]) * np.cos(np.radians(table["lat_deg"]))
    steers = (np.abs(np.degrees(np.arctan2(east, north))) < NORTH_DEG) & (before >= 0)
    result = steers.copy()
    result[:-1] |= steers[1:]
    result[1:] |= steers[:-1]
    return result

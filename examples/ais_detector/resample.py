"""Brings irregular position fixes of one vessel onto the grid of time steps that the detector was trained on."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from examples.ais_detector.tracks import STEP_SECONDS


@dataclasses.dataclass(frozen=True)
class Fixes:
    """Reports of one vessel, [rows] each, in any order: seconds, degrees, degrees, knots, degrees."""

    unix_time: NDArray[np.float64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    sog_kn: NDArray[np.float64]
    cog_deg: NDArray[np.float64]

    def select(self, rows: NDArray | slice) -> "Fixes":
        return Fixes(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))


def shorter_way(start: NDArray[np.float64], end: NDArray[np.float64], part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angles `part` (0 to 1) of the way from `start` to `end`, the shorter way round, degrees in [0, 360).

    Between 350 and 20 degrees lies 5, not 185; opposite courses turn to port.
    """
    turn = (end - start + 180) % 360 - 180
    return _wrapped(start + part * turn)


def split(fixes: Fixes, max_gap: float) -> list[Fixes]:
    """Orders fixes in time, drops repeated times and cuts where the vessel was silent for over `max_gap` seconds."""
    order = np.argsort(fixes.unix_time, kind="stable")
    ordered = fixes.select(order)
    first = np.r_[True, np.diff(ordered.unix_time) > 0]
    ordered = ordered.select(first)
    cuts = np.flatnonzero(np.diff(ordered.unix_time) > max_gap) + 1
    return [ordered.select(part) for part in np.split(np.arange(len(ordered.unix_time)), cuts) if len(part)]


def onto_grid(fixes: Fixes, step: int = STEP_SECONDS) -> Fixes:
    """Interpolates ordered fixes linearly at the multiples of `step` seconds that lie between the first and the last.

    Positions take the shorter way across 180 degrees of longitude, courses the shorter way across north. Nothing is
    extrapolated: fixes that enclose no grid time give no rows.
    """
    time = fixes.unix_time
    grid = np.arange(np.ceil(time[0] / step), np.floor(time[-1] / step) + 1) * step
    if len(time) == 1:
        return fixes.select(np.isin(time, grid))
    left = np.clip(np.searchsorted(time, grid, side="right") - 1, 0, len(time) - 2)
    part = (grid - time[left]) / (time[left + 1] - time[left])

    def between(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values[left] + part * (values[left + 1] - values[left])

    lon = shorter_way(fixes.lon_deg[left], fixes.lon_deg[left + 1], part)
    return Fixes(
        unix_time=grid,
        lat_deg=between(fixes.lat_deg),
        lon_deg=np.where(lon >= 180, lon - 360, lon),
        sog_kn=between(fixes.sog_kn),
        cog_deg=shorter_way(fixes.cog_deg[left], fixes.cog_deg[left + 1], part),
    )


def _wrapped(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """[0, 360); a tiny negative angle would otherwise become 360 by rounding."""
    wrapped = angle % 360
    return np.where(wrapped >= 360, 0.0, wrapped)

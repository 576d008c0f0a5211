"""Faults put into normal windows while training, so that the autoencoder learns to take them out again.

A denoising autoencoder (Vincent et al., 2008) sees a damaged window and has to return the sound one. What it returns
for a damaged row is its best guess of what the vessel really did, and the distance to that guess is the anomaly score.
The faults are deliberately broad: any direction, sizes drawn log-uniformly over more than one order of magnitude.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

LAT, LON, SOG, COG = range(4)
POSITION_NM = (0.1, 3.0)
SPEED_KN = (0.2, 6.0)
COURSE_DEG = (1.0, 40.0)
MEAN_RUN = 4

Reports = NDArray[np.float64]


def add_faults(reports: Reports, share: float, rng: Generator) -> Reports:
    """Returns a copy of `reports` [windows, rows, 4 = lat, lon, sog, cog] with a fault in `share` of the windows.

    A fault covers a run of consecutive rows and is one of: all positions moved by one offset (half of the time with a
    noisy course as well), noise on the course, noise on the speed.
    """
    windows, rows, _ = reports.shape
    kind = rng.choice(4, windows, p=[1 - share, share / 3, share / 3, share / 3])
    start = rng.integers(0, rows, windows)[:, None]
    length = rng.geometric(1 / MEAN_RUN, windows)[:, None]
    row = np.arange(rows)[None, :]
    run = (row >= start) & (row < start + length)
    moved = (kind == 1)[:, None] & run
    swung = ((kind == 2) | ((kind == 1) & (rng.random(windows) < 0.5)))[:, None] & run
    rushed = (kind == 3)[:, None] & run

    result = reports.copy()
    offset = _log_uniform(rng, POSITION_NM, windows)[:, None] / 60
    direction = rng.uniform(0, 2 * np.pi, windows)[:, None]
    result[..., LAT] += moved * offset * np.cos(direction)
    result[..., LON] += moved * offset * np.sin(direction) / np.cos(np.radians(reports[..., LAT]))
    course = reports[..., COG] + _noise(rng, COURSE_DEG, windows, rows)
    result[..., COG] = np.where(swung, course % 360, reports[..., COG])
    speed = np.abs(reports[..., SOG] + _noise(rng, SPEED_KN, windows, rows))
    result[..., SOG] = np.where(rushed, speed, reports[..., SOG])
    return result


def round_positions(reports: Reports, rng: Generator) -> Reports:
    """Returns a copy with the positions of half of the windows moved onto a grid, so that a grid is nothing unusual.

    Grids of 0.001 and of 0.0005 degrees, cell centres; receivers and data sets round like this.
    """
    result = reports.copy()
    chosen = rng.choice(3, len(reports), p=[0.5, 0.35, 0.15])
    for number, cell in ((1, 0.001), (2, 0.0005)):
        rows = chosen == number
        result[rows, :, :2] = (np.floor(reports[rows, :, :2] / cell) + 0.5) * cell
    return result


def _log_uniform(rng: Generator, limits: tuple[float, float], count: int) -> NDArray[np.float64]:
    return np.exp(rng.uniform(np.log(limits[0]), np.log(limits[1]), count))


def _noise(rng: Generator, limits: tuple[float, float], windows: int, rows: int) -> NDArray[np.float64]:
    return _log_uniform(rng, limits, windows)[:, None] * rng.standard_normal((windows, rows))

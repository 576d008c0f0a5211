"""Vessel tracks as columns, and the CSV files they travel in."""

import csv
import dataclasses
import pathlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

COLUMNS = ("track", "unix_time", "lat_deg", "lon_deg", "sog_kn", "cog_deg")
STEP_SECONDS = 600


@dataclasses.dataclass(frozen=True)
class Tracks:
    """Position reports on a 10-minute grid, [rows] each; rows of one track are in order of time.

    Attributes:
      track: number of the track (a vessel's unbroken sequence of reports).
      unix_time: seconds since 1970-01-01 UTC.
      lat_deg, lon_deg: WGS 84 degrees, north and east positive.
      sog_kn: speed over ground, knots.
      cog_deg: course over ground, degrees clockwise from north, [0, 360].
    """

    track: NDArray[np.int64]
    unix_time: NDArray[np.int64]
    lat_deg: NDArray[np.float64]
    lon_deg: NDArray[np.float64]
    sog_kn: NDArray[np.float64]
    cog_deg: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.track)

    def select(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Tracks":
        """The rows that a mask or an index array picks."""
        return Tracks(*(getattr(self, name)[rows] for name in COLUMNS))

    def numeric(self) -> dict[str, NDArray[np.float64]]:
        """The columns that the pipeline computes with."""
        return {name: getattr(self, name) for name in COLUMNS[2:]}


def read_table(path: str | pathlib.Path) -> dict[str, NDArray[np.float64]]:
    """Reads a CSV file whose columns are all numbers into {column: [rows]}.

    Raises:
      ValueError: naming the line, when a row is short or holds something that is no number.
    """
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.reader(file)
        header = next(reader, None)
        if not header:
            raise ValueError(f"{path}: empty; a header line and rows of numbers are expected")
        rows = []
        for row in reader:
            try:
                rows.append([float(field) for field in row])
            except ValueError as error:
                raise ValueError(f"{path}:{reader.line_num}: {error}; all columns must be numbers") from None
            if len(row) != len(header):
                raise ValueError(f"{path}:{reader.line_num}: {len(row)} fields, the header has {len(header)}")
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(header))
    return {name: table[:, i] for i, name in enumerate(header)}


def from_table(table: dict[str, NDArray[np.float64]], **renamed: str) -> Tracks:
    """Picks the columns of a Tracks from a table; `renamed` maps a field to the column that holds it."""
    names = {name: renamed.get(name, name) for name in COLUMNS}
    missing = sorted(set(names.values()) - set(table))
    if missing:
        raise ValueError(f"columns {', '.join(missing)} are missing; there are {', '.join(table)}")
    columns = [table[names[name]] for name in COLUMNS]
    return Tracks(columns[0].astype(np.int64), columns[1].astype(np.int64), *columns[2:])


def csv_lines(tracks: Tracks) -> Iterable[str]:
    """The header and one line for each row: 6 decimals of a degree (0.1 m), 3 of a knot and of a degree of course."""
    yield ",".join(COLUMNS) + "\n"
    for row in zip(*(getattr(tracks, name) for name in COLUMNS), strict=True):
        yield "{:d},{:d},{:.6f},{:.6f},{:.3f},{:.3f}\n".format(*row)

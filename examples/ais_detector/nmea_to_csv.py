r"""Converts a log of raw AIS sentences into the detector's CSV.

  python -m examples.ais_detector.nmea_to_csv --nmea=log.txt --out=tracks.csv

Reads !AIVDM and !AIVDO sentences of any talker (!BSVDM, !ABVDM, ...), of one part or several. The time comes from the
TAG block before a sentence (\c:1276256771*5B\!AIVDM...; seconds or milliseconds), from a $PGHP sentence on the line
before, or from a Unix time after the checksum. Position reports of types 1, 2, 3, 18 and 19 are kept; each one's own
UTC second corrects the receiver's clock. Vessels are then interpolated onto the 10-minute grid, and a vessel that was
silent for longer than --max_gap_minutes begins a new track: MMSI-1, MMSI-2, ...

Lines that cannot be decoded are counted and listed with their number and the reason on stderr; they stop nothing.
"""

import collections
import dataclasses
import sys
from collections.abc import Iterable

import numpy as np
import pyais
from absl import app, flags

from examples.ais_detector import nmea, paths, resample, tracks

POSITION_REPORTS = (1, 2, 3, 18, 19)
LON_UNKNOWN, LAT_UNKNOWN, SOG_UNKNOWN, COG_UNKNOWN = 181, 91, 102.3, 360


@dataclasses.dataclass
class Log:
    """What a log held.

    Attributes:
      fixes: for every MMSI the list of (unix_time, lat, lon, sog, cog).
      problems: (line number, reason) of every line that could not be decoded.
      counts: how many sentences were what.
    """

    fixes: dict[int, list[tuple[float, float, float, float, float]]]
    problems: list[tuple[int, str]]
    counts: collections.Counter[str]


def read_log(lines: Iterable[bytes]) -> Log:
    """Decodes a log; never raises on its content."""
    log = Log(collections.defaultdict(list), [], collections.Counter())
    for message in nmea.messages(lines, log.problems, log.counts):
        try:
            report = pyais.decode(*message.sentences)
            kind = int(report.msg_type)
            if kind in POSITION_REPORTS:
                values = int(report.mmsi), int(report.second), report.lat, report.lon, report.speed, report.course
        # pyais raises whatever its bit reader runs into on a damaged payload, not only its own exceptions.
        except Exception as error:
            log.problems.append((message.line, f"payload cannot be decoded: {str(error) or type(error).__name__}"))
            continue
        if kind not in POSITION_REPORTS:
            log.counts["other messages"] += 1
            continue
        _keep(log, message, *values)
    return log


def _keep(
    log: Log, message: nmea.Message, mmsi: int, second: int, lat: float, lon: float, sog: float, cog: float
) -> None:
    if abs(lat) >= LAT_UNKNOWN or abs(lon) >= LON_UNKNOWN or sog >= SOG_UNKNOWN or cog >= COG_UNKNOWN:
        log.counts["positions without position, speed or course"] += 1
    elif message.unix_time is None:
        log.counts["positions without a time"] += 1
    else:
        log.counts["positions"] += 1
        time = fix_time(message.unix_time, second)
        log.fixes[mmsi].append((time, float(lat), float(lon), float(sog), float(cog)))


def fix_time(received: float, second: int) -> float:
    """Time of a fix: the moment nearest to `received` with the message's UTC second (60 and up: unknown)."""
    if not 0 <= second <= 59:
        return received
    return received + (second - received + 30) % 60 - 30


def csv_lines(log: Log, max_gap: float) -> list[str]:
    """The detector's CSV: all tracks on the 10-minute grid, in order of time; `max_gap` in seconds."""
    rows = []
    for mmsi, fixes in sorted(log.fixes.items()):
        columns = resample.Fixes(*np.array(fixes, dtype=np.float64).T)
        number = 0
        for part in resample.split(columns, max_gap):
            grid = resample.onto_grid(part)
            number += len(grid.unix_time) > 0
            rows += [(time, f"{mmsi}-{number}", *rest) for time, *rest in zip(*_values(grid), strict=True)]
    rows.sort(key=lambda row: row[:2])
    header = ",".join(tracks.COLUMNS) + "\n"
    return [header] + ["{},{:.0f},{:.6f},{:.6f},{:.3f},{:.3f}\n".format(row[1], row[0], *row[2:]) for row in rows]


def _values(fixes: resample.Fixes) -> list[list[float]]:
    return [getattr(fixes, field.name).tolist() for field in dataclasses.fields(fixes)]


def summary(log: Log, rows: list[str], shown: int) -> list[str]:
    """Lines that tell what became of the log; at most `shown` undecodable lines are listed."""
    tracks_made = {row.split(",", 1)[0] for row in rows[1:]}
    text = [f"{count} {what}" for what, count in sorted(log.counts.items())]
    text.append(f"{len(log.fixes)} vessels, {len(tracks_made)} tracks, {len(rows) - 1} rows on the 10-minute grid")
    if len(rows) == 1 and log.fixes:
        text.append(
            "no vessel was heard before and after a full 10 minutes (hh:00, hh:10, ...): nothing to interpolate"
        )
    problems = sorted(log.problems)
    text.append(f"{len(problems)} lines could not be decoded")
    text += [f"  line {line}: {reason}" for line, reason in problems[:shown]]
    if len(problems) > shown:
        text.append(f"  ... and {len(problems) - shown} more (--show={len(problems)} lists them)")
    return text


def main(_: list[str]) -> None:
    if not _GAP.value > 0:
        sys.exit(f"error: --max_gap_minutes={_GAP.value}: a positive number is needed")
    try:
        with open(paths.user_path(_NMEA.value), "rb") if _NMEA.value != "-" else sys.stdin.buffer as file:
            log = read_log(file)
        rows = csv_lines(log, _GAP.value * 60)
        if _OUT.value == "-":
            sys.stdout.writelines(rows)
        else:
            with open(paths.user_path(_OUT.value), "w", encoding="utf-8", newline="") as file:
                file.writelines(rows)
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
    print("\n".join(summary(log, rows, _SHOW.value)), file=sys.stderr)


if __name__ == "__main__":
    _NMEA = flags.DEFINE_string("nmea", None, "Log of NMEA sentences; - is the standard input.", required=True)
    _OUT = flags.DEFINE_string("out", "-", "CSV file to write; - is the standard output.")
    _GAP = flags.DEFINE_float("max_gap_minutes", 30.0, "A vessel that is silent for longer begins a new track.")
    _SHOW = flags.DEFINE_integer("show", 20, "How many undecodable lines to list.")
    app.run(main)

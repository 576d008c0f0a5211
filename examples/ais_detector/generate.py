r"""Generates vessel tracks with known anomalies, as a receiver would log them: many vessels, interleaved in time.

  python -m examples.ais_detector.generate --out=tracks.csv --vessels=30 --hours=48

The CSV has the columns of the pipeline and, with --truth, one more that names the anomaly of the row, or is empty.

Kinds of anomaly:
  position_jump  the reported positions are moved by a fixed 1.0 to 3.0 nm, as by a spoofed or faulty receiver
  position_drift the reported positions walk away from the true ones at 2 to 5 kn, as a slow spoof
  wrong_speed    the reported speed is off by 3 to 7 kn
  wrong_course   the reported course is off by 25 to 90 degrees
  circle         the vessel goes round in circles of 8 to 14 minutes, speed and course reported truly
  sudden_stop    the vessel stops within two minutes and lies still, speed and course reported truly
Position, speed and course anomalies last 3 to 6 reports, the last two 30 to 60 minutes. All fall on
vessels under way.
"""

import dataclasses
import sys

import numpy as np
from absl import app, flags

from examples.ais_detector import paths, simulate, tracks
from examples.ais_detector.simulate import Chance, Vessel

START_UNIX_TIME = 1_700_000_000 - 1_700_000_000 % 86_400
STEP_MINUTES = tracks.STEP_SECONDS // 60
REPORTED = ("position_jump", "position_drift", "wrong_speed", "wrong_course")
SAILED = ("circle", "sudden_stop")
ANOMALIES = REPORTED + SAILED
SHARES = {"transit": 0.4, "ferry": 0.15, "trawler": 0.15, "anchored": 0.15, "supply": 0.15}
UNDER_WAY_KN = 6.0
WARM_UP_ROWS = 8
# South, north, west, east of where a vessel begins; chosen so that nobody runs ashore within two days or so.
AREAS = {
    "transit": (44.0, 48.0, -35.0, -28.0),  # the North Atlantic
    "ferry": (55.5, 56.5, 3.0, 5.0),  # the North Sea, between Dogger Bank and Jutland
    "trawler": (56.0, 57.5, 2.0, 4.0),  # the fishing grounds of the North Sea
    "anchored": (51.5, 51.7, 2.6, 3.0),  # the roads off the Scheldt
    "supply": (57.5, 58.5, 1.0, 2.0),  # the oil fields east of Scotland
}


@dataclasses.dataclass(frozen=True)
class Scene:
    """Generated traffic.

    Attributes:
      tracks: all reports, in order of time.
      anomaly: for every row the name of its anomaly, "" for none.
      kind: for every track number the kind of vessel.
    """

    tracks: tracks.Tracks
    anomaly: tuple[str, ...]
    kind: dict[int, str]


@dataclasses.dataclass
class _Report:
    track: int
    unix_time: int
    lat: float
    lon: float
    sog: float
    cog: float
    anomaly: str = ""


def scene(seed: int, vessels: int, hours: float, anomalies_per_vessel: float = 1.0) -> Scene:
    """Generates `vessels` tracks of `hours` each.

    Args:
      seed: any non-negative integer; the same seed gives the same scene.
      vessels: number of tracks, at least 1. Kinds come in the proportions of SHARES.
      hours: length of every track, at least 3.
      anomalies_per_vessel: mean number of anomalies tried on each vessel; one that finds its vessel not under way is
      dropped.

    Raises:
      ValueError: naming the argument that is out of range.
    """
    if seed < 0:
        raise ValueError(f"seed {seed} is negative; it must be at least 0")
    if vessels < 1:
        raise ValueError(f"{vessels} vessels; at least 1 is needed")
    if hours < 3:
        raise ValueError(f"{hours} hours; tracks must be at least 3 hours long")
    reports: list[_Report] = []
    kinds = {}
    for track in range(1, vessels + 1):
        chance = Chance(seed, track)
        kinds[track] = _kind((track - 0.5) / vessels)
        reports += _voyage(track, kinds[track], hours, anomalies_per_vessel, chance)
    reports.sort(key=lambda report: (report.unix_time, report.track))
    columns = [
        np.array([r.track for r in reports], dtype=np.int64),
        np.array([r.unix_time for r in reports], dtype=np.int64),
        np.array([round(r.lat, 6) for r in reports]),
        np.array([round(r.lon, 6) for r in reports]),
        np.array([round(max(r.sog, 0.0), 1) for r in reports]),
        np.array([round(r.cog % 360, 1) % 360 for r in reports]),
    ]
    return Scene(tracks.Tracks(*columns), tuple(r.anomaly for r in reports), kinds)


def _kind(position: float) -> str:
    """The kind of vessel at `position` in [0, 1) of the fleet."""
    reached = 0.0
    for kind, share in SHARES.items():
        reached += share
        if position < reached:
            return kind
    return next(iter(SHARES))


def _voyage(track: int, kind: str, hours: float, anomalies: float, chance: Chance) -> list[_Report]:
    """The reports of one vessel, every 10 minutes."""
    south, north, west, east = AREAS[kind]
    vessel = Vessel(chance.uniform(south, north), chance.uniform(west, east), 0.0, chance.uniform(0.0, 360.0))
    captain = simulate.KINDS[kind](vessel, chance)
    rows = int(hours * 60) // STEP_MINUTES
    plan = _plan(rows, anomalies, chance)
    second = START_UNIX_TIME + chance.integer(0, tracks.STEP_SECONDS)
    reports: list[_Report] = []
    running = ""
    left = 0
    mishap = captain
    for minute in range(rows * STEP_MINUTES):
        row, within = divmod(minute, STEP_MINUTES)
        if within == 0:
            reports.append(_report(track, second + row * tracks.STEP_SECONDS, vessel, chance))
            reports[-1].anomaly = running if left > 0 else ""
            if left <= 0 and plan.get(row) in SAILED and vessel.speed > UNDER_WAY_KN:
                running, left = plan[row], chance.integer(30, 61)
                mishap = _mishap(running, chance)
        vessel.advance()
        left -= 1
        (mishap if left > 0 else captain)(vessel)
    for row, name in plan.items():
        if name in REPORTED:
            _falsify(reports[row:], name, chance)
    return reports


def _report(track: int, unix_time: int, vessel: Vessel, chance: Chance) -> _Report:
    """What the vessel broadcasts: position to some 8 m, speed to 0.1 kn, course to a degree or so."""
    metre = 1 / 111_120
    lat = vessel.lat + chance.normal(8 * metre)
    lon = vessel.lon + chance.normal(8 * metre) / np.cos(np.radians(vessel.lat)).item()
    course_noise = min(60.0, 6.0 / max(vessel.speed, 0.1))
    sog, cog = vessel.speed + chance.normal(0.07), vessel.course + chance.normal(course_noise)
    return _Report(track, unix_time, lat, lon, sog, cog)


def _plan(rows: int, anomalies: float, chance: Chance) -> dict[int, str]:
    """Rows at which an anomaly is to begin, apart from each other and from both ends."""
    plan: dict[int, str] = {}
    count = int(anomalies + chance.uniform())
    for _ in range(count):
        row, name = chance.integer(WARM_UP_ROWS, max(WARM_UP_ROWS + 1, rows - 8)), chance.integer(0, len(ANOMALIES))
        if all(abs(row - other) > 14 for other in plan):
            plan[row] = ANOMALIES[name]
    return plan


def _mishap(name: str, chance: Chance) -> simulate.Captain:
    """The captain's hand during an anomaly that is really sailed."""
    if name == "circle":
        rate = 360 / chance.uniform(8.0, 14.0) * (1 if chance.uniform() < 0.5 else -1)

        def turn(vessel: Vessel) -> None:
            vessel.course = (vessel.course + rate) % 360

        return turn

    def stop(vessel: Vessel) -> None:
        vessel.throttle(chance.uniform(0.0, 0.2), most=8.0)

    return stop


def _falsify(reports: list[_Report], name: str, chance: Chance) -> None:
    """Changes the first few of `reports`, if the vessel is under way and nothing has happened to it yet."""
    part = reports[: chance.integer(3, 7)]
    if any(report.sog < UNDER_WAY_KN or report.anomaly for report in part):
        return
    sign = 1 if chance.uniform() < 0.5 else -1
    direction = np.radians(chance.uniform(0.0, 360.0))
    jump, walk = chance.uniform(1.0, 3.0) / 60, chance.uniform(2.0, 5.0) / 60 * STEP_MINUTES / 60
    speed = sign * chance.uniform(3.0, 7.0)
    course = sign * chance.uniform(25.0, 90.0)
    for number, report in enumerate(part, start=1):
        report.anomaly = name
        if name in ("position_jump", "position_drift"):
            offset = jump if name == "position_jump" else walk * number
            report.lat += offset * np.cos(direction).item()
            report.lon += offset * np.sin(direction).item() / np.cos(np.radians(report.lat)).item()
        elif name == "wrong_speed":
            report.sog = max(0.0, report.sog + speed)
        else:
            report.cog += course


def lines(made: Scene, truth: bool) -> list[str]:
    """The CSV of a scene, header first; with `truth` the name of the anomaly as the last column."""
    plain = list(tracks.csv_lines(made.tracks))
    if not truth:
        return plain
    return [f"{line[:-1]},{name}\n" for line, name in zip(plain, ("anomaly", *made.anomaly), strict=True)]


def main(_: list[str]) -> None:
    try:
        made = scene(_SEED.value, _VESSELS.value, _HOURS.value, _ANOMALIES.value)
    except ValueError as error:
        sys.exit(f"error: {error}")
    text = "".join(lines(made, _TRUTH.value))
    if _OUT.value == "-":
        sys.stdout.write(text)
        return
    try:
        with open(paths.user_path(_OUT.value), "w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        sys.exit(f"error: --out={_OUT.value}: {error.strerror}")


if __name__ == "__main__":
    _OUT = flags.DEFINE_string("out", "-", "CSV file to write; - is the standard output.")
    _SEED = flags.DEFINE_integer("seed", 1, "Seed; the same seed gives the same file.")
    _VESSELS = flags.DEFINE_integer("vessels", 30, "Number of vessels.")
    _HOURS = flags.DEFINE_float("hours", 48.0, "Length of each track, hours.")
    _ANOMALIES = flags.DEFINE_float("anomalies", 1.0, "Anomalies per vessel, on average.")
    _TRUTH = flags.DEFINE_bool("truth", False, "Adds a last column with the name of the row's anomaly.")
    app.run(main)

r"""Finds anomalies in ship positions with the compiled detector.

bazel run //examples/ais_detector                         # generated tracks, int8 detector
bazel run //examples/ais_detector -- --float --seed=7
bazel run //examples/ais_detector -- --csv=$PWD/tracks.csv --out=$PWD/scores.csv
"""

import datetime
import pathlib
import sys

import numpy as np
from absl import app, flags

from examples.ais_detector import detector_program, generate, outcome, paths, tracks

_FLOAT = flags.DEFINE_bool("float", False, "Runs the float32 detector in place of the int8 one.")
_CSV = flags.DEFINE_string("csv", "", f"CSV of your own, with the columns {', '.join(tracks.COLUMNS)}.")
_OUT = flags.DEFINE_string("out", "", "CSV file for the score of every row.")
_SEED = flags.DEFINE_integer("seed", 1, "Seed of the generated tracks.")
_VESSELS = flags.DEFINE_integer("vessels", 30, "Number of generated vessels.")
_HOURS = flags.DEFINE_float("hours", 48.0, "Length of the generated tracks.")
_PROGRAM = flags.DEFINE_string("program", "", "Detector program, if not the one that was built with this.")

ANOMALIES_PER_VESSEL = 2.0
MESSAGES_SHOWN = 10
NOTES = {"sudden_stop": "speed, course and position agree with each other: a manoeuvre, to this detector"}


def clock(unix_time: int) -> str:
    """Day and time of day, UTC: "15 Nov 03:20"."""
    return datetime.datetime.fromtimestamp(unix_time, datetime.UTC).strftime("%d %b %H:%M")


def about(description: dict) -> str:
    """One line on the size of the compiled model."""
    dtype = description["inputs"][0]["dtype"]
    flash, state = description["constant_bytes"], description["state_bytes"]
    return (
        f"{description['model']} ({dtype}), compiled by sni {description['version']}: {description['macs']:,} "
        f"multiply-accumulates, {flash:,} bytes of weights and tables, {state:,} bytes of state for a vessel"
    )


def speed(result: detector_program.Result) -> str:
    """One line on how fast the program was, by its own clock."""
    summary = result.summary
    return (
        f"{summary['rows']:,} rows in {summary['seconds']:.3f} s: {summary['rows_per_second']:,.0f} rows/s on one core"
    )


def report_scene(scene: generate.Scene, result: detector_program.Result) -> list[str]:
    """The report on generated traffic, where it is known what happened."""
    found = outcome.judge(scene, result.anomaly)
    text = ["", f"{'vessel':>6}  {'kind':8}  {'what was put in':15}  {'from, UTC':12}  {'reports':>7}  outcome"]
    for event in found.events:
        end = f"found after {event.delay_minutes} min" if event.detected else "missed"
        start = clock(int(scene.tracks.unix_time[event.rows[0]]))
        kind = scene.kind[event.track]
        text.append(f"{event.track:>6}  {kind:8}  {event.anomaly:15}  {start:12}  {len(event.rows):>7}  {end}")
    text += ["", "found, by kind of anomaly"]
    for name in generate.ANOMALIES:
        some = [event.detected for event in found.events if event.anomaly == name]
        note = f"  ({NOTES[name]})" if name in NOTES and some else ""
        text.append(f"  {name:15} {sum(some):>2} of {len(some):>2}{note}")
    text.append(f"  {'all':15} {sum(event.detected for event in found.events):>2} of {len(found.events):>2}")
    rate = len(found.false_alarms) / max(found.normal_rows, 1)
    text += ["", f"false alarms: {len(found.false_alarms)} of {found.normal_rows:,} normal rows ({rate:.2%})"]
    for track in scene.kind:
        rows = [row for row in found.false_alarms if scene.tracks.track[row] == track]
        if rows:
            times = ", ".join(
                f"{clock(int(scene.tracks.unix_time[row]))} ({result.score[row]:.2f})" for row in rows[:2]
            )
            more = f", and {len(rows) - 2} more" if len(rows) > 2 else ""
            text.append(f"  vessel {track:>2}, {scene.kind[track]}: {times}{more}")
    return text


def report_tracks(result: detector_program.Result) -> list[str]:
    """The report on a user's own tracks: per track when it was anomalous, consecutive alarms as one line."""
    text = ["", f"{'track':>14}  {'alarms':>6}  {'from, UTC':12}  {'to, UTC':12}  highest score"]
    for track in dict.fromkeys(result.track):
        rows = np.flatnonzero(np.array([name == track for name in result.track]))
        for run in outcome.runs(result.anomaly[rows]):
            part = rows[run]
            first, last = (_time(result.unix_time[row]) for row in (part[0], part[-1]))
            text.append(f"{track:>14}  {len(part):>6}  {first:12}  {last:12}  {np.nanmax(result.score[part]):.2f}")
    scored = int(np.isfinite(result.score).sum())
    text += ["", f"{int(result.anomaly.sum()):,} alarms in {scored:,} scored rows of {len(set(result.track)):,} tracks"]
    if scored == 0:
        text.append("no row could be scored: a track needs 7 reports, 10 minutes apart")
    return text


def _time(text: str) -> str:
    try:
        return clock(int(float(text)))
    except (ValueError, OverflowError, OSError):
        return text


def main(arguments: list[str]) -> None:
    if arguments[1:]:
        sys.exit(f"error: arguments {' '.join(arguments[1:])} are not understood; --csv=FILE names your own data")
    name = "detector_float32" if _FLOAT.value else "detector"
    program = paths.user_path(_PROGRAM.value) if _PROGRAM.value else paths.program(name)
    if not program.is_file():
        sys.exit(
            f"error: {program}: no such program; bazel run //examples/ais_detector builds it, --program=FILE names one"
        )
    try:
        run(program)
    except OSError as error:
        sys.exit(f"error: {error.filename}: {error.strerror}")
    except UnicodeDecodeError as error:
        sys.exit(f"error: --csv={_CSV.value}: byte {error.start} is no UTF-8 text; a CSV file is expected")
    except (ValueError, detector_program.DetectorError) as error:
        sys.exit(f"error: {error}")


def run(program: pathlib.Path) -> None:
    """Generates or reads tracks, runs the program on them, and prints the report."""
    print(about(detector_program.info(program)))
    if _CSV.value:
        result = detector_program.run(program, paths.user_path(_CSV.value).read_text(encoding="utf-8-sig"))
        report = report_tracks(result)
    else:
        scene = generate.scene(_SEED.value, _VESSELS.value, _HOURS.value, ANOMALIES_PER_VESSEL)
        result = detector_program.run(program, "".join(generate.lines(scene, truth=False)))
        report = report_scene(scene, result)
        print(
            f"{_VESSELS.value} generated vessels, {_HOURS.value:g} hours, a report every 10 minutes, seed {_SEED.value}"
        )
    print("\n".join([*report, "", speed(result)]))
    for message in result.messages[:MESSAGES_SHOWN]:
        print(message, file=sys.stderr)
    if len(result.messages) > MESSAGES_SHOWN:
        print(f"... and {len(result.messages) - MESSAGES_SHOWN} more messages", file=sys.stderr)
    if _OUT.value:
        paths.user_path(_OUT.value).write_text(result.text, encoding="utf-8")


if __name__ == "__main__":
    app.run(main)

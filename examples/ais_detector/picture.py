r"""Draws the README's picture: one generated vessel, what was done to its reports, and the detector's score.

bazel run //examples/ais_detector:picture -- --out=$PWD/examples/ais_detector/track.png
"""

import json
import sys

import matplotlib as mpl
import numpy as np
from absl import app, flags
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from examples.ais_detector import detector_program, generate, outcome, paths, tracks

_OUT = flags.DEFINE_string("out", None, "PNG file to write.", required=True)
_PROGRAM = flags.DEFINE_string("program", None, "The compiled int8 detector.", required=True)
_SEED = flags.DEFINE_integer("seed", 322, "Seed of the vessel; its anomalies should be five.")
_HOURS = flags.DEFINE_float("hours", 40.0, "Length of the track.")
_ANOMALIES = flags.DEFINE_float("anomalies", 8.0, "Anomalies tried.")

COLOURS = dict(zip(generate.ANOMALIES, ("#c1272d", "#b5651d", "#7b3fa0", "#0a7d4b", "#1769aa", "#6b4f3a"), strict=True))
INK, QUIET = "#111111", "#8a8f98"
PANELS = 5
ROWS_AROUND = 4
LOWEST, HIGHEST = 7e-4, 60.0


def merchant_vessel(seed: int, hours: float, anomalies: float) -> generate.Scene:
    """The one vessel in transit of a scene of two."""
    scene = generate.scene(seed, 2, hours, anomalies)
    rows = np.flatnonzero(scene.tracks.track == 1)
    return generate.Scene(scene.tracks.select(rows), tuple(scene.anomaly[row] for row in rows), {1: scene.kind[1]})


def local(data: tracks.Tracks, origin: int) -> NDArray[np.float64]:
    """Positions in nautical miles east and north of one report, [rows, 2]."""
    north = (data.lat_deg - data.lat_deg[origin]) * 60
    east = (data.lon_deg - data.lon_deg[origin]) * 60 * np.cos(np.radians(data.lat_deg[origin]))
    return np.stack([east, north], axis=-1)


def draw_track(axes: Axes, scene: generate.Scene, found: outcome.Outcome) -> None:
    """The whole voyage with its anomalies numbered."""
    place = local(scene.tracks, 0)
    axes.plot(*place.T, "-", color=QUIET, linewidth=1)
    axes.plot(*place[0], "^", color=QUIET, markersize=7)
    axes.annotate("start", place[0], xytext=(6, -4), textcoords="offset points", fontsize=8, color=QUIET)
    for number, event in enumerate(found.events, start=1):
        rows = list(event.rows)
        axes.plot(*place[rows].T, "o", color=COLOURS[event.anomaly], markersize=4)
        colour = COLOURS[event.anomaly]
        axes.annotate(str(number), place[rows[0]], xytext=(6, 4), textcoords="offset points", color=colour)
    _finish(axes, "the voyage, nautical miles")


def draw_event(axes: Axes, scene: generate.Scene, event: outcome.Event, alarms: NDArray[np.bool_], number: int) -> None:
    """One anomaly close up. The arrow at a report shows where its speed and course lead in the next 10 minutes."""
    data = scene.tracks
    rows = np.arange(max(0, event.rows[0] - ROWS_AROUND), min(len(data), event.rows[-1] + 1 + ROWS_AROUND))
    place = local(data, event.rows[0])[rows]
    angle = np.radians(data.cog_deg[rows])
    ahead = data.sog_kn[rows, None] * tracks.STEP_SECONDS / 3600 * np.stack([np.sin(angle), np.cos(angle)], axis=-1)
    touched = np.isin(rows, event.rows)
    colour = np.where(touched, COLOURS[event.anomaly], QUIET)
    axes.plot(*place.T, "-", color=QUIET, linewidth=0.6, alpha=0.6)
    axes.quiver(*place.T, *ahead.T, color=colour, angles="xy", scale_units="xy", scale=1, width=0.006, zorder=3)
    axes.scatter(*place.T, s=16, color=colour, zorder=4)
    axes.scatter(*place[alarms[rows]].T, s=110, facecolors="none", edgecolors=INK, linewidths=1.1, zorder=5)
    axes.update_datalim(place + ahead)
    axes.autoscale_view()
    verdict = "found" if event.detected else "missed"
    _finish(axes, f"{number}  {event.anomaly.replace('_', ' ')}: {verdict}", COLOURS[event.anomaly])


def draw_score(
    axes: Axes, scene: generate.Scene, found: outcome.Outcome, result: detector_program.Result, threshold: float
) -> None:
    """The score of every report over time; logarithmic, since it spans four orders of magnitude."""
    hours = (scene.tracks.unix_time - scene.tracks.unix_time[0]) / 3600
    score = np.clip(result.score, LOWEST, None)
    for number, event in enumerate(found.events, start=1):
        first, last = hours[event.rows[0]] - 1 / 12, hours[event.rows[-1]] + 1 / 12
        axes.axvspan(first, last, color=COLOURS[event.anomaly], alpha=0.22, linewidth=0)
        text = f"{number} {event.anomaly.replace('_', ' ')}"
        colour = COLOURS[event.anomaly]
        axes.text((first + last) / 2, HIGHEST * 0.8, text, color=colour, ha="center", va="top", fontsize=8)
    axes.plot(hours, score, ".-", color=QUIET, linewidth=0.8, markersize=3)
    axes.plot(hours[result.anomaly], score[result.anomaly], "o", color=INK, markersize=8, fillstyle="none")
    axes.axhline(threshold, color=INK, linewidth=0.7, linestyle="--")
    axes.text(hours[0], threshold * 1.15, f"  threshold {threshold:g}", ha="left", va="bottom", fontsize=8)
    axes.set_yscale("log")
    axes.set_ylim(LOWEST * 0.8, HIGHEST)
    axes.set_xlim(hours[0], hours[-1])
    axes.set_xlabel("hours", fontsize=8)
    axes.set_title("score of the newest report (circles: alarms)", fontsize=9, loc="left")
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.2)


def _finish(axes: Axes, title: str, colour: str = INK) -> None:
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.12)
    axes.set_title(title, fontsize=9, loc="left", color=colour)
    axes.tick_params(labelsize=7)
    axes.grid(alpha=0.2)


def main(_: list[str]) -> None:
    mpl.use("Agg")
    scene = merchant_vessel(_SEED.value, _HOURS.value, _ANOMALIES.value)
    pipeline = json.loads((paths.FOLDER / "models" / "ais_int8.json").read_text(encoding="utf-8"))
    threshold = pipeline["after"][-1]["above"]
    try:
        result = detector_program.run(_PROGRAM.value, "".join(generate.lines(scene, truth=False)))
    except detector_program.DetectorError as error:
        sys.exit(f"error: {error}")
    found = outcome.judge(scene, result.anomaly)
    figure = Figure(figsize=(10, 9.2), layout="constrained")
    grid = figure.add_gridspec(3, 3, height_ratios=(1, 1, 0.85))
    draw_track(figure.add_subplot(grid[0, 0]), scene, found)
    for number, event in enumerate(found.events[:PANELS], start=1):
        draw_event(figure.add_subplot(grid[number // 3, number % 3]), scene, event, result.anomaly, number)
    draw_score(figure.add_subplot(grid[2, :]), scene, found, result, threshold)
    figure.savefig(paths.user_path(_OUT.value), dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    app.run(main)

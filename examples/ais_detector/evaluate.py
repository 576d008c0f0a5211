r"""Measures the detectors and the baselines on the labelled test tracks, and writes the tables of the README.

  bazel run //examples/ais_detector:evaluate -- --normal=$DATA/gulf2023_normal.csv \
      --test=$DATA/gulf2023_test_labelled_even.csv --out=$PWD/examples/ais_detector/results.json

The compiled programs are measured where they are given (bazel run does), and held against an interpreter run of the
same .tflite file with the pipeline in NumPy; without them the interpreter is measured.
"""

import hashlib
import json
import sys

import numpy as np
from absl import app, flags, logging
from numpy.typing import NDArray

from examples.ais_detector import (
    baselines,
    detector_program,
    labelled,
    metrics,
    network,
    normal,
    paths,
    pipeline_mirror,
    quality_tables,
    tracks,
)

MODELS = ("float32", "int8")
FALSE_ALARM_RATE = 0.01
RESAMPLES = 500
SEED = 1

Scores = NDArray[np.floating]


def measure(variant: labelled.Variant, scores: Scores, comparable: NDArray[np.bool_], away: NDArray[np.bool_]) -> dict:
    """Quality of one detector on one kind of anomaly.

    Args:
      variant: the tracks and their labels.
      scores: [rows], NaN where there is none.
      comparable: [rows] the rows that every detector scores.
      away: [rows] the rows where the data's courses are sound.
    """
    rows = variant.counted & comparable
    some = rows & away
    found = metrics.events(variant.positive, variant.tracks.track)
    threshold = metrics.threshold_for(scores[rows & ~variant.positive], FALSE_ALARM_RATE)
    return {
        "auc": metrics.roc_auc(scores[rows], variant.positive[rows]),
        "recall": metrics.recall(scores[rows], variant.positive[rows], FALSE_ALARM_RATE),
        "events": metrics.event_recall(np.where(comparable, scores, np.nan), found, variant.tracks.track, threshold),
        "auc_away": metrics.roc_auc(scores[some], variant.positive[some]),
        "recall_away": metrics.recall(scores[some], variant.positive[some], FALSE_ALARM_RATE),
    }


def program_scores(program: str, data: tracks.Tracks) -> Scores:
    """Scores of all rows by a compiled detector.

    Raises:
      ValueError: when the program did not answer every row.
    """
    result = detector_program.run(program, "".join(tracks.csv_lines(data)))
    if len(result.score) != len(data):
        raise ValueError(f"{program} gave {len(result.score)} results for {len(data)} rows: {result.messages[:3]}")
    return result.score


def rounded(data: tracks.Tracks) -> tracks.Tracks:
    """The tracks as they are after they have been through CSV text, so that all detectors see the same numbers."""
    digits = {"lat_deg": 6, "lon_deg": 6, "sog_kn": 3, "cog_deg": 3}
    columns = [getattr(data, name) for name in tracks.COLUMNS]
    return tracks.Tracks(
        *columns[:2], *(c.round(digits[n]) for n, c in zip(tracks.COLUMNS[2:], columns[2:], strict=True))
    )


def main(_: list[str]) -> None:
    try:
        train = normal.read_split(paths.user_path(_NORMAL.value)).train
        table = tracks.read_table(paths.user_path(_TEST.value))
        results = evaluate(train, table)
        paths.user_path(_OUT.value).write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        if _README.value:
            readme = paths.user_path(_README.value)
            readme.write_text(quality_tables.inserted(readme.read_text(encoding="utf-8"), results), encoding="utf-8")
    except (OSError, ValueError, detector_program.DetectorError) as error:
        sys.exit(f"error: {error}")
    print(quality_tables.quality(results))


def evaluate(train: tracks.Tracks, table: dict[str, NDArray[np.float64]]) -> dict:
    """All that results.json holds."""
    folder = paths.user_path(_MODELS.value) if _MODELS.value else paths.FOLDER / "models"
    programs = {"float32": _PROGRAM_FLOAT32.value, "int8": _PROGRAM_INT8.value}
    pipelines = {name: pipeline_mirror.read(folder / f"ais_{name}.json") for name in MODELS}
    contents = {name: (folder / f"ais_{name}.tflite").read_bytes() for name in MODELS}
    shape = pipelines["float32"]
    fitted = normal.sound_windows(train, shape.window + 1).newest
    logging.info("fitting the baselines")
    others = {
        "zscore": baselines.z_score(train, fitted),
        "gaps": baselines.gap_z_score(shape, train, fitted),
        "forest_row": baselines.isolation_forest(shape, train, fitted, 1, SEED),
        "forest_window": baselines.isolation_forest(shape, train, fitted, shape.window, SEED),
    }
    variants = labelled.variants(table)
    away = ~labelled.near_north(table)
    vessel = table["mmsi"].astype(np.int64)
    results: dict = {
        "models": {name: hashlib.sha256(contents[name]).hexdigest() for name in MODELS},
        "compiled": {name: bool(programs[name]) for name in MODELS},
        "largest_difference": {},
        "false_alarms_at_threshold": {},
        "positives": {},
        "quality": {name: {} for name in (*MODELS, *others)},
    }
    for variant in variants:
        logging.info("scoring %s", variant.name)
        data = rounded(variant.tracks)
        scores: dict[str, Scores] = {name: score(data) for name, score in others.items()}
        for name in MODELS:
            scores[name] = network.score(pipelines[name], contents[name], data)
            if programs[name]:
                compiled = program_scores(programs[name], data)
                difference = _difference(compiled, scores[name])
                results["largest_difference"][name] = max(difference, results["largest_difference"].get(name, 0.0))
                scores[name] = compiled
            alarms = scores[name][variant.counted & ~variant.positive & np.isfinite(scores[name])]
            results["false_alarms_at_threshold"].setdefault(name, {})[variant.name] = float(
                (alarms > pipelines[name].threshold).mean()
            )
        comparable = np.isfinite(np.stack(list(scores.values()))).all(axis=0)
        results["positives"][variant.name] = {
            "labelled": int((variant.positive & variant.counted).sum()),
            "scored": int((variant.positive & variant.counted & comparable).sum()),
            "negatives": int((~variant.positive & variant.counted & comparable).sum()),
            "events": len(metrics.events(variant.positive, variant.tracks.track)),
        }
        for name, values in scores.items():
            quality = measure(variant, values, comparable, away)
            if name in MODELS:
                rows = variant.counted & comparable
                quality["auc_interval"] = metrics.auc_interval(
                    values[rows], variant.positive[rows], vessel[rows], RESAMPLES, SEED
                )
            results["quality"][name][variant.name] = quality
    return _shortened(results)


def _difference(a: Scores, b: Scores) -> float:
    """Largest absolute difference of two score columns; infinite where only one has a score."""
    if (np.isfinite(a) != np.isfinite(b)).any():
        return float("inf")
    return float(np.nanmax(np.abs(a - b)))


def _shortened(value: object) -> object:
    """Floats with 4 significant digits, so that results of two machines can be compared by eye."""
    if isinstance(value, dict):
        return {name: _shortened(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(item) for item in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


if __name__ == "__main__":
    _NORMAL = flags.DEFINE_string(
        "normal", None, "gulf2023_normal.csv: what the baselines are fitted to.", required=True
    )
    _TEST = flags.DEFINE_string("test", None, "gulf2023_test_labelled_even.csv.", required=True)
    _MODELS = flags.DEFINE_string("models", "", "Folder with the .tflite and .json files, if not the checked-in ones.")
    _PROGRAM_FLOAT32 = flags.DEFINE_string("program_float32", "", "Compiled float32 detector.")
    _PROGRAM_INT8 = flags.DEFINE_string("program_int8", "", "Compiled int8 detector.")
    _OUT = flags.DEFINE_string("out", "results.json", "JSON file with all numbers.")
    _README = flags.DEFINE_string("readme", "", "README.md whose tables are to be renewed.")
    app.run(main)

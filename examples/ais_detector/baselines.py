"""What the autoencoder is compared with: scores that need no network.

Each is fitted to the traffic that the autoencoder was trained on: to the tracks `train`, at the rows `rows` that end
a window without a faulty course.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from examples.ais_detector import pipeline_mirror, tracks

Scorer = Callable[[tracks.Tracks], NDArray[np.float64]]
Rows = NDArray[np.int64]
TREES = 200


def speed_and_turn(data: tracks.Tracks) -> NDArray[np.float64]:
    """Speed over ground (kn) and turn (degrees in 10 minutes, the shorter way), [rows, 2]; NaN in first rows."""
    previous = pipeline_mirror.previous_rows(data.track)
    turn = (data.cog_deg - data.cog_deg[previous] + 180) % 360 - 180
    return np.stack([data.sog_kn, np.where(previous >= 0, turn, np.nan)], axis=-1)


def z_score(train: tracks.Tracks, rows: Rows) -> Scorer:
    """The larger of the z-scores of speed and of rate of turn."""
    return _largest_z(speed_and_turn, train, rows)


def gap_z_score(pipeline: pipeline_mirror.Pipeline, train: tracks.Tracks, rows: Rows) -> Scorer:
    """The larger of the z-scores of the two mismatch features: what the features do without a network."""
    columns = [pipeline.features.index("speed_gap_z"), pipeline.features.index("cross_gap_z")]
    return _largest_z(
        lambda data: pipeline_mirror.features(pipeline, data.numeric(), data.track)[:, columns].astype(np.float64),
        train,
        rows,
    )


def _largest_z(values: Callable[[tracks.Tracks], NDArray[np.float64]], train: tracks.Tracks, rows: Rows) -> Scorer:
    fitted = values(train)[rows]
    mean, std = fitted.mean(axis=0), fitted.std(axis=0)
    return lambda data: np.abs((values(data) - mean) / std).max(axis=-1)


def isolation_forest(
    pipeline: pipeline_mirror.Pipeline, train: tracks.Tracks, rows: Rows, steps: int, seed: int
) -> Scorer:
    """scikit-learn's IsolationForest on the features of the newest `steps` rows of the network's window."""

    def inputs(data: tracks.Tracks) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        table = pipeline_mirror.features(pipeline, data.numeric(), data.track)
        windows = pipeline_mirror.window_rows(pipeline, table, data.track)
        return windows[:, -1], table[windows[:, -steps:]].reshape(len(windows), -1)

    newest, values = inputs(train)
    forest = IsolationForest(n_estimators=TREES, random_state=seed).fit(values[np.isin(newest, rows)])

    def score(data: tracks.Tracks) -> NDArray[np.float64]:
        result = np.full(len(data), np.nan)
        newest, values = inputs(data)
        result[newest] = -forest.score_samples(values)
        return result

    return score

"""The quality measures, against scikit-learn's and against their definitions."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from examples.ais_detector import metrics

SCORES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=2, max_size=60)


def columns(rows: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    scores, labels = zip(*rows, strict=True)
    return np.array(scores, dtype=np.float32), np.array(labels)


@given(SCORES)
def test_auc_is_that_of_scikit_learn(rows: list[tuple[int, bool]]) -> None:
    scores, labels = columns(rows)
    assume(0 < labels.sum() < len(labels))
    assert metrics.roc_auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_auc_needs_both_classes() -> None:
    with pytest.raises(ValueError, match="0 positive and 2 negative"):
        metrics.roc_auc(np.array([1.0, 2.0]), np.array([False, False]))


@given(SCORES, st.floats(0, 0.99))
def test_recall_is_the_highest_point_of_the_curve_within_the_rate(rows: list[tuple[int, bool]], rate: float) -> None:
    scores, labels = columns(rows)
    assume(0 < labels.sum() < len(labels))
    false_alarms, hits, _ = roc_curve(labels, scores, drop_intermediate=False)
    allowed = math.floor(rate * (~labels).sum()) / (~labels).sum()
    best = hits[false_alarms <= allowed + 1e-12].max()
    assert metrics.recall(scores, labels, rate) == pytest.approx(best)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=50), st.floats(0, 0.99))
def test_threshold_is_the_smallest_that_keeps_the_rate(values: list[int], rate: float) -> None:
    scores = np.array(values, dtype=np.float64)
    threshold = metrics.threshold_for(scores, rate)
    assert (scores > threshold).mean() <= rate
    lower = scores[scores < threshold]
    if len(lower):
        assert (scores > lower.max()).mean() > rate


def test_events_are_runs_within_tracks() -> None:
    labels = np.array([1, 1, 0, 1, 1, 0, 0, 1], dtype=bool)
    track = np.array([5, 5, 5, 5, 6, 6, 6, 6])
    found = metrics.events(labels, track)
    assert [(event.first, event.last) for event in found] == [(0, 1), (3, 3), (4, 4), (7, 7)]


def test_an_event_is_found_in_its_rows_or_the_row_after() -> None:
    track = np.array([1, 1, 1, 1, 2, 2])
    found = [metrics.Event(0, 0), metrics.Event(2, 3), metrics.Event(4, 4)]
    assert metrics.event_recall(np.array([0, 9, 0, 0, 9, 0.0]), found, track, 1.0) == pytest.approx(2 / 3)
    assert metrics.event_recall(np.array([0, 0, 0, 0, 9, 9.0]), found, track, 1.0) == pytest.approx(1 / 3)


def test_events_without_a_score_do_not_count() -> None:
    track = np.zeros(4, dtype=np.int64)
    scores = np.array([np.nan, np.nan, 0.0, 5.0])
    found = [metrics.Event(0, 0), metrics.Event(3, 3)]
    assert metrics.event_recall(scores, found, track, 1.0) == 1.0
    assert math.isnan(metrics.event_recall(scores, found[:1], track, 1.0))


def test_the_interval_of_the_auc_holds_it_and_shrinks_with_more_vessels() -> None:
    rng = np.random.Generator(np.random.PCG64(1))

    def interval(vessels: int) -> tuple[float, float, float]:
        labels = rng.random(vessels * 20) < 0.2
        scores = rng.standard_normal(len(labels)) + labels
        vessel = np.repeat(np.arange(vessels), 20)
        return (metrics.roc_auc(scores, labels), *metrics.auc_interval(scores, labels, vessel, 200, 1))

    few, many = interval(15), interval(300)
    for auc, low, high in (few, many):
        assert low < auc < high
    assert many[2] - many[1] < few[2] - few[1]

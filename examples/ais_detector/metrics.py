"""How well scores tell anomalies from normal rows."""

import dataclasses

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

Bool = NDArray[np.bool_]


def roc_auc(scores: NDArray[np.floating], positive: Bool) -> float:
    """Area under the ROC curve: the chance that a random positive scores above a random negative, ties counting half.

    Raises:
      ValueError: when one of the classes is empty.
    """
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        raise ValueError(f"{positives} positive and {negatives} negative rows; both kinds are needed")
    _, group, size = np.unique(scores, return_inverse=True, return_counts=True)
    rank = np.cumsum(size) - (size - 1) / 2
    return float((rank[group][positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def threshold_for(scores: NDArray[np.floating], false_alarm_rate: float) -> float:
    """Smallest threshold that at most `false_alarm_rate` of the given normal scores exceed."""
    ordered = np.sort(scores)
    allowed = int(np.floor(false_alarm_rate * len(ordered)))
    return float(ordered[len(ordered) - 1 - allowed])


def recall(scores: NDArray[np.floating], positive: Bool, false_alarm_rate: float) -> float:
    """Share of positive rows above the threshold that `false_alarm_rate` of the negative rows exceed."""
    return float((scores[positive] > threshold_for(scores[~positive], false_alarm_rate)).mean())


@dataclasses.dataclass(frozen=True)
class Event:
    """An anomaly: the rows `first` to `last` of one track, both included."""

    first: int
    last: int


def events(labels: Bool, track: NDArray[np.int64]) -> list[Event]:
    """The runs of labelled rows in tracks that are stored one after the other."""
    edge = np.flatnonzero(track[1:] != track[:-1]) + 1
    found = []
    for part in np.split(np.arange(len(labels)), edge):
        step = np.diff(np.r_[0, labels[part].astype(np.int8), 0])
        starts, ends = np.flatnonzero(step == 1), np.flatnonzero(step == -1) - 1
        found += [Event(int(part[a]), int(part[b])) for a, b in zip(starts, ends, strict=True)]
    return found


def event_recall(scores: NDArray[np.floating], found: list[Event], track: NDArray[np.int64], threshold: float) -> float:
    """Share of events of which at least one row, or the row right after the last, scores above `threshold`.

    The row after belongs to it because its newest step leads out of the anomaly. Events without a scored row are left
    out.
    """
    hits = []
    for event in found:
        after = event.last + 1
        end = after + 1 if after < len(track) and track[after] == track[event.last] else after
        part = scores[event.first : end]
        part = part[np.isfinite(part)]
        if len(part):
            hits.append(bool((part > threshold).any()))
    return float(np.mean(hits)) if hits else float("nan")


def auc_interval(
    scores: NDArray[np.floating], positive: Bool, vessel: NDArray[np.int64], resamples: int, seed: int
) -> tuple[float, float]:
    """95% interval of the AUC, by drawing whole vessels with replacement: rows of one vessel are not independent."""
    rng = Generator(PCG64(seed))
    names, member = np.unique(vessel, return_inverse=True)
    rows = np.split(np.argsort(member, kind="stable"), np.cumsum(np.bincount(member))[:-1])
    values = []
    while len(values) < resamples:
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(names), len(names))])
        if 0 < positive[drawn].sum() < len(drawn):
            values.append(roc_auc(scores[drawn], positive[drawn]))
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)

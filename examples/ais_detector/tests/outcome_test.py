"""Judging alarms against what was injected."""

import numpy as np

from examples.ais_detector import generate, outcome, tracks


def scene(names: str, track: str) -> generate.Scene:
    """One row for each character: "." is normal, "s" a wrong speed; `track` gives each row's vessel."""
    count = len(names)
    zeros = np.zeros(count)
    columns = np.array(list(track), dtype=np.int64), 600 * np.arange(count), zeros, zeros, zeros, zeros
    kinds = dict.fromkeys(sorted({int(number) for number in track}), "transit")
    return generate.Scene(tracks.Tracks(*columns), tuple("wrong_speed" if c == "s" else "" for c in names), kinds)


def alarms(text: str) -> np.ndarray:
    return np.array([c == "!" for c in text])


def test_an_alarm_in_the_anomaly_finds_it() -> None:
    found = outcome.judge(scene("..sss...", "11111111"), alarms("...!...."))
    (event,) = found.events
    assert event.detected
    assert event.delay_minutes == 10
    assert event.rows == (2, 3, 4)
    assert found.false_alarms == ()
    assert found.normal_rows == 4


def test_an_alarm_right_after_counts_and_a_later_one_is_false() -> None:
    assert outcome.judge(scene("..sss...", "11111111"), alarms(".....!..")).events[0].detected
    found = outcome.judge(scene("..sss...", "11111111"), alarms("!.....!."))
    assert not found.events[0].detected
    assert found.events[0].delay_minutes == 0
    assert found.false_alarms == (0, 6)


def test_vessels_are_judged_apart() -> None:
    found = outcome.judge(scene("ss..ss..", "12121212"), alarms("...!...."))
    assert [(event.track, event.rows, event.detected) for event in found.events] == [
        (1, (0,), False),
        (1, (4,), False),
        (2, (1,), True),
        (2, (5,), False),
    ]
    assert found.false_alarms == ()


def test_runs() -> None:
    assert [run.tolist() for run in outcome.runs(alarms(".!!.!"))] == [[1, 2], [4]]
    assert outcome.runs(alarms("...")) == []

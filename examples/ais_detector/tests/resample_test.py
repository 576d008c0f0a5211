"""Resampling onto the 10-minute grid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ais_detector import resample


def fixes(*rows: tuple[float, float, float, float, float]) -> resample.Fixes:
    return resample.Fixes(*np.array(rows, dtype=np.float64).T)


@pytest.mark.parametrize(
    ("start", "end", "part", "expected"),
    [
        (350, 20, 0.5, 5),
        (20, 350, 0.5, 5),
        (359, 1, 0.25, 359.5),
        (359, 1, 0.75, 0.5),
        (10, 30, 0.5, 20),
        (0, 360, 0.5, 0),
        (90, 90, 0.3, 90),
        (0, 180, 0.5, 270),
    ],
)
def test_courses_take_the_shorter_way(start: float, end: float, part: float, expected: float) -> None:
    assert resample.shorter_way(np.array([start]), np.array([end]), np.array([part]))[0] == pytest.approx(expected)


@given(st.floats(0, 360), st.floats(0, 360), st.floats(0, 1))
def test_courses_stay_between_their_neighbours(start: float, end: float, part: float) -> None:
    value = float(resample.shorter_way(np.array([start]), np.array([end]), np.array([part]))[0])
    assert 0 <= value < 360

    def apart(a: float, b: float) -> float:
        return abs((a - b + 180) % 360 - 180)

    assert apart(start, value) + apart(value, end) == pytest.approx(apart(start, end), abs=1e-6)


def test_values_are_interpolated_at_multiples_of_the_step() -> None:
    grid = resample.onto_grid(fixes((300, 10.0, 20.0, 4.0, 350.0), (900, 11.0, 22.0, 8.0, 10.0)))
    assert grid.unix_time.tolist() == [600]
    assert grid.lat_deg.tolist() == [10.5]
    assert grid.lon_deg.tolist() == [21.0]
    assert grid.sog_kn.tolist() == [6.0]
    assert grid.cog_deg.tolist() == [0.0]


def test_fixes_on_the_grid_are_kept_as_they_are() -> None:
    grid = resample.onto_grid(fixes((600, 1, 2, 3, 4), (700, 9, 9, 9, 9), (1200, 5, 6, 7, 8)))
    assert grid.unix_time.tolist() == [600, 1200]
    assert grid.lat_deg.tolist() == [1, 5]
    assert grid.cog_deg.tolist() == [4, 8]


def test_longitudes_cross_the_date_line() -> None:
    grid = resample.onto_grid(fixes((0, 0, 179.9, 0, 0), (1200, 0, -179.7, 0, 0)))
    assert grid.lon_deg == pytest.approx([179.9, -179.9, -179.7])


def test_nothing_is_extrapolated() -> None:
    assert len(resample.onto_grid(fixes((601, 1, 1, 1, 1), (1199, 1, 1, 1, 1))).unix_time) == 0
    assert len(resample.onto_grid(fixes((601, 1, 1, 1, 1))).unix_time) == 0
    assert resample.onto_grid(fixes((600, 1, 2, 3, 4))).lat_deg.tolist() == [1]


def test_a_silence_begins_a_new_track() -> None:
    parts = resample.split(fixes((0, 1, 0, 0, 0), (1800, 2, 0, 0, 0), (3601, 3, 0, 0, 0)), max_gap=1800)
    assert [part.lat_deg.tolist() for part in parts] == [[1, 2], [3]]


def test_fixes_are_ordered_and_repeated_times_dropped() -> None:
    parts = resample.split(fixes((60, 2, 0, 0, 0), (0, 1, 0, 0, 0), (60, 7, 0, 0, 0)), max_gap=1800)
    assert [part.lat_deg.tolist() for part in parts] == [[1, 2]]


@given(st.lists(st.integers(0, 200_000).map(lambda n: n / 10), min_size=1, max_size=40), st.floats(60, 4000))
def test_splitting_loses_no_time(times: list[float], max_gap: float) -> None:
    rows = fixes(*((time, 0.0, 0.0, 0.0, 0.0) for time in times))
    parts = resample.split(rows, max_gap)
    assert np.concatenate([part.unix_time for part in parts]).tolist() == sorted(set(times))
    assert all((np.diff(part.unix_time) <= max_gap).all() for part in parts)
    for part in parts:
        grid = resample.onto_grid(part).unix_time
        assert (grid % 600 == 0).all()
        assert ((grid >= part.unix_time[0]) & (grid <= part.unix_time[-1])).all()

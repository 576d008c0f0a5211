"""The faults that training puts in, and the windows that it leaves out."""

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from examples.ais_detector import faults, normal, tracks


def windows(count: int = 4000, rows: int = 7) -> np.ndarray:
    """Vessels that steer east at 12 knots."""
    reports = np.zeros((count, rows, 4))
    reports[..., faults.LAT] = 28.0
    reports[..., faults.LON] = -90 + np.arange(rows) * 2 / 60 / np.cos(np.radians(28))
    reports[..., faults.SOG], reports[..., faults.COG] = 12.0, 90.0
    return reports


def test_the_given_share_of_windows_gets_a_fault_and_the_original_stays() -> None:
    sound = windows()
    before = sound.copy()
    damaged = faults.add_faults(sound, 0.5, Generator(PCG64(1)))
    np.testing.assert_array_equal(sound, before)
    share = (damaged != sound).any(axis=(1, 2)).mean()
    assert share == pytest.approx(0.5, abs=0.04)


def test_faults_have_the_documented_sizes() -> None:
    sound = windows()
    damaged = faults.add_faults(sound, 1.0, Generator(PCG64(2)))
    moved = np.hypot(
        damaged[..., faults.LAT] - 28.0,
        (damaged[..., faults.LON] - sound[..., faults.LON]) * np.cos(np.radians(28.0)),
    )
    moved = moved[moved > 1e-9] * 60
    assert faults.POSITION_NM[0] * 0.99 < moved.min()
    assert moved.max() < faults.POSITION_NM[1] * 1.01
    rushed = damaged[..., faults.SOG] != 12.0
    swung = damaged[..., faults.COG] != 90.0
    assert not (rushed & swung).any()
    assert 0.5 < (damaged[..., faults.SOG] - 12.0)[rushed].std() < 4
    assert 5 < (damaged[..., faults.COG] - 90.0)[swung].std() < 40
    assert (damaged[..., faults.SOG] >= 0).all()


def test_a_fault_is_one_run_of_rows() -> None:
    damaged = faults.add_faults(windows(), 1.0, Generator(PCG64(3))) != windows()
    for window in damaged.any(axis=-1)[:500]:
        assert np.abs(np.diff(np.r_[0, window.astype(int), 0])).sum() <= 2


def test_rounding_moves_half_of_the_windows_by_half_a_cell_at_most() -> None:
    sound = windows()
    sound[..., :2] += Generator(PCG64(5)).random((len(sound), 1, 2)) * 0.1
    rounded = faults.round_positions(sound, Generator(PCG64(4)))
    difference = np.abs(rounded - sound)
    assert difference[..., :2].max() <= 0.0005 + 1e-9
    assert (difference[..., 2:] == 0).all()
    assert (difference > 0).any(axis=(1, 2)).mean() == pytest.approx(0.5, abs=0.04)


def steering(bearing: float, course: float, speed: float = 12.0) -> np.ndarray:
    step = speed / 6 / 60 * np.array([np.cos(np.radians(bearing)), np.sin(np.radians(bearing))])
    reports = np.zeros((1, 3, 4))
    reports[0, :, :2] = np.arange(3)[:, None] * step
    reports[0, :, 2], reports[0, :, 3] = speed, bearing % 360
    reports[0, 2, 3] = course
    return reports


@pytest.mark.parametrize(
    ("bearing", "course", "speed", "faulty"),
    [
        (2, 180, 12, True),
        (-10, 120, 12, True),
        (2, 358, 12, False),
        (90, 270, 12, False),
        (2, 180, 1, False),
    ],
)
def test_courses_resampled_across_north_are_recognised(
    bearing: float, course: float, speed: float, faulty: bool
) -> None:
    assert normal.course_resampled_across_north(steering(bearing, course, speed)).tolist() == [faulty]


def test_windows_do_not_cross_tracks() -> None:
    zeros = np.zeros(9)
    data = tracks.Tracks(np.repeat([1, 2], [5, 4]), np.arange(9), np.arange(9.0), zeros, zeros, zeros)
    cut = normal.cut(data, 3)
    assert cut.newest.tolist() == [2, 3, 4, 7, 8]
    assert cut.reports[3, :, 0].tolist() == [5, 6, 7]


def test_vessels_are_on_one_side_only(tmp_path) -> None:
    path = tmp_path / "normal.csv"
    lines = ["traj_id,mmsi,unix_time,lat_deg,lon_deg,sog_kn,cog_deg"]
    lines += [f"{track},{100 + track % 25},{600 * row},1,2,3,4" for track in range(50) for row in range(3)]
    path.write_text("\n".join(lines) + "\n")
    split = normal.read_split(path)
    assert len(split.train) + len(split.held_out) == 150
    assert len(split.held_out) == 30
    assert not set(split.train.track % 25) & set(split.held_out.track % 25)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "empty"),
        ("a,b\n1\n", ":2: 1 fields, the header has 2"),
        ("a,b\n1,x\n", ":2: could not convert string to float: 'x'"),
        ("a,b\n1,2\n", "track, unix_time"),
    ],
)
def test_files_that_are_no_tracks_are_explained(tmp_path, text: str, told: str) -> None:
    path = tmp_path / "some.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=r".") as caught:
        tracks.from_table(tracks.read_table(path))
    assert told in str(caught.value)

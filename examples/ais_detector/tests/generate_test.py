"""The generated tracks: the same on every machine, physically sound, and with the anomalies that are documented."""

import hashlib
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ais_detector import generate, outcome, paths, pipeline_mirror, simulate, tracks
from examples.ais_detector.tests import programs

GOLDEN = "20007c8305a061deaafcbd1146ab4c0191b1ddf93386ef52f762037aa899ced0"


def scene(seed: int = 3, vessels: int = 12, hours: float = 24.0, anomalies: float = 2.0) -> generate.Scene:
    return generate.scene(seed, vessels, hours, anomalies)


def test_the_default_file_is_the_same_everywhere() -> None:
    text = "".join(generate.lines(generate.scene(1, 30, 48.0), truth=False))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN


def test_seeds_differ() -> None:
    assert generate.lines(scene(1), truth=True) != generate.lines(scene(2), truth=True)


def test_rows_are_interleaved_in_time_and_ten_minutes_apart_in_a_track() -> None:
    data = scene().tracks
    assert (np.diff(data.unix_time) >= 0).all()
    assert len(set(data.track[:12])) == 12
    for track in range(1, 13):
        times = data.unix_time[data.track == track]
        assert len(times) == 24 * 6
        assert set(np.diff(times)) == {600}


def test_positions_are_at_sea_in_range_and_numbers_printable() -> None:
    data = scene(vessels=30).tracks
    assert ((data.lat_deg > 30) & (data.lat_deg < 65)).all()
    assert ((data.lon_deg > -55) & (data.lon_deg < 8)).all()
    assert ((data.cog_deg >= 0) & (data.cog_deg < 360)).all()
    assert ((data.sog_kn >= 0) & (data.sog_kn < 30)).all()
    line = re.compile(r"\d+,\d{10},-?\d+\.\d{6},-?\d+\.\d{6},\d+\.\d{3},\d+\.\d{3}\n")
    assert all(line.fullmatch(text) for text in generate.lines(scene(), truth=False)[1:])


def test_a_sound_vessel_goes_where_its_speed_and_course_say() -> None:
    made = scene(vessels=10, anomalies=0.0)
    assert set(made.anomaly) == {""}
    pipeline = pipeline_mirror.read(paths.FOLDER / "models" / "ais_float32.json")
    table = pipeline_mirror.features(pipeline, made.tracks.numeric(), made.tracks.track)
    transit = np.isin(made.tracks.track, [track for track, kind in made.kind.items() if kind == "transit"])
    table = table[transit & ~np.isnan(table).any(axis=-1)]
    speed_gap, cross_gap = table[:, 0] * 1.0, table[:, 1] * 1.5
    assert np.median(np.abs(speed_gap)) < 0.1
    assert np.median(np.abs(cross_gap)) < 0.2


@pytest.fixture(scope="module")
def busy() -> generate.Scene:
    return scene(vessels=40, hours=48.0, anomalies=3.0)


def test_every_kind_of_vessel_and_of_anomaly_comes_up(busy: generate.Scene) -> None:
    assert set(busy.kind.values()) == set(simulate.KINDS)
    assert set(busy.anomaly) == {"", *generate.ANOMALIES}


@pytest.mark.parametrize("name", generate.REPORTED)
def test_reported_anomalies_last_three_to_six_reports(name: str, busy: generate.Scene) -> None:
    made, names = busy, np.array(busy.anomaly)
    lengths = []
    for track in made.kind:
        lengths += [len(run) for run in outcome.runs(names[made.tracks.track == track] == name)]
    assert lengths
    assert set(lengths) <= {3, 4, 5, 6}


def test_anomalies_have_the_documented_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the same scene as it is before reports are falsified, which is the last thing that draws at random."""
    arguments = (7, 40, 48.0, 3.0)
    made = generate.scene(*arguments)
    monkeypatch.setattr(generate, "_falsify", lambda *_: None)
    true = generate.scene(*arguments)
    np.testing.assert_array_equal(made.tracks.unix_time, true.tracks.unix_time)
    sound = np.array([name not in generate.REPORTED for name in made.anomaly])
    north = (made.tracks.lat_deg - true.tracks.lat_deg) * 60
    east = (made.tracks.lon_deg - true.tracks.lon_deg) * 60 * np.cos(np.radians(made.tracks.lat_deg))
    moved = np.hypot(north, east)
    faster = np.abs(made.tracks.sog_kn - true.tracks.sog_kn)
    turned = np.abs((made.tracks.cog_deg - true.tracks.cog_deg + 180) % 360 - 180)
    assert max(moved[sound].max(), faster[sound].max(), turned[sound].max()) == 0

    def of(name: str) -> np.ndarray:
        return np.array([label == name for label in made.anomaly])

    assert 0.99 < moved[of("position_jump")].min() < 1.5 < 2.5 < moved[of("position_jump")].max() < 3.01
    assert moved[of("position_drift")].min() > 2 / 6 * 0.99
    assert moved[of("position_drift")].max() < 5 / 6 * 6 * 1.01
    slowed_to_a_stop = made.tracks.sog_kn == 0
    assert faster[of("wrong_speed") & ~slowed_to_a_stop].min() > 2.95
    assert faster[of("wrong_speed")].max() < 7.05
    assert turned[of("wrong_course")].min() > 24.9
    assert turned[of("wrong_course")].max() < 90.1


@given(st.integers(0, 2**63), st.integers(0, 1000))
def test_uniform_numbers_stay_in_range(seed: int, stream: int) -> None:
    chance = simulate.Chance(seed, stream)
    numbers = [chance.uniform(-2.0, 3.0) for _ in range(50)]
    assert all(-2.0 <= number < 3.0 for number in numbers)
    assert all(1 <= chance.integer(1, 4) <= 3 for _ in range(50))


def test_normal_numbers_have_the_deviation_they_are_asked_for() -> None:
    chance = simulate.Chance(1)
    numbers = np.array([chance.normal(2.0) for _ in range(20_000)])
    assert abs(numbers.mean()) < 0.06
    assert abs(numbers.std() - 2.0) < 0.06


def test_a_vessel_moves_a_mile_in_an_hour_at_a_knot() -> None:
    vessel = simulate.Vessel(60.0, 5.0, 1.0, 90.0)
    start = simulate.Vessel(60.0, 5.0, 1.0, 90.0)
    for _ in range(60):
        vessel.advance()
    assert start.distance(vessel.lat, vessel.lon) == pytest.approx(1.0, rel=1e-3)
    assert start.bearing(vessel.lat, vessel.lon) == pytest.approx(90.0, abs=0.1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((-1, 1, 5.0), "seed -1"), ((1, 0, 5.0), "0 vessels"), ((1, 1, 2.0), "2.0 hours")],
)
def test_arguments_out_of_range_are_named(arguments: tuple[int, int, float], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        generate.scene(*arguments)


def test_the_command_writes_the_file(tmp_path) -> None:
    out = tmp_path / "tracks.csv"
    done = programs.run("generate", "--vessels=2", "--hours=6", f"--out={out}", "--truth")
    assert done.returncode == 0, done.stderr
    text = out.read_text()
    assert text.splitlines()[0] == ",".join((*tracks.COLUMNS, "anomaly"))
    assert len(text.splitlines()) == 1 + 2 * 36


@pytest.mark.parametrize("arguments", [["--vessels=0"], ["--out=/no/such/folder/x.csv"], ["--hours=many"]])
def test_the_command_explains_what_is_wrong(arguments: list[str]) -> None:
    done = programs.run("generate", *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()

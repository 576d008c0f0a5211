"""The pipeline in NumPy: features worked out by hand, windows of interleaved tracks, and the checked-in files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ais_detector import generate, paths, pipeline_mirror, tracks
from examples.ais_detector.pipeline_document import FEATURES, pipeline_document

PIPELINE = pipeline_mirror.parse(pipeline_document(window=6, steps=1, threshold=1.0))


def features(*rows: tuple[float, float, float, float]) -> dict[str, float]:
    """The features of the last of two reports (lat, lon, sog, cog), in knots, by name."""
    columns = dict(zip(tracks.COLUMNS[2:], np.array(rows).T, strict=True))
    table = pipeline_mirror.features(PIPELINE, columns, np.zeros(len(rows), dtype=np.int64))
    assert np.isnan(table[0]).all()
    return {name: value * std + mean for value, (name, mean, std, _) in zip(table[-1], FEATURES, strict=True)}


def test_a_sound_step_has_no_gaps() -> None:
    values = features((50.0, 5.0, 12.0, 0.0), (50.0 + 2 / 60, 5.0, 12.0, 0.0))
    assert values["speed_gap"] == pytest.approx(0, abs=0.01)
    assert values["cross_gap"] == pytest.approx(0, abs=0.01)
    assert values["mean_sog"] == pytest.approx(12, abs=0.01)
    assert values["swing"] == pytest.approx(0, abs=0.01)


def test_the_speed_gap_is_displacement_less_mean_speed() -> None:
    values = features((0.0, 0.0, 10.0, 90.0), (0.0, 2 / 60, 12.0, 90.0))
    assert values["speed_gap"] == pytest.approx(12 - 11, abs=0.01)
    assert values["sog_change"] == pytest.approx(2, abs=0.01)


def test_the_cross_gap_is_positive_to_starboard() -> None:
    values = features((60.0, 0.0, 6.0, 0.0), (60.0 + 1 / 60, 0.2 / 60 / 0.5, 6.0, 0.0))
    assert values["cross_gap"] == pytest.approx(1.2, abs=0.02)


def test_swing_is_speed_times_the_sine_of_the_turn() -> None:
    values = features((0.0, 0.0, 8.0, 350.0), (0.0, 0.0, 8.0, 20.0))
    assert values["swing"] == pytest.approx(8 * np.sin(np.radians(30)), abs=0.01)


def test_the_date_line_is_no_jump() -> None:
    east = features((0.0, 179.99, 12.0, 90.0), (0.0, -179.99 + 0.04 / 3, 12.0, 90.0))
    assert east["speed_gap"] == pytest.approx(0, abs=0.05)


def test_features_are_limited() -> None:
    values = features((0.0, 0.0, 10.0, 0.0), (5.0, 5.0, 10.0, 0.0))
    assert values["speed_gap"] == pytest.approx(6.0)
    assert values["cross_gap"] == pytest.approx(4.5)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_windows_follow_the_rows_of_their_track(track: list[int]) -> None:
    number = np.array(track)
    table = np.zeros((len(track), 2), dtype=np.float32)
    table[pipeline_mirror.previous_rows(number) < 0] = np.nan
    rows = {tuple(window) for window in pipeline_mirror.window_rows(PIPELINE, table, number).tolist()}
    expected = set()
    for name in set(track):
        own = np.flatnonzero(number == name)[1:].tolist()
        expected |= {tuple(own[i : i + 6]) for i in range(len(own) - 5)}
    assert rows == expected


def test_interleaving_changes_no_score() -> None:
    data = generate.scene(2, 4, 6.0).tracks

    def network(inputs: np.ndarray) -> np.ndarray:
        return inputs * np.float32(0.5)

    mixed = pipeline_mirror.score(PIPELINE, network, data.numeric(), data.track)
    order = np.argsort(data.track, kind="stable")
    apart = pipeline_mirror.score(PIPELINE, network, data.select(order).numeric(), data.track[order])
    np.testing.assert_array_equal(mixed[order], apart)
    assert np.isfinite(mixed).sum() == 4 * (36 - 6)


@pytest.mark.parametrize(("steps", "metric", "expected"), [(1, "mse", 9.0), (2, "mse", 5.0), (2, "mae", 2.0)])
def test_the_error_counts_the_newest_rows(steps: int, metric: str, expected: float) -> None:
    document = pipeline_document(window=3, steps=steps, threshold=1.0)
    document["after"][0]["metric"] = metric
    inputs = np.zeros((1, 3, 2), dtype=np.float32)
    outputs = np.array([[[7, 7], [1, -1], [3, -3]]], dtype=np.float32)
    error = pipeline_mirror.reconstruction_error(pipeline_mirror.parse(document), inputs, outputs)
    assert error.tolist() == [expected]


def test_an_operation_that_is_not_mirrored_is_named() -> None:
    document = pipeline_document(6, 1, 1.0)
    document["signals"].append({"name": "x", "op": "fourier", "of": "sog_kn"})
    with pytest.raises(ValueError, match="fourier"):
        pipeline_mirror.parse(document)


@given(st.floats(-10, 10), st.floats(0.01, 0.2), st.integers(-128, 127))
def test_quantisation_is_off_by_half_a_step_at_most(value: float, scale: float, zero_point: int) -> None:
    quantisation = pipeline_mirror.Quantisation(scale, zero_point)
    lowest, highest = (-128 - zero_point) * scale, (127 - zero_point) * scale
    restored = quantisation.dequantise(quantisation.quantise(np.array([value], dtype=np.float32)))[0]
    nearest = min(max(value, lowest), highest)
    assert abs(restored - nearest) <= scale * 0.501


@pytest.mark.parametrize("name", ["float32", "int8"])
def test_the_checked_in_file_is_what_the_script_writes(name: str) -> None:
    text = (paths.FOLDER / "models" / f"ais_{name}.json").read_text(encoding="utf-8")
    document = json.loads(text)
    threshold = document["after"][-1]["above"]
    assert 0.1 < threshold < 1.0
    assert text == json.dumps(pipeline_document(6, 1, threshold), indent=2) + "\n"

"""The labelled tracks, and the quality of the compiled detectors on them."""

import json

import numpy as np
import pytest

from examples.ais_detector import detector_program, labelled, metrics, paths, tracks
from examples.ais_detector.tests.programs import detector
from tools.testing import shared

NAMES = {"float32": "detector_float32", "int8": "detector"}


def table() -> dict[str, np.ndarray]:
    """Two tracks of six rows; every kind of anomaly on some rows of the first."""
    rows = 12
    column = {
        "traj_id": np.repeat([3.0, 4.0], 6),
        "mmsi": np.repeat([30.0, 40.0], 6),
        "unix_time": np.arange(rows) * 600.0,
        "lat_deg": np.arange(rows) * 0.03,
        "lon_deg": np.zeros(rows),
        "sog_kn": np.full(rows, 11.0),
        "cog_deg": np.zeros(rows),
    }
    column |= {"t1_lat": column["lat_deg"] + 1, "t1_lon": column["lon_deg"] + 1, "t2_lat": column["lat_deg"] + 2}
    column |= {"t2_lon": column["lon_deg"] + 2, "t2_cog": column["cog_deg"] + 2, "t3_sog": column["sog_kn"] + 3}
    for name, labelled_rows in (("lab_t1_shift", [2, 3]), ("lab_t2_heading", [0]), ("lab_t3_speed", [5])):
        column[name] = np.isin(np.arange(rows), labelled_rows).astype(np.float64)
    return column


def test_each_variant_has_its_own_columns_and_labels() -> None:
    t1, jumps, t2, t3 = labelled.variants(table())
    assert [v.name for v in (t1, jumps, t2, t3)] == ["t1", "t1_jumps", "t2", "t3"]
    assert (t1.tracks.lat_deg[0], t1.tracks.cog_deg[0], t1.tracks.sog_kn[0]) == (1, 0, 11)
    assert (t2.tracks.lat_deg[0], t2.tracks.cog_deg[0], t2.tracks.sog_kn[0]) == (2, 2, 11)
    assert (t3.tracks.lat_deg[0], t3.tracks.cog_deg[0], t3.tracks.sog_kn[0]) == (0, 0, 14)
    assert [np.flatnonzero(v.positive).tolist() for v in (t1, t2, t3)] == [[2, 3], [0], [5]]
    assert all(v.counted.all() for v in (t1, t2, t3))


def test_jumps_are_the_steps_into_and_out_of_a_shift() -> None:
    jumps = labelled.variants(table())[1]
    assert np.flatnonzero(jumps.positive).tolist() == [2, 4]
    assert np.flatnonzero(~jumps.counted).tolist() == [3]


def test_rows_near_north_are_chosen_by_position() -> None:
    some = table()
    assert labelled.near_north(some).all()
    some["lat_deg"] = -some["lat_deg"]
    assert not labelled.near_north(some).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_results_are_what_the_programs_give_on_the_labelled_tracks(name: str) -> None:
    path = shared.shared_path("data/ais/gulf2023_test_labelled_even.csv")
    stored = json.loads((paths.FOLDER / "results.json").read_text(encoding="utf-8"))["quality"][name]
    for variant in labelled.variants(tracks.read_table(path)):
        result = detector_program.run(detector(NAMES[name]), "".join(tracks.csv_lines(variant.tracks)))
        rows = variant.counted & np.isfinite(result.score)
        auc = metrics.roc_auc(result.score[rows], variant.positive[rows])
        assert auc == pytest.approx(stored[variant.name]["auc"], abs=2e-3)
        recall = metrics.recall(result.score[rows], variant.positive[rows], 0.01)
        assert recall == pytest.approx(stored[variant.name]["recall"], abs=0.02)

"""The README's numbers are those of results.json, and that is of the checked-in models."""

import hashlib
import json
import struct

import pytest

from examples.ais_detector import normal, paths, pipeline_document, quality_tables, tracks
from tools.testing import shared

README = (paths.FOLDER / "README.md").read_text(encoding="utf-8")
RESULTS = json.loads((paths.FOLDER / "results.json").read_text(encoding="utf-8"))


def test_the_tables_are_those_of_the_results() -> None:
    assert quality_tables.inserted(README, RESULTS) == README


def test_a_readme_without_a_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="quality:begin"):
        quality_tables.inserted("no place", RESULTS)


@pytest.mark.parametrize("name", ["float32", "int8"])
def test_the_results_are_of_the_checked_in_models(name: str) -> None:
    content = (paths.FOLDER / "models" / f"ais_{name}.tflite").read_bytes()
    assert RESULTS["models"][name] == hashlib.sha256(content).hexdigest()
    assert RESULTS["compiled"][name] is True


def test_the_compiled_programs_agreed_with_the_interpreter() -> None:
    assert RESULTS["largest_difference"]["float32"] < 1e-4
    assert RESULTS["largest_difference"]["int8"] < 0.05


@pytest.mark.parametrize("name", ["float32", "int8"])
@pytest.mark.parametrize("kind", ["t2", "t3"])
def test_the_goal_is_met(name: str, kind: str) -> None:
    assert RESULTS["quality"][name][kind]["auc"] > 0.9


def test_the_sentences_about_quality_are_true() -> None:
    quality = RESULTS["quality"]
    int8, gaps, plain = quality["int8"], quality["gaps"], quality["zscore"]
    forests = [quality[name][kind]["auc"] for name in ("forest_row", "forest_window") for kind in ("t2", "t3")]
    text = " ".join(README.split())
    assert f"their plain z-score reaches {gaps['t2']['auc']:.2f} and {gaps['t3']['auc']:.2f}." in text
    assert (
        f"it finds {int8['t2']['recall']:.0%} of the t2 rows instead of {gaps['t2']['recall']:.0%}, "
        f"and {int8['t3']['recall']:.0%} of the t3 rows instead of {gaps['t3']['recall']:.0%}."
    ) in text
    assert f"has an AUC of {min(forests):.2f} to {max(forests):.2f} but" in text
    assert f"and with them {int8['t1']['events']:.0%} of the shifts" in text
    assert max(plain[kind]["auc"] for kind in plain) < 0.6
    assert {f"{share:.0%}" for share in RESULTS["false_alarms_at_threshold"]["int8"].values()} == {"2%"}
    largest = RESULTS["largest_difference"]
    assert f"float32 scores differ by at most 3e-6, int8 scores by {largest['int8']:.3f}." in text
    assert largest["float32"] <= 3e-6


def test_every_feature_is_explained() -> None:
    for name, _, std, limit in pipeline_document.FEATURES:
        (row,) = (line for line in README.splitlines() if line.startswith(f"| `{name}` |"))
        assert f"| {std:g} kn |" in row
        if name != "mean_sog":
            assert f"| ±{std * limit:g} kn |" in row
    assert all(f"`{column}`" in README for column in tracks.COLUMNS)


def test_the_picture_is_there_and_light() -> None:
    content = (paths.FOLDER / "track.png").read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(content) < 300_000
    assert struct.unpack(">II", content[16:24]) > (800, 800)
    assert "(track.png)" in README


def test_the_share_of_faulty_courses_is_as_told() -> None:
    split = normal.read_split(shared.shared_path("data/ais/gulf2023_normal.csv"))
    windows = normal.cut(split.train, 7)
    share = normal.course_resampled_across_north(windows.reports).mean()
    assert f"{share:.1%} of the windows hold such a row" in " ".join(README.split())
    assert not set(split.train.track) & set(split.held_out.track)

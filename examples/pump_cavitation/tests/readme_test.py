"""The README's numbers are those of results.json, and that is of the checked-in models."""

import hashlib
import json
from pathlib import Path

import pytest

from examples.pump_cavitation import tables

FOLDER = Path(tables.__file__).parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")
RESULTS = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


def test_the_tables_are_those_of_the_results() -> None:
    assert tables.inserted(README, RESULTS) == README


def test_a_readme_without_a_place_for_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="results:begin"):
        tables.inserted("no place", RESULTS)


def test_the_results_are_of_the_checked_in_models() -> None:
    made = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (FOLDER / "models").glob("*.tflite")}
    assert RESULTS["models"] == made


def test_the_models_tell_sound_from_cavitating_pumps() -> None:
    for quality in RESULTS["quality"].values():
        assert quality["accuracy"] > 0.93
        assert quality["accuracy_clear"] > 0.97
    for name in ("cnn_int8", "cnn_float32"):
        assert RESULTS["quality"][name]["rms_error"] < 0.15

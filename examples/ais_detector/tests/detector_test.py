"""The compiled detectors against TensorFlow Lite Micro with the pipeline in NumPy, end to end from CSV to score."""

import csv

import numpy as np
import pytest

from examples.ais_detector import detector_program, generate, network, paths, pipeline_mirror, tracks
from examples.ais_detector.tests.programs import detector

NAMES = {"float32": "detector_float32", "int8": "detector"}


def mirrored(name: str, data: tracks.Tracks) -> tuple[np.ndarray, float]:
    """Scores by the interpreter, and the threshold."""
    folder = paths.FOLDER / "models"
    pipeline = pipeline_mirror.read(folder / f"ais_{name}.json")
    scores = network.score(pipeline, (folder / f"ais_{name}.tflite").read_bytes(), data)
    return scores, pipeline.threshold


@pytest.fixture(scope="module")
def scene() -> generate.Scene:
    return generate.scene(5, 20, 24.0, 2.0)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_gets_its_result_in_order(name: str, scene: generate.Scene) -> None:
    result = detector_program.run(detector(NAMES[name]), "".join(generate.lines(scene, truth=True)))
    assert result.messages == ()
    assert result.track == tuple(map(str, scene.tracks.track))
    assert result.unix_time == tuple(map(str, scene.tracks.unix_time))
    assert result.summary["rows"] == len(scene.tracks)


@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_the_mirror(name: str, scene: generate.Scene) -> None:
    """float32: to rounding. int8: a float32 sine that differs in its last bit can move an input by one step of the
    quantisation; that is rare, and changes a score by a few hundredths at most."""
    expected, threshold = mirrored(name, scene.tracks)
    result = detector_program.run(detector(NAMES[name]), "".join(generate.lines(scene, truth=False)))
    np.testing.assert_array_equal(np.isfinite(result.score), np.isfinite(expected))
    scored = np.isfinite(expected)
    assert scored.sum() == 20 * (144 - 6)
    difference = np.abs(result.score - expected)[scored]
    if name == "float32":
        np.testing.assert_allclose(result.score, expected, rtol=1e-3, atol=1e-5)
    else:
        assert (difference > 1e-6).mean() < 0.01
        assert (difference <= 0.02 + 0.05 * expected[scored]).all()
    clear = scored & (np.abs(expected - threshold) > 0.02)
    np.testing.assert_array_equal(result.anomaly[clear], (expected > threshold)[clear])
    np.testing.assert_array_equal(result.anomaly[~scored], False)


def test_the_two_detectors_agree_on_most_alarms(scene: generate.Scene) -> None:
    text = "".join(generate.lines(scene, truth=False))
    alarms = [detector_program.run(detector(name), text).anomaly for name in NAMES.values()]
    assert (alarms[0] & alarms[1]).sum() > 0.9 * (alarms[0] | alarms[1]).sum()
    assert alarms[0].sum() > 50


@pytest.mark.parametrize("name", NAMES.values())
def test_rows_that_cannot_be_used_disturb_no_other(name: str, scene: generate.Scene) -> None:
    good = generate.lines(scene, truth=False)
    bad = ["1,1699920000,nan,-9.0,10.0,90.0\n", "1,1699920000,44.0\n", "1,1699920000,44.0,-9.0,fast,90.0\n"]
    mixed = [*good[:300], bad[0], *good[300:900], bad[1], *good[900:], bad[2]]
    clean = detector_program.run(detector(name), "".join(good))
    result = detector_program.run(detector(name), "".join(mixed))
    assert result.summary["skipped"] == 3
    assert len(result.messages) == 3
    assert "301" in result.messages[0]

    def columns(text: str) -> list[tuple[str, ...]]:
        return [
            (row["track"], row["unix_time"], row["score"], row["anomaly"]) for row in csv.DictReader(text.splitlines())
        ]

    assert columns(result.text) == columns(clean.text)


@pytest.mark.parametrize("name", NAMES)
def test_the_program_describes_the_checked_in_model(name: str) -> None:
    import hashlib

    told = detector_program.info(detector(NAMES[name]))
    content = (paths.FOLDER / "models" / f"ais_{name}.tflite").read_bytes()
    assert told["model_sha256"] == hashlib.sha256(content).hexdigest()
    assert told["macs"] < 20_000
    assert told["inputs"][0]["dtype"] == name


def test_the_int8_model_is_small() -> None:
    assert detector_program.info(detector("detector"))["constant_bytes"] < 20_000


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(detector_program.DetectorError, match="/no/such/program: No such file"):
        detector_program.run("/no/such/program", "")


def test_a_program_that_gives_up_tells_why() -> None:
    with pytest.raises(detector_program.DetectorError, match="lacks"):
        detector_program.run(detector("detector"), "track,speed\n1,2\n")

"""The training script end to end, on a few recordings."""

import json
import os
import subprocess
import sys

import numpy as np

from examples.pump_cavitation import features, pipeline_document, pump


def test_training_writes_usable_files(tmp_path) -> None:
    command = [sys.executable, "-m", "examples.pump_cavitation.train", f"--out={tmp_path}"]
    done = subprocess.run(
        [*command, "--recordings=10", "--epochs=1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    names = ["cnn.json", "cnn_float32.tflite", "cnn_int8.tflite", "svm.json", "svm.tflite"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    assert (tmp_path / "svm.tflite").read_bytes()[4:8] == b"TFL3"
    assert json.loads((tmp_path / "svm.json").read_text())["window"]["length"] == pump.WINDOW


def test_features_are_arranged_as_the_pipeline_file_says() -> None:
    """Of each statistic 51 values, the whole spectrum's first."""
    window = np.random.default_rng(1).normal(0, 1, (1, pump.WINDOW)).astype(np.float32)
    spectrum = features.spectra(window)[0]
    values = features.statistics(window)[0]
    names = pipeline_document.svm(np.zeros(153), np.ones(153))["features"]
    assert names == ["scaled_p90", "scaled_energy", "scaled_deviation"]
    for position, statistic in ((0, np.percentile(spectrum, 90)), (51, np.sum(spectrum**2)), (102, np.std(spectrum))):
        np.testing.assert_allclose(values[position], np.log(statistic + 1e-6))
    np.testing.assert_allclose(values[51 + 50], np.log(np.sum(np.array_split(spectrum, 50)[-1] ** 2) + 1e-6))

"""Training from end to end, on few sounds."""

import os
import pathlib
import subprocess
import sys


def test_training_writes_both_networks(tmp_path: pathlib.Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "examples.firmware_kws.train", f"--out={tmp_path}", "--clips=80", "--epochs=1"],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    for name in ("voice", "words"):
        assert (tmp_path / f"{name}.tflite").read_bytes()[4:8] == b"TFL3"
        assert f"{name}.tflite" in done.stderr

"""A program of sni_binary with a main of its own runs, and is what its sources say."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest


@pytest.mark.skipif("PROGRAM" not in os.environ, reason="Bazel builds the program")
def test_own_main_runs() -> None:
    model = Path("tests/testdata/dense_int8.tflite")
    done = subprocess.run([os.environ["PROGRAM"]], capture_output=True, text=True, check=True)
    assert done.stdout == f"c99 double none {model.stat().st_size}\n"

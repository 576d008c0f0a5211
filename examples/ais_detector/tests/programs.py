"""Finds the compiled detectors for the tests, and runs the commands of the example."""

import os
import pathlib
import subprocess
import sys

import pytest

from examples.ais_detector import paths


def detector(name: str) -> pathlib.Path:
    """The program `detector` or `detector_float32`.

    Bazel puts it into the runfiles. Outside Bazel the variable AIS_DETECTORS names the folder it lies in, and a test
    skips without it.
    """
    folder = os.environ.get("AIS_DETECTORS")
    program = pathlib.Path(folder, name) if folder else paths.program(name)
    if not program.is_file() and "TEST_SRCDIR" not in os.environ:
        pytest.skip("needs the compiled detectors: run it with Bazel, or set AIS_DETECTORS to their folder")
    return program


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command of the example in a process of its own, with this one's Python packages."""
    return subprocess.run(
        [sys.executable, "-m", f"examples.ais_detector.{module}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )

"""Runs a compiled model (an `sni_binary`) on windows of vibration."""

from __future__ import annotations

import os
import pathlib
import subprocess

import numpy as np
from numpy.typing import NDArray

FOLDER = pathlib.Path(__file__).parent
NAMES = ("svm", "cnn_int8", "cnn_float32")
RESULTS = {"svm": ("margin", "cavitating"), "cnn_int8": ("sigma", "sound"), "cnn_float32": ("sigma", "sound")}

_FRAME = np.dtype([("recording", "<u4"), ("acceleration", "<f4")])


class ProgramError(Exception):
    """The program could not be run, or gave up; the text says why."""


def user_path(text: str) -> pathlib.Path:
    """A path as the user typed it: `bazel run` changes the folder and tells the user's own in a variable."""
    return pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), text)


def run(program: str | pathlib.Path, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """The two results of each window, [windows, 2]; windows: [windows, WINDOW].

    Raises:
      ProgramError: when the program cannot be started or stops with an error.
    """
    frames = np.zeros(windows.size, _FRAME)
    frames["acceleration"] = windows.ravel()
    try:
        command = [str(program), "--in=f32", "--out=f32", "--quiet"]
        done = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=False)
    except OSError as error:
        raise ProgramError(f"{program}: {error.strerror}") from None
    if done.returncode:
        raise ProgramError(f"{program} stopped: {done.stderr.decode(errors='replace').strip()}")
    results = np.frombuffer(done.stdout, "<f4").reshape(len(windows), -1, 2)
    return results[:, -1]

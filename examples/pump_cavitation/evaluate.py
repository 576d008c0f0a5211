r"""Judges the compiled programs on recordings that nobody trained on, and writes results.json and the README's tables.

bazel run //examples/pump_cavitation:evaluate
"""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import subprocess
import sys

import numpy as np
from absl import app, flags
from numpy.typing import NDArray

from examples.pump_cavitation import dataset, program, pump, tables

_RECORDINGS = flags.DEFINE_integer("recordings", 160, "Recordings to judge by.")
_MEASURES = flags.DEFINE_list("measures", [], "Programs that count instructions, NAME=PATH.")
_SIZES = flags.DEFINE_string("sizes", None, "JSON of the size report.", required=True)

NEAR = 0.1
"""CF closer to 1 than this is neither sound nor cavitating for sure."""


def quality(name: str, results: NDArray[np.float32], factors: NDArray[np.float64]) -> dict[str, float]:
    """How often the flag is right, of all windows and of those not near CF = 1; of a regressor also its error."""
    value, flag = results.T
    right = (flag == 1) == ((factors < 1) == (name == "svm"))
    clear = np.abs(factors - 1) > NEAR
    made = {"accuracy": float(right.mean()), "accuracy_clear": float(right[clear].mean())}
    if name != "svm":
        error = value - pump.target(factors)
        made |= {"mean_error": float(np.abs(error).mean()), "rms_error": float(np.sqrt(np.mean(error**2)))}
    return made


def cortex_m4() -> dict[str, dict[str, int]]:
    """Instructions, flash, RAM and stack by model."""
    rows = json.loads(pathlib.Path(_SIZES.value).read_text())
    made = {}
    for entry in _MEASURES.value:
        name, _, path = entry.partition("=")
        done = subprocess.run([path], capture_output=True, text=True, check=True)
        made[name] = json.loads(done.stdout) | sizes(rows, name)
    return made


def sizes(report: list[dict], name: str) -> dict[str, int]:
    """Flash, RAM and stack of a model from the size report."""
    (row,) = (row for row in report if row["target"].endswith(f":{name}_model"))
    return {key: row[key] for key in ("flash", "ram", "stack")}


def main(_: list[str]) -> None:
    recordings = dataset.recordings(_RECORDINGS.value, "test")
    windows = np.concatenate([recording.windows for recording in recordings])
    factors = np.repeat([recording.cavitation_factor for recording in recordings], dataset.WINDOWS)
    results = {
        "recordings": len(recordings),
        "windows": len(windows),
        "models": {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((program.FOLDER / "models").glob("*.tflite"))
        },
        "quality": {
            name: quality(name, program.run(program.FOLDER / name, windows), factors) for name in program.NAMES
        },
        "cortex_m4": cortex_m4(),
    }
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if workspace is None:
        sys.exit("error: run it by Bazel: bazel run //examples/pump_cavitation:evaluate")
    folder = pathlib.Path(workspace, "examples/pump_cavitation")
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    readme = folder / "README.md"
    readme.write_text(tables.inserted(readme.read_text(encoding="utf-8"), results), encoding="utf-8")
    print(tables.all_of(results))


if __name__ == "__main__":
    app.run(main)

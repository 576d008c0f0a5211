"""One pipeline in programs for two processors, as the rules make them: the bits of NumPy on both."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline import oracle, window_oracle

PIPELINE = json.loads((Path(__file__).parent / "spectrum.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("platform", ["x86_64", "cortex_m4"])
def test_bits(platform: str) -> None:
    rows = np.random.default_rng(5).normal(0, 1, (700, 2)).astype(np.float32)
    rows[300:] += np.sin(0.3 * np.arange(400))[:, None].astype(np.float32)
    expected = window_oracle.inputs(PIPELINE, rows, oracle.Scaling("float32"))
    program = os.environ[platform.upper()]
    command = [program, "--in=f32", "--out=f32", "--quiet"]
    done = subprocess.run(command, input=rows.tobytes(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    results = np.frombuffer(done.stdout, np.float32).reshape(len(rows), -1)
    for result, given in zip(results, expected, strict=True):
        if given is None:
            assert np.isnan(result).all()
        else:
            np.testing.assert_array_equal(result, given)

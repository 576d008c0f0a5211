"""Programs that microtvm_binary makes of archives."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

pytestmark = pytest.mark.skipif("STACK" not in os.environ, reason="Bazel builds the programs")


@pytest.mark.parametrize("program", ["STACK", "POOLS"])
def test_rows_are_doubled(program: str) -> None:
    rows = ",".join(map(str, range(8))) + "\n" + ",".join(map(str, range(-20, -12))) + "\n"
    done = subprocess.run(
        [os.environ[program], "--header=no", "--quiet"], input=rows, capture_output=True, text=True, check=True
    )
    results = [[float(cell) for cell in line.split(",")[1:]] for line in done.stdout.splitlines()[1:]]
    assert results == [[2.0 * x for x in range(8)], [2.0 * x for x in range(-20, -12)]]


@pytest.mark.parametrize("program", ["STACK", "POOLS"])
def test_the_engine_is_tvm_s(program: str) -> None:
    done = subprocess.run([os.environ[program], "bench", "--iterations=3"], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["engine"], told["version"], told["constant_bytes"]) == ("microtvm", "mlf 7", 24)

"""What sni_test says, on the target, of an output that is not as expected."""

from __future__ import annotations

import os
import re
import subprocess

import pytest


@pytest.mark.parametrize("program", os.environ["INT8"].split())
def test_an_integer_that_is_off_by_one(program: str) -> None:
    done = subprocess.run([program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    said = re.fullmatch(
        r"sample 19: output '[^']+' \[0, 28\]: expected (-?\d+), got (-?\d+)\n"
        r"1 of 20 samples differ; elements that do: 1\n",
        done.stderr,
    )
    assert said, done.stderr
    assert int(said[1]) == int(said[2]) + 1


@pytest.mark.parametrize("program", os.environ["FLOAT32"].split())
def test_a_float_that_is_off_by_one(program: str) -> None:
    done = subprocess.run([program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    said = re.fullmatch(
        r"sample 19: output '[^']+' \[0, 28\]: expected (\S+), got (\S+), where it may be off by (\S+)\n"
        r"1 of 20 samples differ; elements that do: 1\n",
        done.stderr,
    )
    assert said, done.stderr
    assert float(said[1]) == pytest.approx(float(said[2]) + 1, rel=1e-4)
    assert 0 < float(said[3]) < 1e-3

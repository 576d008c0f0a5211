"""A program whose layers call the tests' own kernel, built by Bazel, and the same program with generated kernels."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent

pytestmark = pytest.mark.skipif("TEST_TARGET" not in os.environ, reason="Bazel builds the programs")


def checksum(program: str) -> object:
    command = [HERE / program, "bench", "--iterations=20", "--warmup=0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["checksum"]


def test_both_give_the_same_outputs() -> None:
    assert checksum("dense_own_program") == checksum("dense_generated_program")


def test_cmsis_nns_adapter_gives_them_too() -> None:
    assert checksum("dense_cmsis_program") == checksum("dense_generated_program")


def test_the_report_says_which_layers_went_where() -> None:
    report = json.loads((HERE / "dense_own_report.json").read_text())
    taken = [layer for layer in report["layers"] if layer["operator"] == "FULLY_CONNECTED"]
    assert taken
    for layer in taken:
        assert layer["kernel"] == "external_test_product_int8"
        assert layer["reason"] == "pattern of //tests/external:dense_kernel"

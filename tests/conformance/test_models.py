"""Whole models against TFLM: those the project ships, and MLPerf Tiny's where they are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.native import Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.testing.shared import shared_path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "ais_int8": ROOT / "examples/ais_detector/models/ais_int8.tflite",
    "ais_float32": ROOT / "examples/ais_detector/models/ais_float32.tflite",
}
MLPERF_TINY = ("ad01_int8", "ad01_fp32")
PORTABLE, VECTORS = ("-O3",), ("-O3", "-march=x86-64-v3")


def model(name: str) -> bytes:
    path = SHIPPED.get(name) or shared_path(f"models/mlperf_tiny/{name}.tflite")
    return path.read_bytes()


@pytest.mark.parametrize("flags", [PORTABLE, VECTORS], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("name", [*SHIPPED, *MLPERF_TINY])
def test_a_thousand_random_inputs_and_the_extremes(name: str, flags: tuple[str, ...]) -> None:
    data = model(name)
    native, oracle = Native(data, flags=flags), Oracle(data)
    (tensor,) = native.inputs
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), 1000):
        assert_close(native.run(values)[0], oracle.run(values)[0], fused=flags is VECTORS)


@pytest.mark.parametrize("name", ["ais_float32", "ad01_fp32"])
def test_without_fused_multiply_add_floats_are_equal_to_the_last_bit(name: str) -> None:
    """The kernels add in TFLM's order, so only the rounding of fused products may differ; here there is none."""
    data = model(name)
    native, oracle = Native(data, flags=("-O3", "-ffp-contract=off")), Oracle(data)
    (tensor,) = native.inputs
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(7), 100):
        np.testing.assert_array_equal(native.run(values)[0], oracle.run(values)[0])

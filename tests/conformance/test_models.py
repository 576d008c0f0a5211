"""Whole models against TFLM: those the project ships, and MLPerf Tiny's where they are at hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.importers.tflite import read_tflite
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


CONVOLUTIONAL = ("kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model")
CONVOLUTIONAL_FLOAT = ("pretrainedResnet", "vww_96_float")


def with_logits(data: bytes) -> bytes:
    """The model with what its last operator, a softmax, reads as a further output: random inputs saturate a softmax."""
    graph = read_tflite(data, "m.tflite")
    assert graph.ops[-1].kind == "SOFTMAX"
    return write_tflite(replace(graph, outputs=(graph.ops[-1].inputs[0], *graph.outputs)))


@pytest.mark.parametrize("flags", [PORTABLE, VECTORS], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize("name", [*CONVOLUTIONAL, *CONVOLUTIONAL_FLOAT])
def test_convolutional_networks_before_and_after_their_softmax(name: str, flags: tuple[str, ...]) -> None:
    """Fused products and sums, layer after layer, move floats by a few 1e-5 of the largest; one layer by less."""
    data = with_logits(model(name))
    native, oracle = Native(data, flags=flags), Oracle(data, outputs=2)
    (tensor,) = native.inputs
    runs = 200 if name in CONVOLUTIONAL else 20
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), runs):
        for ours, theirs in zip(native.run(values), oracle.run(values), strict=True):
            if name in CONVOLUTIONAL_FLOAT and flags is VECTORS:
                np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4 * float(np.abs(theirs).max()))
            else:
                assert_close(ours, theirs)

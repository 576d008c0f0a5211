"""Models on an emulated Cortex-M4: the bits of TFLM, and counts that can be believed."""

from __future__ import annotations

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.support.convolutions import FLOATS, INT16S, INT16S_NARROW, conv, depthwise
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tests.support.pruned import unstructured, with_weights
from tools.bench.cortex_m.layers import Measured, measure, missing_tools
from tools.sni.compiler import compile_model
from tools.sni.importers.tflite import read_tflite
from tools.sni.options import OPTIMISATIONS, Options
from tools.testing.shared import shared_path

pytestmark = pytest.mark.skipif(bool(missing_tools()), reason=f"not on this machine: {', '.join(missing_tools())}")

LAYERS = {
    "window": conv((1, 7, 6, 3), (3, 3), 7, stride=(2, 1), activation="RELU"),
    "window by fours": conv((1, 5, 6, 8), (3, 3), 6),
    "rows": conv((1, 5, 3, 21), (1, 1), 10),
    "row": conv((1, 1, 1, 70), (1, 1), 7),
    "row, one factor": conv((1, 1, 1, 16), (1, 1), 8, channels=False),
    "clamped": conv((1, 3, 3, 8), (1, 1), 6, activation="RELU6", output_scale=0.2),
    "depthwise 3 x 3": depthwise((1, 5, 6, 7), (3, 3), 1),
    "depthwise 3 x 3, odd": depthwise((1, 5, 5, 4), (3, 3), 1, zero_points=(3, -128)),
    "depthwise along a line": depthwise((1, 9, 1, 5), (4, 1), 1, padding="VALID"),
    "depthwise, stride": depthwise((1, 7, 6, 8), (3, 3), 1, stride=(2, 2)),
    "int16, window": conv((1, 7, 6, 3), (3, 3), 7, types=INT16S, stride=(2, 1), activation="RELU"),
    "int16, rows": conv((1, 5, 3, 21), (1, 1), 9, types=INT16S_NARROW),
    "int16, row": conv((1, 1, 1, 70), (1, 1), 7, types=INT16S),
    "int16, depthwise": depthwise((1, 7, 6, 8), (3, 3), 1, types=INT16S, stride=(2, 1)),
}
FLOAT_LAYERS = {
    "window": conv((1, 7, 6, 3), (3, 3), 11, types=FLOATS, stride=(2, 1), activation="RELU"),
    "window of fours": conv((1, 5, 6, 8), (3, 3), 16, types=FLOATS, activation="RELU6"),
    "rows": conv((1, 5, 3, 21), (1, 1), 8, types=FLOATS),
    "row": conv((1, 1, 1, 71), (1, 1), 17, types=FLOATS, activation="RELU_N1_TO_1"),
    "depthwise 3 x 3": depthwise((1, 5, 6, 9), (3, 3), 1, types=FLOATS, stride=(1, 2), activation="RELU"),
    "depthwise": depthwise((1, 7, 6, 16), (4, 2), 1, types=FLOATS, stride=(2, 2)),
}
SEPARATE = ("-O3", "-ffp-contract=off", "-DSNI_SEPARATE_PRODUCTS")
"""Flags with which floats too have the bits of TFLM."""
PRUNED = {
    "row": integer_layer((1, 203, 37), channels=True),
    "row, one factor": integer_layer((1, 640, 16), activation="RELU6", zero_points=(3, -128), output_scale=0.1),
    "rows": conv((1, 5, 3, 61), (1, 1), 22).graph(),
}
COUNTS = Path(__file__).with_name("cortex_m4.json")
TOLERANCE = 0.01
MODELS = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model")
FLOAT_MODELS = ("ad01_fp32", "pretrainedResnet", "vww_96_float")
COUNTED = [*itertools.product(MODELS, OPTIMISATIONS), *((name, "balanced") for name in FLOAT_MODELS)]


def assert_conforms(
    model: bytes, profile: str, optimise: str, runs: int, *, fused: bool = False, level: tuple[str, ...] = ("-O3",)
) -> Measured:
    """Compares with TFLM, floats too to the last bit unless products and sums are fused."""
    x = next(iter(read_tflite(model, "m").inputs))
    tensor = read_tflite(model, "m").tensors[x]
    inputs = edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(0), runs)
    files = compile_model(model, "m.tflite", Options("m", profile, optimise=optimise))
    measured = measure(files, [value.tobytes() for value in inputs], level)
    oracle = Oracle(model)
    assert len(measured.outputs) == len(inputs)
    for value, output in zip(inputs, measured.outputs, strict=True):
        expected = oracle.run(value)[0]
        ours = np.frombuffer(output, expected.dtype).reshape(expected.shape)
        if fused:
            assert_close(ours, expected, fused=True)
        else:
            np.testing.assert_array_equal(ours, expected)
    return measured


@pytest.mark.parametrize("optimise", OPTIMISATIONS)
@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_the_bits_of_tflm(name: str, optimise: str) -> None:
    measured = assert_conforms(write_tflite(LAYERS[name].graph()), "dsp", optimise, 5)
    assert "dsp" in measured.layers[0].name


@pytest.mark.parametrize("level", [SEPARATE, ("-O3",), ("-O1",)], ids=["separate", "fused", "fused, not unrolled"])
@pytest.mark.parametrize("name", FLOAT_LAYERS)
def test_float_layers_add_up_as_tflm_does(name: str, level: tuple[str, ...]) -> None:
    model = write_tflite(FLOAT_LAYERS[name].graph())
    measured = assert_conforms(model, "dsp", "balanced", 5, fused=level is not SEPARATE, level=level)
    assert "dsp" in measured.layers[0].name


def test_nan_of_either_sign_goes_through_an_activation() -> None:
    """As through c99's; infinities are held as numbers are."""
    graph = conv((1, 1, 1, 1), (1, 1), 8, types=FLOATS, activation="RELU").graph()
    files = compile_model(write_tflite(graph), "m.tflite", Options("m", "dsp"))
    values = np.array([0x7FC00000, 0xFFC00001, 0x7F800000, 0xFF800000], np.uint32).view(np.float32)
    outputs = [np.frombuffer(y, np.float32) for y in measure(files, [x.tobytes() for x in values]).outputs]
    weights = graph.tensors[graph.ops[0].inputs[1]].data.reshape(-1)
    for x, y in zip(values, outputs, strict=True):
        np.testing.assert_array_equal(y, np.maximum(x * weights, 0))


@pytest.mark.parametrize("optimise", OPTIMISATIONS)
@pytest.mark.parametrize("name", PRUNED)
def test_pruned_layers_give_the_bits_of_tflm_for_what_the_report_says(name: str, optimise: str) -> None:
    """Both costs that the choice between kernels rests on, of the one with zeros left out and of the dense one."""
    model = write_tflite(with_weights(PRUNED[name], unstructured(0.85)))
    measured = assert_conforms(model, "dsp", optimise, 5)
    assert "program" in measured.layers[0].name
    report = json.loads(compile_model(model, "m.tflite", Options("m", "dsp", optimise=optimise))["m_report.json"])
    estimates = re.findall(r"([\d,]+) instructions", report["layers"][0]["reason"])
    sparse, dense = (int(text.replace(",", "")) for text in estimates)
    assert measured.layers[0].instructions == pytest.approx(sparse, rel=0.05)
    unpruned = compile_model(write_tflite(PRUNED[name]), "m.tflite", Options("m", "dsp", optimise=optimise))
    assert measure(unpruned).layers[0].instructions == pytest.approx(dense, rel=0.05)


@pytest.mark.parametrize("profile", ["c99", "dsp"])
@pytest.mark.parametrize("name", MODELS)
def test_models_give_the_bits_of_tflm(name: str, profile: str) -> None:
    model = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    assert_conforms(model, profile, "balanced", 3)


@pytest.mark.parametrize("name", FLOAT_MODELS)
def test_float_models_keep_the_contract(name: str) -> None:
    """Of TFLM's numbers; with additions, pooling and softmax, which have no test of their own here."""
    model = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    assert_conforms(model, "dsp", "balanced", 1, fused=True)


def test_counts_are_repeatable_and_belong_to_layers() -> None:
    files = compile_model(write_tflite(LAYERS["rows"].graph()), "m.tflite", Options("m"))
    once, twice = measure(files), measure(files)
    assert once == twice
    layer, calls = once.layers
    # 3150 products take at least an instruction each in c99's kernels, which have no vectors here.
    assert layer.instructions > layer.macs == 3150
    assert calls.instructions < 20
    longer = measure(files, [bytes(315)] * 3)
    assert longer.instructions == once.instructions, "of one inference, however many there are"


def compiler() -> str:
    text = subprocess.run(["arm-none-eabi-gcc", "--version"], capture_output=True, text=True, check=True).stdout
    return re.search(r"\d+\.\d+\.\d+", text)[0]


@pytest.mark.parametrize(("name", "optimise"), COUNTED)
def test_no_model_became_slower_or_larger(name: str, optimise: str) -> None:
    """Counts are exact for one compiler. After a change for the better: UPDATE_REFS=1 python -m pytest tests/bench."""
    model = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    stored = json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}
    measured = measure(compile_model(model, "m.tflite", Options("m", "dsp", optimise=optimise)))
    now = {"instructions": measured.instructions, "flash": measured.flash, "arena": measured.arena}
    if os.environ.get("UPDATE_REFS"):
        stored.setdefault(compiler(), {})[f"{name} {optimise}"] = now
        COUNTS.write_text(json.dumps(stored, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return
    if compiler() not in stored:
        pytest.skip(f"no counts for GCC {compiler()}; there are some for {', '.join(stored)}")
    before = stored[compiler()][f"{name} {optimise}"]
    assert all(now[what] <= before[what] * (1 + TOLERANCE) for what in now), f"{now}, before {before}"

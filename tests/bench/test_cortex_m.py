"""Layers with the profile dsp on an emulated Cortex-M4: the bits of TFLM, by its own instructions."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from tests.support.convolutions import FLOATS, INT16S, INT16S_NARROW, conv, depthwise
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tests.support.pruned import clustered, unstructured, with_weights
from tools.kit.building import missing_tools
from tools.kit.layers import NAME, measure
from tools.kit.table import platform
from tools.sni.compiler import compile_model
from tools.sni.options import Options

M4 = platform("cortex_m4")
MISSING = missing_tools(M4)
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not on this machine: {', '.join(MISSING)}")

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
NARROW = {
    "a channel": conv((1, 9, 14, 1), (3, 3), 4, stride=(2, 2), activation="RELU"),
    "a channel, nothing clipped": conv((1, 6, 7, 1), (3, 2), 5, padding="VALID"),
    "two channels, stride": conv((1, 8, 7, 2), (2, 5), 3, stride=(1, 3), zero_points=(3, -128)),
    "three channels": conv((1, 7, 5, 3), (3, 3), 6, activation="RELU6", output_scale=0.2),
    "ten rows of four": conv((1, 13, 10, 1), (10, 4), 7, stride=(2, 2)),
    "larger than the image": conv((1, 2, 3, 1), (5, 6), 4),
}
"""Windows whose rows are few words, copied without a loop where they lie inside the image."""
FLOAT_LAYERS = {
    "window": conv((1, 7, 6, 3), (3, 3), 11, types=FLOATS, stride=(2, 1), activation="RELU"),
    "window of fours": conv((1, 5, 6, 8), (3, 3), 16, types=FLOATS, activation="RELU6"),
    "rows": conv((1, 5, 3, 21), (1, 1), 8, types=FLOATS),
    "row": conv((1, 1, 1, 71), (1, 1), 17, types=FLOATS, activation="RELU_N1_TO_1"),
    "depthwise 3 x 3": depthwise((1, 5, 6, 9), (3, 3), 1, types=FLOATS, stride=(1, 2), activation="RELU"),
    "depthwise": depthwise((1, 7, 6, 16), (4, 2), 1, types=FLOATS, stride=(2, 2)),
    "depthwise, four": depthwise((1, 7, 6, 4), (3, 3), 1, types=FLOATS, activation="RELU6"),
    "depthwise, parts": depthwise((1, 5, 6, 15), (3, 2), 1, types=FLOATS, activation="RELU"),
    "two pixels, parts": conv((1, 5, 9, 3), (2, 3), 15, types=FLOATS, activation="RELU"),
    "two rows, parts": conv((1, 5, 3, 21), (1, 1), 13, types=FLOATS),
}
FEW = {
    "1": conv((1, 7, 11, 3), (3, 3), 1, types=FLOATS, activation="RELU6"),
    "2": conv((1, 9, 12, 2), (3, 2), 2, types=FLOATS, stride=(2, 1)),
    "3": conv((1, 6, 9, 5), (3, 3), 3, types=FLOATS, stride=(1, 2), activation="RELU_N1_TO_1"),
    "4": conv((1, 9, 18, 1), (3, 3), 4, types=FLOATS, stride=(2, 2), activation="RELU"),
    "6": conv((1, 7, 10, 4), (3, 3), 6, types=FLOATS, padding="VALID", activation="RELU"),
    "7": conv((1, 3, 9, 8), (1, 4), 7, types=FLOATS),
    "5, rows": conv((1, 3, 5, 11), (1, 1), 5, types=FLOATS, activation="RELU"),
    "7, row": conv((1, 1, 1, 71), (1, 1), 7, types=FLOATS, activation="RELU6"),
}
"""Fewer than eight outputs: four pixels at a time, and single ones."""
TINY = {
    "rows of one": conv((1, 8, 8, 1), (1, 1), 1, types=FLOATS),
    "rows of two": conv((1, 8, 8, 2), (1, 1), 3, types=FLOATS),
    "row": conv((1, 1, 1, 8), (1, 1), 1, types=FLOATS),
    "longer row": conv((1, 1, 1, 16), (1, 1), 4, types=FLOATS),
    "window": conv((1, 9, 9, 1), (3, 3), 1, types=FLOATS),
    "depthwise, a channel": depthwise((1, 8, 8, 1), (3, 3), 1, types=FLOATS),
    "depthwise, four": depthwise((1, 8, 8, 4), (3, 3), 1, types=FLOATS),
    "depthwise, seven": depthwise((1, 8, 8, 7), (3, 3), 1, types=FLOATS),
}
"""On either side of where plain C takes fewer instructions."""
SEPARATE = ("-O3", "-ffp-contract=off", "-DSNI_SEPARATE_PRODUCTS")
"""Flags with which floats too have the bits of TFLM."""
PRUNED = {
    "row": integer_layer((1, 203, 37), channels=True),
    "row, one factor": integer_layer((1, 640, 16), activation="RELU6", zero_points=(3, -128), output_scale=0.1),
    "rows": conv((1, 5, 3, 61), (1, 1), 22).graph(),
}


def assert_conforms(
    model: bytes, optimise: str, *, fused: bool = False, level: tuple[str, ...] = ("-O3",)
) -> tuple[Native, dict]:
    """Compares with TFLM, floats too to the last bit unless products and sums are fused; gives the first layer too."""
    native, oracle = Native(model, options=Options(NAME, "dsp", optimise=optimise), flags=level, on=M4), Oracle(model)
    x = native.inputs[0]
    for value in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(0), 5):
        ours, expected = native.run(value)[0], oracle.run(value)[0]
        if fused:
            assert_close(ours, expected, fused=True)
        else:
            np.testing.assert_array_equal(ours, expected)
    return native, json.loads(native.files[f"{NAME}_report.json"])["layers"][0]


@pytest.mark.parametrize("optimise", ["balanced", "speed"])
@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_the_bits_of_tflm(name: str, optimise: str) -> None:
    _, layer = assert_conforms(write_tflite(LAYERS[name].graph()), optimise)
    assert "dsp" in layer["kernel"]


@pytest.mark.parametrize("optimise", ["balanced", "speed"])
@pytest.mark.parametrize("name", NARROW)
def test_windows_of_few_words_give_the_bits_of_tflm(name: str, optimise: str) -> None:
    _, layer = assert_conforms(write_tflite(NARROW[name].graph()), optimise)
    assert layer["kernel"] == "conv_2d_int8_dsp_narrow_window"


@pytest.mark.parametrize("level", [SEPARATE, ("-O3",), ("-O1",)], ids=["separate", "fused", "fused, not unrolled"])
@pytest.mark.parametrize("name", FLOAT_LAYERS)
def test_float_layers_add_up_as_tflm_does(name: str, level: tuple[str, ...]) -> None:
    model = write_tflite(FLOAT_LAYERS[name].graph())
    _, layer = assert_conforms(model, "balanced", fused=level is not SEPARATE, level=level)
    assert "dsp" in layer["kernel"]


@pytest.mark.parametrize("level", [SEPARATE, ("-O3",), ("-O1",)], ids=["separate", "fused", "fused, not unrolled"])
@pytest.mark.parametrize("name", FEW)
def test_few_outputs_are_added_up_as_tflm_does(name: str, level: tuple[str, ...]) -> None:
    model = write_tflite(FEW[name].graph())
    _, layer = assert_conforms(model, "balanced", fused=level is not SEPARATE, level=level)
    assert "float32_dsp_few_" in layer["kernel"]


@pytest.mark.parametrize("name", TINY)
def test_few_outputs_get_the_kernel_that_takes_fewer_instructions(name: str) -> None:
    model = write_tflite(TINY[name].graph())
    ours, plain = (
        measure(compile_model(model, "m.tflite", Options(NAME, profile)), M4).layers[0] for profile in ("dsp", "c99")
    )
    assert ours.instructions <= plain.instructions


def test_nan_of_either_sign_goes_through_an_activation() -> None:
    """As through c99's; infinities are held as numbers are."""
    graph = conv((1, 1, 1, 1), (1, 1), 15, types=FLOATS, activation="RELU").graph()
    native = Native(write_tflite(graph), options=Options(NAME, "dsp"), flags=("-O3",), on=M4)
    values = np.array([0x7FC00000, 0xFFC00001, 0x7F800000, 0xFF800000], np.uint32).view(np.float32)
    weights = graph.tensors[graph.ops[0].inputs[1]].data.reshape(-1)
    for x in values:
        np.testing.assert_array_equal(native.run(x.reshape(1))[0].reshape(-1), np.maximum(x * weights, 0))


@pytest.mark.parametrize("optimise", ["balanced", "speed"])
@pytest.mark.parametrize("name", PRUNED)
def test_pruned_layers_give_the_bits_of_tflm_for_what_the_report_says(name: str, optimise: str) -> None:
    """Both costs that the choice between kernels rests on, of the one with zeros left out and of the dense one."""
    model = write_tflite(with_weights(PRUNED[name], unstructured(0.85)))
    native, layer = assert_conforms(model, optimise)
    assert "program" in layer["kernel"]
    estimates = re.findall(r"([\d,]+) instructions", layer["reason"])
    sparse, dense = (int(text.replace(",", "")) for text in estimates)
    assert measure(native.files, M4).layers[0].instructions == pytest.approx(sparse, rel=0.05)
    unpruned = compile_model(write_tflite(PRUNED[name]), "m.tflite", Options(NAME, "dsp", optimise=optimise))
    assert measure(unpruned, M4).layers[0].instructions == pytest.approx(dense, rel=0.05)


def test_clustered_layers_give_the_bits_of_tflm_for_what_the_report_says() -> None:
    """In parts of the outputs, of which the last one is odd, and pairs of pixels, of which the last one is half."""
    native, layer = assert_conforms(
        write_tflite(with_weights(conv((1, 9, 7, 40), (1, 1), 61).graph(), clustered)), "balanced"
    )
    assert "clusters" in layer["kernel"]
    estimate = re.search(r"([\d,]+) instructions", layer["reason"])[1]
    measured = measure(native.files, M4).layers[0].instructions
    assert measured == pytest.approx(int(estimate.replace(",", "")), rel=0.05)

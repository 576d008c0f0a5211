"""The kernels of the profile mve against TFLM: a case for each way through them, and whole models."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import assert_conforms, assert_same_bits
from tests.support.convolutions import FLOATS, INT16S, INT16S_NARROW, Convolution, conv, depthwise
from tests.support.dense import integer_layer
from tests.support.elements import INT8, binary, quantisations
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import PROFILE, Native, compiled
from tests.support.oracle import Oracle, edge_inputs
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.testing.shared import shared_path

pytestmark = pytest.mark.skipif(PROFILE != "mve", reason="for the profile mve alone")

SIGNED, LOWEST = (3, -5), (7, -128)
"""Zero points with outputs on both sides of that of the output, and with all of them on one."""

ROWS = {
    "one row, fewer inputs than a vector": ((1, 7, 8), SIGNED),
    "one row, whole vectors": ((1, 32, 6), SIGNED),
    "one row, whole vectors and a tail": ((1, 37, 8), LOWEST),
    "one row, a loop": ((1, 176, 9), LOWEST),
    "one row, a loop and a tail": ((1, 200, 8), SIGNED),
    "two rows": ((2, 16, 8), SIGNED),
    "three rows, a tail alone": ((3, 5, 4), LOWEST),
    "four rows, outputs left over": ((4, 64, 7), SIGNED),
    "five rows, a tail": ((5, 33, 12), LOWEST),
    "a loop": ((6, 112, 8), SIGNED),
    "a loop and a tail, outputs left over": ((7, 100, 5), LOWEST),
}
"""(rows, inputs, outputs), and zero points."""

WINDOWS = {
    "few channels": (conv((1, 7, 6, 3), (3, 3), 7, stride=(2, 1)), "window"),
    "a window larger than the image": (conv((1, 2, 3, 5), (5, 7), 8, activation="RELU"), "window"),
    "many taps of one channel": (conv((1, 12, 5, 1), (10, 4), 8, stride=(2, 2), zero_points=LOWEST), "window"),
    "16 channels": (conv((1, 6, 7, 16), (3, 3), 8, activation="RELU", zero_points=LOWEST), "direct"),
    "32 channels, stride": (conv((1, 7, 9, 32), (3, 3), 12, stride=(2, 2)), "direct"),
    "48 channels, in a loop": (conv((1, 5, 5, 48), (3, 3), 4, activation="RELU6", output_scale=0.2), "direct"),
    "nothing clipped": (conv((1, 4, 9, 16), (2, 5), 4, padding="VALID"), "direct"),
    "rows between windows": (conv((1, 11, 4, 16), (2, 2), 4, stride=(4, 1)), "direct"),
    "fewer pixels than four": (conv((1, 5, 3, 16), (3, 3), 4), "window"),
}

CHANNELS = {
    "3 x 3": (depthwise((1, 6, 8, 16), (3, 3), 1), "pairs"),
    "3 x 3, odd rows and columns": (depthwise((1, 5, 7, 21), (3, 3), 1, zero_points=LOWEST), "pairs"),
    "3 x 3, valid": (depthwise((1, 6, 5, 5), (3, 3), 1, padding="VALID"), "pairs"),
    "2 x 3, narrow": (depthwise((1, 4, 2, 16), (2, 3), 1, activation="RELU6", output_scale=0.05), "pairs"),
    "stride": (depthwise((1, 7, 19, 8), (3, 3), 1, stride=(2, 2), zero_points=LOWEST), "single"),
    "4 x 4, strides that differ": (depthwise((1, 8, 9, 6), (4, 4), 1, stride=(3, 1)), "single"),
    "one row": (depthwise((1, 1, 9, 5), (2, 3), 1, activation="RELU6", output_scale=0.05), "single"),
    "along a column": (depthwise((1, 19, 1, 40), (5, 1), 1, padding="VALID"), "line"),
    "along a row": (depthwise((1, 1, 11, 16), (1, 13), 1, zero_points=LOWEST), "line"),
    "to one output": (depthwise((1, 16, 1, 7), (16, 1), 1, padding="VALID"), "line"),
}


FLOAT_PRODUCTS = {
    "a row, whole turns": (conv((1, 1, 1, 32), (1, 1), 16), "row"),
    "a row, inputs and outputs left over": (conv((1, 1, 1, 13), (1, 1), 14), "row"),
    "a row, three outputs": (conv((1, 1, 1, 7), (1, 1), 3), "row"),
    "a row, a vector left over": (conv((1, 1, 1, 9), (1, 1), 12), "row"),
    "two rows": (conv((1, 1, 2, 8), (1, 1), 8), "rows"),
    "three rows": (conv((1, 1, 3, 8), (1, 1), 8), "rows"),
    "eight rows, few outputs and inputs": (conv((1, 2, 4, 3), (1, 1), 4), "rows"),
    "seven rows, outputs left over": (conv((1, 1, 7, 6), (1, 1), 21), "rows"),
    "five rows, seven outputs": (conv((1, 1, 5, 4), (1, 1), 7), "rows"),
    "3 x 3": (conv((1, 5, 8, 4), (3, 3), 8), "window"),
    "3 x 3, few channels": (conv((1, 6, 11, 3), (3, 3), 17), "window"),
    "3 x 3 with stride": (conv((1, 7, 16, 5), (3, 3), 12, stride=(2, 2)), "window"),
    "valid": (conv((1, 6, 9, 2), (2, 3), 9, padding="VALID"), "window"),
    "along a column": (conv((1, 17, 1, 6), (5, 1), 8), "window"),
    "along a row": (conv((1, 1, 17, 6), (1, 5), 6, stride=(1, 2)), "window"),
    "a window larger than the image": (conv((1, 2, 3, 8), (5, 7), 8), "window"),
}
"""Layers of floats, whatever the activation."""

FLOAT_CHANNELS = {
    "3 x 3": depthwise((1, 5, 8, 16), (3, 3), 1),
    "3 x 3, columns and channels left over": depthwise((1, 4, 11, 21), (3, 3), 1),
    "3 x 3 with stride": depthwise((1, 7, 18, 8), (3, 3), 1, stride=(2, 2)),
    "3 x 3, valid, rows between windows": depthwise((1, 13, 9, 6), (3, 3), 1, stride=(5, 1), padding="VALID"),
    "three columns, many channels": depthwise((1, 3, 3, 40), (3, 3), 1),
    "one pixel": depthwise((1, 1, 1, 4), (3, 3), 1),
    "two columns": depthwise((1, 6, 2, 9), (2, 2), 1),
    "5 x 4": depthwise((1, 6, 9, 8), (5, 4), 1, stride=(1, 3)),
    "along a column": depthwise((1, 17, 1, 12), (10, 1), 1, padding="VALID"),
    "along a row": depthwise((1, 1, 14, 7), (1, 5), 1, stride=(1, 2)),
    "down rows of two columns": depthwise((1, 20, 2, 8), (16, 1), 1),
}


INT16_PRODUCTS = {
    "a row, pairs of steps": (conv((1, 1, 1, 32), (1, 1), 8), "row"),
    "a row, a step and a tail, outputs left over": (conv((1, 1, 1, 27), (1, 1), 6), "row"),
    "a row, a tail alone": (conv((1, 1, 1, 5), (1, 1), 3), "row"),
    "two rows": (conv((1, 1, 2, 40), (1, 1), 4), "rows"),
    "three rows, a tail": (conv((1, 1, 3, 21), (1, 1), 8), "rows"),
    "seven rows, outputs left over": (conv((1, 1, 7, 8), (1, 1), 13), "rows"),
    "3 x 3": (conv((1, 5, 7, 8), (3, 3), 8), "window"),
    "few channels, stride, outputs left over": (conv((1, 7, 9, 3), (3, 3), 9, stride=(2, 2)), "window"),
    "a window larger than the image": (conv((1, 2, 3, 5), (5, 7), 8), "window"),
    "along a column": (conv((1, 17, 1, 12), (5, 1), 5, padding="VALID", stride=(3, 1)), "window"),
}

LONG_SUMS = {
    "rows": conv((1, 1, 7, 1024), (1, 1), 9, weights=-128),
    "row": conv((1, 1, 1, 520), (1, 1), 8, weights=127),
    "row, a tail": conv((1, 1, 1, 1019), (1, 1), 3, weights=-128),
    "window": conv((1, 3, 4, 100), (3, 3), 8, weights=-128),
}
"""Layers whose sums may need more than 32 bits."""

INT16_CHANNELS = {
    "3 x 3": depthwise((1, 5, 6, 16), (3, 3), 1),
    "3 x 3 with stride, channels left over": depthwise((1, 7, 8, 21), (3, 3), 1, stride=(2, 2)),
    "valid, one block": depthwise((1, 6, 5, 8), (4, 2), 1, padding="VALID"),
    "along a column": depthwise((1, 17, 1, 40), (10, 1), 1),
    "one pixel": depthwise((1, 1, 1, 9), (3, 3), 1),
}


def kernel_of(graph: Graph, profile: str = "mve") -> str:
    report = compiled(write_tflite(graph), "model.tflite", Options("model", profile))["model_report.json"]
    return json.loads(report)["layers"][0]["kernel"]


def assert_kernel(graph: Graph, kernel: str, **more: object) -> None:
    """That a layer has a kernel of this name, and the bits of TFLM."""
    assert kernel_of(graph) == kernel
    assert_conforms(graph, **more)


@pytest.mark.parametrize("shape", ROWS)
def test_rows(shape: str) -> None:
    sizes, zero_points = ROWS[shape]
    graph = integer_layer(sizes, zero_points=zero_points, channels=True)
    assert_kernel(graph, f"fully_connected_int8_mve_{'row' if sizes[0] == 1 else 'rows'}", runs=6)


def test_clamped_rows() -> None:
    for shape in ((1, 1, 1, 40), (1, 3, 3, 8)):
        layer = conv(shape, (1, 1), 6, activation="RELU6", output_scale=0.2)
        assert_conforms(layer.graph(), runs=6)


@pytest.mark.parametrize("shape", WINDOWS)
def test_windows(shape: str) -> None:
    layer, kernel = WINDOWS[shape]
    assert_kernel(layer.graph(), f"conv_2d_int8_mve_{kernel}", runs=6)


@pytest.mark.parametrize("shape", CHANNELS)
def test_channels(shape: str) -> None:
    layer, kernel = CHANNELS[shape]
    assert_kernel(layer.graph(), f"depthwise_conv_2d_int8_mve_{kernel}", runs=6)


@pytest.mark.parametrize("weights", [-128, 127])
def test_the_largest_products(weights: int) -> None:
    layers: tuple[Convolution, ...] = (
        conv((1, 1, 3, 80), (1, 1), 4),
        conv((1, 3, 4, 16), (3, 3), 4),
        depthwise((1, 4, 5, 8), (3, 3), 1),
    )
    for layer in layers:
        made = replace(layer, weights=weights, zero_points=(127, 0), output_scale=20.0)
        assert_conforms(made.graph(), runs=2)


def floats(layer: Convolution, name: str) -> Graph:
    """The network of a layer of floats, with an activation that its name decides."""
    activation = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")[len(name) % 4]
    return replace(layer, types=FLOATS, activation=activation).graph()


@pytest.mark.parametrize("name", FLOAT_PRODUCTS)
def test_float_products(name: str) -> None:
    layer, kernel = FLOAT_PRODUCTS[name]
    assert_kernel(floats(layer, name), f"conv_2d_float32_mve_{kernel}", runs=3)
    assert_same_bits(floats(layer, name), runs=3)


@pytest.mark.parametrize("name", FLOAT_CHANNELS)
def test_float_channels(name: str) -> None:
    graph = floats(FLOAT_CHANNELS[name], name)
    assert_kernel(graph, "depthwise_conv_2d_float32_mve", runs=3)
    assert_same_bits(graph, runs=3)


BIASES = pytest.mark.parametrize("types", [INT16S, INT16S_NARROW], ids=["bias of 64 bits", "bias of 32 bits"])


@BIASES
@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("name", INT16_PRODUCTS)
def test_int16_products(name: str, activation: str, types: tuple[DType, DType]) -> None:
    layer, kernel = INT16_PRODUCTS[name]
    made = replace(layer, types=types, activation=activation)
    assert_kernel(made.graph(), f"conv_2d_int16_mve_{kernel}", runs=6)


@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("name", INT16_CHANNELS)
def test_int16_channels(name: str, activation: str) -> None:
    made = replace(INT16_CHANNELS[name], types=INT16S, activation=activation)
    assert_kernel(made.graph(), "depthwise_conv_2d_int16_mve", runs=6)


@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("name", LONG_SUMS)
def test_int16_sums_beyond_32_bits(name: str, activation: str) -> None:
    layer = replace(LONG_SUMS[name], types=INT16S, activation=activation, output_scale=1.5)
    assert_kernel(layer.graph(), f"conv_2d_int16_mve_long_{name.split(',')[0]}", runs=6)


@pytest.mark.parametrize("output_scale", [0.000003, 0.0005, 0.05, 40.0])
def test_int16_factors(output_scale: float) -> None:
    """From factors that saturate every output to those that leave little of it."""
    for layer in (conv((1, 1, 4, 24), (1, 1), 8), conv((1, 1, 1, 24), (1, 1), 8), depthwise((1, 4, 5, 8), (3, 3), 1)):
        assert_conforms(replace(layer, types=INT16S, output_scale=output_scale).graph(), runs=4)


@pytest.mark.parametrize("activation", ["NONE", "RELU"])
def test_int16_halves(activation: str) -> None:
    """Small sums divided by a small number lie on halves, which TFLM rounds in two ways."""
    for types in (INT16S_NARROW, INT16S):
        layer = conv((1, 1, 7, 8), (1, 1), 8, types=types, activation=activation, output_scale=3e-6, bias=False)
        extra = {"quantized_bias_type": types[1].value.upper()}
        rng = np.random.default_rng(0)
        values = [[rng.integers(-9, 10, layer.image).astype(np.int16)] for _ in range(20)]
        assert_conforms(replace(layer, extra=extra).graph(), values=values)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
def test_what_is_not_a_number_stays_so(activation: str) -> None:
    for layer in (conv((1, 1, 4, 4), (1, 1), 8), depthwise((1, 3, 4, 4), (3, 3), 1)):
        given = (np.nan, np.inf, -np.inf) if activation == "RELU6" else (np.nan,)
        values = [[np.full(layer.image, value, np.float32)] for value in given]
        assert_conforms(replace(layer, types=FLOATS, activation=activation).graph(), values=values)


def test_vectors_of_integers_alone_leave_floats_to_the_floating_point_unit() -> None:
    layer: Convolution = conv((1, 4, 4, 16), (3, 3), 8)
    assert kernel_of(layer.graph(), "mve_integer") == "conv_2d_int8_mve_direct"
    assert kernel_of(replace(layer, types=FLOATS).graph(), "mve_integer") == "conv_2d_float32_dsp_window"


@pytest.mark.parametrize("activation", ["NONE", "RELU6"])
@pytest.mark.parametrize("elements", [1, 16, 53])
def test_sums(elements: int, activation: str) -> None:
    # Of scales that are fractions of one another some sums fall on halves, which TFLM rounds away from zero.
    scales = quantisations((0.0391313, 0.0417977, 0.0613471), (3, -7, 11))
    graph = binary("ADD", INT8, ((elements,), (elements,)), scales, activation)
    assert_kernel(graph, "add_int8_mve", runs=40)


@pytest.mark.parametrize("scales", [(4e-4, 3e-4, 1e-4), (2**-13, 2**-12, 2**-11), (2**-12, 2**-12, 2**-11)])
def test_int16_sums(scales: tuple[float, float, float]) -> None:
    """Of small numbers too; where scales are powers of two many fall on halves."""
    for elements, activation in ((4, "NONE"), (53, "RELU")):
        graph = binary("ADD", DType.INT16, ((elements,), (elements,)), quantisations(scales, (0, 0, 0)), activation)
        assert_kernel(graph, "add_int16_mve")
    rng = np.random.default_rng(0)
    values = [[rng.integers(-99, 100, elements).astype(np.int16) for _ in range(2)] for _ in range(20)]
    assert_conforms(graph, values=values)


@pytest.mark.parametrize("activation", ["NONE", "RELU", "RELU6"])
@pytest.mark.parametrize("elements", [1, 16, 53])
def test_float_sums(elements: int, activation: str) -> None:
    graph = binary("ADD", DType.FLOAT32, ((elements,), (elements,)), None, activation)
    assert_kernel(graph, "add_float32_mve")
    special = np.resize(np.array([np.inf, -np.inf, np.nan, 3e38, -3e38, -0.5], np.float32), elements)
    assert_conforms(graph, values=[[special, np.float32(0.1) * special], [special, -special]])


@pytest.mark.parametrize(
    ("image", "window", "activation"),
    [
        ((1, 25, 5, 64), (25, 5), "NONE"),
        ((1, 7, 6, 13), (3, 2), "RELU"),
        ((1, 9, 11, 37), (3, 4), "NONE"),
        ((1, 3, 3, 8), (3, 3), "RELU6"),
        ((1, 15, 17, 16), (15, 17), "NONE"),
    ],
)
def test_means(image: tuple[int, int, int, int], window: tuple[int, int], activation: str) -> None:
    made = (1, image[1] // window[0], image[2] // window[1], image[3])
    x, y = (tensor("x", DType.INT8, shape, quantised(0.04, -3)) for shape in (image, made))
    attributes = {"padding": "VALID", "filter_height": window[0], "filter_width": window[1]}
    attributes |= {"stride_h": window[0], "stride_w": window[1], "fused_activation_function": activation}
    assert_kernel(single("AVERAGE_POOL_2D", [x], [y], **attributes), "average_pool_2d_int8_mve", runs=6)


@pytest.mark.parametrize(
    "name", ["ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model"]
)
def test_models(name: str) -> None:
    model = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    native, oracle = Native(model, flags=("-O3",)), Oracle(model)
    (tensor,) = native.inputs
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), 3):
        np.testing.assert_array_equal(native.run(values)[0], oracle.run(values)[0])

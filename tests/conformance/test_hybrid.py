"""Dynamic-range layers, float32 activations with int8 or int4 weights, against LiteRT's reference kernels, bit for bit.

TFLM has no such kernels.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, assert_same_bits
from tests.support.convolutions import FLOATS, Convolution, conv, depthwise
from tests.support.dense import float_layer
from tests.support.litert import Reference
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, per_channel, quantised, tensor
from tests.support.narrow_weights import with_int8
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph

VECTORS = ("-O3", "-march=x86-64-v3")
SHAPES = [(1, 1, 1), (1, 7, 3), (2, 8, 128), (1, 129, 8), (3, 33, 65), (1, 640, 36)]
"""(rows, inputs, outputs)."""


def assert_same_as_litert(graph: Graph, flags: tuple[str, ...] = CHECKED) -> None:
    assert_same_bits(graph, Reference(write_tflite(graph)), flags=flags)


def dense(
    shape: tuple[int, int, int], activation: str = "NONE", *, bias: bool = True, asymmetric: bool = False
) -> Graph:
    graph = float_layer(*shape, activation, bias)
    attributes = {**graph.ops[0].attributes, "asymmetric_quantize_inputs": asymmetric}
    return replace(graph, ops=(replace(graph.ops[0], attributes=attributes),))


@pytest.mark.parametrize(
    ("shape", "axis", "asymmetric", "dtype"),
    [*itertools.product(SHAPES, (None, 0), (False, True), (INT8, DType.INT4))],
)
def test_fully_connected(shape: tuple[int, int, int], axis: int | None, asymmetric: bool, dtype: DType) -> None:
    if shape[2] == 1 and axis == 0:
        axis = None
    assert_same_as_litert(with_int8(dense(shape, asymmetric=asymmetric), axis=axis, dtype=dtype))


@pytest.mark.parametrize("activation", ["RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("bias", [True, False])
def test_fully_connected_activations(activation: str, bias: bool) -> None:
    for asymmetric in (False, True):
        assert_same_as_litert(with_int8(dense((2, 17, 9), activation, bias=bias, asymmetric=asymmetric), axis=0))


CONVOLUTIONS = [
    conv((1, 5, 5, 3), (3, 3), 5, types=FLOATS),
    conv((1, 1, 1, 1), (1, 1), 1, types=FLOATS),
    conv((2, 8, 8, 16), (3, 3), 33, types=FLOATS, stride=(2, 2), activation="RELU"),
    conv((3, 4, 4, 16), (1, 1), 70, types=FLOATS, activation="RELU6"),
    conv((1, 9, 7, 3), (3, 2), 20, types=FLOATS, dilation=(2, 3), padding="VALID"),
    conv((1, 9, 7, 3), (3, 2), 20, types=FLOATS, dilation=(2, 3)),
    conv((1, 12, 10, 1), (10, 4), 24, types=FLOATS, stride=(2, 2)),
]
GROUPED = [
    conv((1, 5, 5, 4), (3, 3), 6, types=FLOATS, groups=2),
    conv((2, 5, 5, 6), (3, 3), 9, types=FLOATS, groups=3),
    conv((1, 4, 4, 8), (2, 2), 64, types=FLOATS, groups=2),
]
DEPTHWISE = [
    depthwise((1, 5, 5, 3), (3, 3), 1, types=FLOATS),
    depthwise((1, 4, 4, 101), (3, 3), 1, types=FLOATS, activation="RELU"),
    depthwise((2, 6, 6, 130), (3, 3), 1, types=FLOATS, stride=(2, 2)),
    depthwise((1, 5, 5, 64), (5, 1), 1, types=FLOATS, padding="VALID"),
    depthwise((1, 5, 5, 70), (3, 3), 2, types=FLOATS, activation="RELU6"),
    depthwise((2, 4, 4, 2), (2, 2), 33, types=FLOATS),
    depthwise((1, 9, 7, 5), (3, 2), 1, types=FLOATS, dilation=(2, 3)),
]


@pytest.mark.parametrize(("layer", "dtype"), [*itertools.product(CONVOLUTIONS, (INT8, DType.INT4))], ids=str)
def test_convolutions_with_one_scale(layer: Convolution, dtype: DType) -> None:
    assert_same_as_litert(with_int8(layer.graph(), dtype=dtype))


@pytest.mark.parametrize(("layer", "dtype"), [*itertools.product(CONVOLUTIONS, (INT8, DType.INT4))], ids=str)
def test_convolutions_with_a_scale_for_each_output(layer: Convolution, dtype: DType) -> None:
    assert_same_as_litert(with_int8(layer.graph(), axis=0 if layer.outputs > 1 else None, dtype=dtype))


@pytest.mark.parametrize("layer", GROUPED, ids=str)
def test_groups(layer: Convolution) -> None:
    assert_same_as_litert(with_int8(layer.graph(), axis=0))


@pytest.mark.parametrize("layer", DEPTHWISE, ids=str)
def test_depthwise(layer: Convolution) -> None:
    """LiteRT has no int4 here, and reads beyond its one scale if there is one: other models with the same values do."""
    graph = with_int8(layer.graph(), axis=3)
    assert_same_as_litert(graph)
    narrow = with_int8(layer.graph(), axis=3, dtype=DType.INT4)
    assert_same_bits(narrow, Reference(write_tflite(of_weights(narrow, dtype=INT8))))
    one = with_int8(layer.graph())
    scale = next(t.quantisation.scale for t in one.tensors.values() if t.name == "w")
    several = of_weights(one, quantisation=per_channel([scale] * layer.outputs, 3))
    assert_same_bits(one, Reference(write_tflite(several)))


def of_weights(graph: Graph, **changes: object) -> Graph:
    tensors = {key: replace(t, **changes) if t.name == "w" else t for key, t in graph.tensors.items()}
    return replace(graph, tensors=tensors)


@pytest.mark.parametrize("flags", [("-O3",), VECTORS])
def test_vectorised(flags: tuple[str, ...]) -> None:
    """Where the processor can fuse products and sums, generated code for such a network does not."""
    for graph in (
        with_int8(dense((2, 641, 37))),
        with_int8(dense((2, 30, 64), asymmetric=True), axis=0),
        with_int8(conv((1, 8, 8, 16), (3, 3), 32, types=FLOATS).graph()),
        with_int8(conv((1, 8, 8, 16), (3, 3), 32, types=FLOATS).graph(), axis=0),
        with_int8(depthwise((1, 8, 8, 65), (3, 3), 1, types=FLOATS).graph(), axis=3),
    ):
        assert_same_as_litert(graph, flags)


MAGNITUDES = {
    "all positive": lambda x: np.abs(x) + 1,
    "all negative": lambda x: -np.abs(x) - 1,
    "tiny": lambda x: x * np.float32(1e-30),
    "huge": lambda x: x * np.float32(1e30),
    "halves, which round away from zero": lambda x: np.round(x * 2) / 2,
    "all zero but one": lambda x: np.where(np.arange(x.size).reshape(x.shape) == 2, x, np.float32(0)),
    "all zero in one row": lambda x: np.where(np.arange(x.shape[0]).reshape(-1, *[1] * (x.ndim - 1)) == 0, 0 * x, x),
}


@pytest.mark.parametrize("change", MAGNITUDES.values(), ids=MAGNITUDES)
@pytest.mark.parametrize("asymmetric", [False, True])
def test_ranges_of_the_input(change: object, asymmetric: bool) -> None:
    graphs = [with_int8(dense((3, 20, 7), asymmetric=asymmetric))]
    graphs += [with_int8(conv((3, 4, 4, 3), (3, 3), 5, types=FLOATS).graph(), axis=0 if asymmetric else None)]
    for graph in graphs:
        native, reference = Native(write_tflite(graph), flags=CHECKED), Reference(write_tflite(graph))
        rng = np.random.default_rng(8)
        for _ in range(20):
            x = np.ascontiguousarray(change(rng.normal(0, 3, native.inputs[0].shape).astype(np.float32)), np.float32)
            for ours, theirs in zip(native.run(x), reference.run(x), strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_inputs_that_are_no_numbers_do_no_harm() -> None:
    """LiteRT's result is not defined; here there is one, without undefined behaviour."""
    for asymmetric in (False, True):
        native = Native(write_tflite(with_int8(dense((1, 6, 3), asymmetric=asymmetric))), flags=CHECKED)
        for value in (np.nan, np.inf, -np.inf, np.float32(3e38)):
            native.run(np.array([[0, 1, -3e38, value, 2, 3]], np.float32))
            native.run(np.full((1, 6), value, np.float32))


@pytest.mark.parametrize("axis", [None, 0])
@pytest.mark.parametrize("dtype", [INT8, DType.INT4])
def test_weights_that_are_dequantised_first_are_float_weights(axis: int | None, dtype: DType) -> None:
    """Then nothing quantises the input, and the weights become float32 when the code is made."""
    rng = np.random.default_rng(4)
    q = quantised(0.013) if axis is None else per_channel(rng.uniform(0.01, 0.02, 5), axis)
    w = constant("w", dtype, rng.integers(-8, 8, (5, 9)), q)
    wide, x, y = tensor("wide", FLOAT, (5, 9)), tensor("x", FLOAT, (2, 9)), tensor("y", FLOAT, (2, 5))
    graph = chain([("DEQUANTIZE", [w], [wide], {}), ("FULLY_CONNECTED", [x, wide], [y], {})])
    real = w.data.astype(np.float32) * np.array(q.scales, np.float32).reshape(-1, 1)
    same = chain([("FULLY_CONNECTED", [x, constant("w", FLOAT, real)], [y], {})])
    assert_same_bits(graph, Oracle(write_tflite(same)))

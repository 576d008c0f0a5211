"""float16 weights as the converter writes them, with DEQUANTIZE in front of each layer, against TFLM.

TFLM cannot run such a model; it runs the same one with the same values as float32, which hold them all.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, UNFUSED, assert_conforms, assert_gives, assert_same_bits
from tests.support.convolutions import FLOATS, Convolution, conv, depthwise, transposed
from tests.support.dense import float_layer
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, single, tensor
from tests.support.narrow_weights import rounded_to_float16, with_float16
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph
from tools.sni.passes import optimise

SHAPES = [(1, 1, 1), (1, 7, 3), (2, 8, 128), (1, 129, 8), (2, 33, 65), (1, 640, 36)]
"""(rows, inputs, outputs)."""


def assert_same_as_float32(graph: Graph) -> None:
    """Checked for undefined behaviour, and to the last bit where nothing fuses products and sums."""
    half, oracle = with_float16(graph), Oracle(write_tflite(rounded_to_float16(graph)))
    weights = optimise(half).ops[0].inputs[1]
    assert optimise(half).tensors[weights].dtype is DType.FLOAT16
    assert_gives(half, oracle.run, flags=CHECKED)
    assert_same_bits(half, oracle)


@pytest.mark.parametrize(("shape", "activation"), [*itertools.product(SHAPES, ("NONE", "RELU6"))])
def test_fully_connected(shape: tuple[int, int, int], activation: str) -> None:
    assert_same_as_float32(float_layer(*shape, activation, bias=activation == "NONE"))


@pytest.mark.parametrize(
    "layer",
    [
        conv((1, 5, 5, 3), (3, 3), 5, types=FLOATS),
        conv((1, 1, 1, 1), (1, 1), 1, types=FLOATS, bias=False),
        conv((2, 8, 8, 16), (3, 3), 33, types=FLOATS, stride=(2, 2), activation="RELU"),
        conv((2, 4, 4, 16), (1, 1), 70, types=FLOATS),
        conv((1, 9, 7, 3), (3, 2), 20, types=FLOATS, dilation=(2, 3), padding="VALID"),
        conv((1, 5, 5, 6), (3, 3), 9, types=FLOATS, groups=3),
        depthwise((1, 5, 5, 3), (3, 3), 1, types=FLOATS),
        depthwise((1, 1, 1, 1), (1, 1), 1, types=FLOATS, bias=False),
        depthwise((2, 6, 6, 101), (3, 3), 1, types=FLOATS, stride=(2, 2), activation="RELU_N1_TO_1"),
        depthwise((1, 5, 5, 70), (3, 3), 2, types=FLOATS),
        depthwise((1, 9, 7, 5), (3, 2), 1, types=FLOATS, dilation=(2, 3)),
        transposed((1, 3, 3, 2), (3, 3), 20, (5, 5), types=FLOATS, stride=(2, 2)),
        transposed((2, 4, 3, 5), (2, 2), 7, (8, 6), types=FLOATS, stride=(2, 2)),
    ],
    ids=str,
)
def test_convolutions(layer: Convolution) -> None:
    assert_same_as_float32(layer.graph())


def test_fused_multiply_add_stays_within_the_contract() -> None:
    graph = float_layer(1, 640, 128, "RELU", bias=True)
    oracle = Oracle(write_tflite(rounded_to_float16(graph)))
    assert_gives(with_float16(graph), oracle.run, flags=("-O3", "-march=x86-64-v3"))


@pytest.mark.parametrize("flags", [CHECKED, ("-O3",), ("-O3", "-march=x86-64-v3")])
def test_every_finite_number_of_half_precision_is_read_exactly(flags: tuple[str, ...]) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    w, wide = constant("w", DType.FLOAT16, finite.reshape(-1, 1)), tensor("wide", FLOAT, (finite.size, 1))
    x, y = tensor("x", FLOAT, (1, 1)), tensor("y", FLOAT, (1, finite.size))
    native = Native(
        write_tflite(chain([("DEQUANTIZE", [w], [wide], {}), ("FULLY_CONNECTED", [x, wide], [y], {})])), flags=flags
    )
    assert "sni_from_half" in native.files["model.c"]
    (read,) = native.run(np.ones((1, 1), np.float32))
    np.testing.assert_array_equal(read[0], finite.astype(np.float32))


def test_infinite_weights_are_widened_when_the_code_is_made() -> None:
    half = np.array([[1.0, np.inf], [-2.0, 3.0]], np.float16)
    x, y = tensor("x", FLOAT, (1, 2)), tensor("y", FLOAT, (1, 2))
    w, wide = constant("w", DType.FLOAT16, half), tensor("wide", FLOAT, (2, 2))
    graph = chain([("DEQUANTIZE", [w], [wide], {}), ("FULLY_CONNECTED", [x, wide], [y], {})])
    same = single("FULLY_CONNECTED", [x, constant("w", FLOAT, half.astype(np.float32))], [y])
    assert_same_bits(graph, Native(write_tflite(same), flags=UNFUSED))


@pytest.mark.parametrize("kind", ["ADD", "MUL", "PRELU"])
def test_operators_without_such_a_kernel_take_them_as_float32(kind: str) -> None:
    half = np.random.default_rng(3).normal(0, 1, (1, 1, 5)).astype(np.float16)
    x, y = tensor("x", FLOAT, (1, 3, 4, 5)), tensor("y", FLOAT, (1, 3, 4, 5))
    w, wide = constant("w", DType.FLOAT16, half), tensor("wide", FLOAT, half.shape)
    graph = chain([("DEQUANTIZE", [w], [wide], {}), (kind, [x, wide], [y], {})])
    same = single(kind, [x, constant("w", FLOAT, half.astype(np.float32))], [y])
    assert_conforms(same)
    assert_same_bits(graph, Oracle(write_tflite(same)))

"""The element-wise operators and RESHAPE against TFLM; 8-bit ones over every input value."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT16, INT32, assert_conforms
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph, Quantisation

SIZES = [(1,), (7,), (2, 3, 5), (1, 300)]
ZERO_POINTS = (-128, -7, 0, 127)


def unary(
    kind: str, dtype: DType, shape: tuple[int, ...], x: Quantisation | None = None, y: Quantisation | None = None
) -> Graph:
    return single(kind, [tensor("x", dtype, shape, x)], [tensor("y", dtype, shape, y)])


def assert_conforms_everywhere(graph: Graph) -> None:
    """Over every value of the input's integer type, which must have 256 or 65,536 elements."""
    model = write_tflite(graph)
    native = Native(model, flags=CHECKED)
    t = native.inputs[0]
    low, high = t.dtype.bounds
    values = np.arange(low, high + 1).astype(t.dtype.numpy).reshape(t.shape)
    np.testing.assert_array_equal(native.run(values)[0], Oracle(model).run(values)[0])


@pytest.mark.parametrize(("kind", "shape"), [*itertools.product(("RELU", "RELU6", "TANH", "LOGISTIC"), SIZES)])
def test_float(kind: str, shape: tuple[int, ...]) -> None:
    assert_conforms(unary(kind, FLOAT, shape))


@pytest.mark.parametrize("kind", ["TANH", "LOGISTIC"])
def test_float_far_from_zero(kind: str) -> None:
    model = write_tflite(unary(kind, FLOAT, (400,)))
    values = np.concatenate([np.linspace(-100, 100, 398), [0.0, -0.0]]).astype(np.float32)
    np.testing.assert_allclose(Native(model).run(values)[0], Oracle(model).run(values)[0], rtol=1e-5)


@pytest.mark.parametrize(
    ("zero_point", "scale", "output"),
    [*itertools.product(ZERO_POINTS, (0.001, 0.05, 0.9), ((1.0, 0), (0.6, 20), (1.9, -128)))],
)
def test_relu_int8(zero_point: int, scale: float, output: tuple[float, int]) -> None:
    factor, to = output
    assert_conforms_everywhere(unary("RELU", INT8, (256,), quantised(scale, zero_point), quantised(scale * factor, to)))


@pytest.mark.parametrize(("zero_point", "scale"), [*itertools.product(ZERO_POINTS, (0.001, 0.0469, 0.9))])
def test_relu6_int8(zero_point: int, scale: float) -> None:
    q = quantised(scale, zero_point)
    assert_conforms_everywhere(unary("RELU6", INT8, (256,), q, q))


@pytest.mark.parametrize(("kind", "scale"), [*itertools.product(("RELU", "RELU6"), (0.0001, 0.001))])
def test_relu_int16(kind: str, scale: float) -> None:
    q = quantised(scale)
    assert_conforms_everywhere(unary(kind, INT16, (65536,), q, q))


def test_relu_int16_rescaled() -> None:
    assert_conforms_everywhere(unary("RELU", INT16, (65536,), quantised(0.001), quantised(0.0007)))


@pytest.mark.parametrize(
    ("zero_point", "scale"), [*itertools.product(ZERO_POINTS, (1e-4, 0.0039, 0.02, 0.0627, 0.125, 0.5, 3.0))]
)
def test_tanh_int8(zero_point: int, scale: float) -> None:
    assert_conforms_everywhere(unary("TANH", INT8, (256,), quantised(scale, zero_point), quantised(1 / 128)))


@pytest.mark.parametrize(
    ("zero_point", "scale"), [*itertools.product(ZERO_POINTS, (1e-4, 0.0039, 0.02, 0.0627, 0.125, 0.5, 3.0))]
)
def test_logistic_int8(zero_point: int, scale: float) -> None:
    assert_conforms_everywhere(unary("LOGISTIC", INT8, (256,), quantised(scale, zero_point), quantised(1 / 256, -128)))


@pytest.mark.parametrize(
    ("kind", "scale"), [*itertools.product(("TANH", "LOGISTIC"), (2**-12, 2**-11, 2**-13, 0.0003, 0.0011, 1e-5))]
)
def test_interpolated_int16(kind: str, scale: float) -> None:
    assert_conforms_everywhere(unary(kind, INT16, (65536,), quantised(scale), quantised(2**-15)))


@pytest.mark.parametrize(
    ("source", "target", "zero_points", "scales"),
    [
        (a, b, zero_points, scales)
        for (a, b), zero_points, scales in itertools.product(
            [(INT8, INT8), (INT8, INT16), (INT16, INT8), (INT16, INT16), (INT8, DType.UINT8), (DType.UINT8, INT8)],
            [(0, 0), (5, -9)],
            [(0.05, 0.05), (0.05, 0.011), (0.01, 0.7), (1.0, 0.0003)],
        )
    ],
)
def test_requantise(source: DType, target: DType, zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    def end(name: str, dtype: DType, position: int) -> object:
        zero_point = {INT16: 0, DType.UINT8: abs(zero_points[position])}.get(dtype, zero_points[position])
        return tensor(name, dtype, (65536 if source is INT16 else 256,), quantised(scales[position], zero_point))

    assert_conforms_everywhere(single("QUANTIZE", [end("x", source, 0)], [end("y", target, 1)]))


@pytest.mark.parametrize(
    ("source", "target", "scales"),
    [
        (a, b, scales)
        for (a, b), scales in itertools.product(
            [(INT8, INT32), (INT16, INT32)], [(0.05, 0.05), (0.7, 0.01), (0.01, 0.7), (1.0, 3e-6), (1.0, 1e-9)]
        )
    ]
    + [(INT32, b, scales) for b, scales in itertools.product((INT8, INT16), [(1e-7, 0.1), (3e-9, 1.1), (1e-12, 0.3)])],
)
def test_requantise_to_and_from_int32(source: DType, target: DType, scales: tuple[float, float]) -> None:
    """Results far beyond int32 are shifted modulo 2^32, as in TFLM."""

    def end(name: str, dtype: DType, scale: float) -> object:
        size = 65536 if source is INT16 else 256
        return tensor(name, dtype, (size,), quantised(scale, -7 if dtype is INT8 else 0))

    graph = single("QUANTIZE", [end("x", source, scales[0])], [end("y", target, scales[1])])
    (assert_conforms if source is INT32 else assert_conforms_everywhere)(graph)


@pytest.mark.parametrize(("target", "scale"), [*itertools.product((INT8, INT16), (0.003, 0.25, 1.7))])
def test_quantise(target: DType, scale: float) -> None:
    zero_point = 0 if target is INT16 else -11
    y = tensor("y", target, (300,), quantised(scale, zero_point))
    graph = single("QUANTIZE", [tensor("x", FLOAT, (300,))], [y])
    assert_conforms(graph)
    # Halves, and the values next to them, on both sides of zero.
    model = write_tflite(graph)
    halves = (np.arange(-75, 75) + 0.5).astype(np.float32) * np.float32(scale)
    values = np.concatenate([np.nextafter(halves, np.float32(0)), halves])
    np.testing.assert_array_equal(Native(model).run(values)[0], Oracle(model).run(values)[0])


def test_quantise_saturates_what_does_not_fit() -> None:
    """TFLM converts such floats in ways C leaves undefined, so here the oracle is the definition of saturation."""
    graph = single("QUANTIZE", [tensor("x", FLOAT, (5,))], [tensor("y", INT8, (5,), quantised(0.5, 3))])
    values = np.array([1e30, -1e30, np.inf, -np.inf, np.nan], np.float32)
    assert Native(write_tflite(graph), flags=CHECKED).run(values)[0].tolist() == [
        127, -128, 127, -128, -128,
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "scale"), [*itertools.product((INT8, DType.UINT8, INT16), (0.0037, 0.3, 17.0))])
def test_dequantise(source: DType, scale: float) -> None:
    size = 65536 if source is INT16 else 256
    x = tensor("x", source, (size,), quantised(scale, 0 if source is INT16 else 9))
    assert_conforms_everywhere(single("DEQUANTIZE", [x], [tensor("y", FLOAT, (size,))]))


@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT16])
def test_reshape(dtype: DType) -> None:
    q = None if dtype is FLOAT else quantised(0.1)
    assert_conforms(
        single("RESHAPE", [tensor("x", dtype, (2, 6), q)], [tensor("y", dtype, (3, 1, 4), q)], new_shape=(3, 1, 4))
    )

"""The activations beyond RELU, TANH and SOFTMAX, and the normalisations over the last axis, against TFLM."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT16, assert_conforms, assert_gives
from tests.support.elements import everything, quantisations, unary
from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph, Quantisation

SHAPES = [(1,), (2, 3, 5), (1, 300)]
ZERO_POINTS = [(-128, -128), (127, -128), (-7, 20)]
SCALES = [(0.05, 0.05), (0.05, 0.021), (0.001, 0.3), (0.7, 0.9)]


@pytest.mark.parametrize(
    ("kind", "shape"),
    [*itertools.product(("ELU", "HARD_SWISH", "LEAKY_RELU", "LOG_SOFTMAX", "L2_NORMALIZATION"), SHAPES)],
)
def test_float(kind: str, shape: tuple[int, ...]) -> None:
    assert_conforms(unary(kind, FLOAT, shape, **({"alpha": 0.2} if kind == "LEAKY_RELU" else {})))


@pytest.mark.parametrize("kind", ["ELU", "HARD_SWISH", "LEAKY_RELU"])
def test_float_extremes(kind: str) -> None:
    odd = np.float32([0.0, -0.0, 1e-40, -1e-40, 3, -3, 3.0000002, -2.9999998, 88, -104, 1e30, -1e30, np.inf, np.nan])
    model = write_tflite(unary(kind, FLOAT, odd.shape, **({"alpha": 0.2} if kind == "LEAKY_RELU" else {})))
    np.testing.assert_allclose(Native(model, flags=CHECKED).run(odd)[0], Oracle(model).run(odd)[0], rtol=1e-6)


@pytest.mark.parametrize("kind", ["ELU", "HARD_SWISH"])
@pytest.mark.parametrize(("zero_points", "scales"), [*itertools.product(ZERO_POINTS, SCALES)])
def test_int8(kind: str, zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    assert_conforms(unary(kind, INT8, (256,), *quantisations(scales, zero_points)), values=everything(INT8))


@pytest.mark.parametrize("scales", [(0.0311, 0.0127), (0.0469, 0.0311), (1e-6, 1e-4), (30.0, 7.0)])
def test_hard_swish_int8_of_more_scales(scales: tuple[float, float]) -> None:
    assert_conforms(unary("HARD_SWISH", INT8, (256,), *quantisations(scales, (3, -77))), values=everything(INT8))


@pytest.mark.parametrize("alpha", [0.1, 0.0, 1.5, -0.3])
@pytest.mark.parametrize(("zero_points", "scales"), [*zip(ZERO_POINTS, SCALES[:3], strict=True)])
def test_leaky_relu_int8(alpha: float, zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    assert_conforms(
        unary("LEAKY_RELU", INT8, (256,), *quantisations(scales, zero_points), alpha=alpha), values=everything(INT8)
    )


@pytest.mark.parametrize("alpha", [0.1, -0.3])
@pytest.mark.parametrize("scales", [(0.001, 0.001), (0.00113, 0.00057), (0.3, 1e-5)])
def test_leaky_relu_int16(alpha: float, scales: tuple[float, float]) -> None:
    graph = unary("LEAKY_RELU", INT16, (65536,), *quantisations(scales, (0, 0)), alpha=alpha)
    assert_conforms(graph, values=everything(INT16))


def test_leaky_relu_int16_with_zero_points() -> None:
    graph = unary("LEAKY_RELU", INT16, (65536,), quantised(0.001, -30000), quantised(0.002, 500), alpha=0.2)
    assert_conforms(graph, values=everything(INT16))


ALPHAS = [((2, 3, 4, 5), (5,)), ((2, 3, 4, 5), (1, 1, 5)), ((2, 7), ()), ((4, 3), (4, 3)), ((1,), (1,))]
PRELU_TYPES = {FLOAT: FLOAT, INT8: INT8, INT16: INT8}


def prelu(dtype: DType, shapes: tuple, fixed: bool, q: Sequence[Quantisation | None]) -> Graph:
    """fixed: alpha is a constant."""
    alpha_type = PRELU_TYPES[dtype]
    rng = np.random.default_rng(3)
    numbers = rng.normal(0, 1, shapes[1]) if dtype is FLOAT else rng.integers(-128, 128, shapes[1])
    alpha = constant("a", alpha_type, np.asarray(numbers), q[1]) if fixed else tensor("a", alpha_type, shapes[1], q[1])
    return single("PRELU", [tensor("x", dtype, shapes[0], q[0]), alpha], [tensor("y", dtype, shapes[0], q[2])])


@pytest.mark.parametrize(("dtype", "shapes", "fixed"), [*itertools.product(PRELU_TYPES, ALPHAS, (True, False))])
def test_prelu(dtype: DType, shapes: tuple, fixed: bool) -> None:
    q = {
        FLOAT: [None] * 3,
        INT8: quantisations((0.05, 0.01, 0.04), (-9, 31, 5)),
        INT16: quantisations((0.001, 0.01, 0.0007), (0, 31, 0)),
    }
    assert_conforms(prelu(dtype, shapes, fixed, q[dtype]))


@pytest.mark.parametrize(
    ("zero_points", "scales"),
    [
        *itertools.product(
            [(-128, -128, -128), (127, 127, 127), (127, -128, 0)],
            [(0.05, 0.05, 0.05), (0.3, 1.0, 0.01), (1e-4, 0.1, 2.0)],
        )
    ],
)
def test_prelu_int8_quantisations(zero_points: tuple[int, ...], scales: tuple[float, ...]) -> None:
    assert_conforms(prelu(INT8, ((9, 64), (64,)), True, quantisations(scales, zero_points)))


@pytest.mark.parametrize(("depth", "scale"), [*itertools.product((1, 2, 12, 300), (1e-5, 0.003, 0.05, 0.25, 8.0))])
def test_log_softmax_int8(depth: int, scale: float) -> None:
    graph = unary("LOG_SOFTMAX", INT8, (3, depth), quantised(scale, -17), quantised(16 / 256, 127))
    rng = np.random.default_rng(depth)
    spreads = [3.0, 30.0, 300.0]
    values = [(np.clip(rng.normal(0, s, (3, depth)), -128, 127).astype(np.int8),) for s in spreads * 5]
    assert_conforms(graph, values=values)


def test_log_softmax_int8_over_many() -> None:
    graph = unary("LOG_SOFTMAX", INT8, (1, 4095), quantised(0.01, 5), quantised(16 / 256, 127))
    assert_conforms(graph, runs=5)


def test_log_softmax_int8_of_two_over_all_differences() -> None:
    """The logarithm of sums from 1 to 2, in 256 steps, for several scales.

    With the last scale, sums that are 1 and results in the middle between two integers.
    """
    for scale in (0.01, 0.03, 0.06, 3 / 32):
        graph = unary("LOG_SOFTMAX", INT8, (256, 2), quantised(scale, 0), quantised(16 / 256, 127))
        x = np.stack([np.full(256, 127), np.arange(-128, 128)], axis=1).astype(np.int8)
        assert_conforms(graph, values=[(x,)])


@pytest.mark.parametrize(
    ("shape", "zero_point"), [*itertools.product([(1,), (3, 7), (2, 2, 64), (1, 1000)], (-128, 0, 127))]
)
def test_l2_normalization_int8(shape: tuple[int, ...], zero_point: int) -> None:
    graph = unary("L2_NORMALIZATION", INT8, shape, quantised(0.037, zero_point), quantised(1 / 128))
    assert_conforms(graph, values=None)
    rng = np.random.default_rng(1)
    near = [(np.clip(rng.integers(-2, 3, shape) + zero_point, -128, 127).astype(np.int8),) for _ in range(20)]
    assert_conforms(graph, values=near)


def test_l2_normalization_of_nothing() -> None:
    """No norm is smaller than 1e-6."""
    graph = unary("L2_NORMALIZATION", FLOAT, (2, 3))
    assert_conforms(graph, values=[(np.zeros((2, 3), np.float32),), (np.full((2, 3), 1e-7, np.float32),)])


def gelu(x: np.ndarray, approximate: bool) -> np.ndarray:
    """In double; (1 + tanh(u)) / 2 as 1 / (1 + exp(-2u)), as even double runs out of digits below -9."""
    x = x.astype(np.float64)
    if approximate:
        with np.errstate(over="ignore"):
            return x / (1 + np.exp(-math.sqrt(8 / math.pi) * (x + 0.044715 * x**3)))
    return x / 2 * np.vectorize(math.erfc)(-x * math.sqrt(0.5))


@pytest.mark.parametrize(("approximate", "shape"), [*itertools.product((False, True), SHAPES)])
def test_gelu(approximate: bool, shape: tuple[int, ...]) -> None:
    """TFLM lacks GELU and RELU_N1_TO_1; the definition is the oracle."""
    assert_gives(
        unary("GELU", FLOAT, shape, approximate=approximate), lambda x: [gelu(x, approximate).astype(np.float32)]
    )


@pytest.mark.parametrize(
    ("approximate", "zero_points", "scales"), [*itertools.product((False, True), ZERO_POINTS[1:], SCALES[:3])]
)
def test_gelu_int8(approximate: bool, zero_points: tuple[int, int], scales: tuple[float, float]) -> None:
    """Halves, and what is next to them, may round either way: the table is made in single precision."""
    x, y = quantisations(scales, zero_points)
    model = write_tflite(unary("GELU", INT8, (256,), x, y, approximate=approximate))
    values = np.arange(-128, 128)
    ours = Native(model, flags=CHECKED).run(values.astype(np.int8))[0]
    exact = gelu((values - x.zero_point) * x.scale, approximate) / y.scale + y.zero_point
    assert np.abs(np.clip(exact, -128, 127) - ours).max() <= 0.5 + 1e-4


@pytest.mark.parametrize("scales", [(0.00041, 0.00036), (0.00959, 0.00853)])
@pytest.mark.parametrize("kind", ["RELU", "ABS", "LEAKY_RELU"])
def test_int16_scales_that_tell_double_from_single_precision(kind: str, scales: tuple[float, float]) -> None:
    """The quotient of the scales, formed in single precision, would give hundreds of other results."""
    attributes = {"alpha": 0.17} if kind == "LEAKY_RELU" else {}
    graph = unary(kind, INT16, (65536,), *quantisations(scales, (0, 0)), **attributes)
    assert_conforms(graph, values=everything(INT16))


@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT16])
def test_relu_n1_to_1(dtype: DType) -> None:
    q = {FLOAT: None, INT8: quantised(0.017, 4), INT16: quantised(0.0003)}[dtype]
    zero_point, step = (q.zero_point, q.scale) if q else (0, 1.0)
    low, high = (zero_point + np.round(bound / step) for bound in (-1, 1))
    assert_gives(unary("RELU_N1_TO_1", dtype, (4, 70), q, q), lambda x: [np.clip(x, low, high).astype(x.dtype)])


def test_relu_n1_to_1_rescaled() -> None:
    x, y = quantised(0.017, 4), quantised(0.009, -20)
    graph = unary("RELU_N1_TO_1", INT8, (256,), x, y)

    def expected(values: np.ndarray) -> list[np.ndarray]:
        scaled = (values.astype(np.float64) - x.zero_point) * x.scale / y.scale
        # The factor is no fraction of two, so that no input falls between two outputs.
        held = np.clip(np.round(scaled), *(np.round(bound / y.scale) for bound in (-1, 1)))
        return [np.clip(held + y.zero_point, -128, 127).astype(np.int8)]

    assert_gives(graph, expected, values=everything(INT8))

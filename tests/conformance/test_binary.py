"""The arithmetic of two inputs (and ADD_N's of many) against TFLM: types, broadcasts, activations, quantisations."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT16, INT32, INT64, assert_conforms, assert_gives
from tests.support.elements import (
    BROADCASTS,
    FEW,
    SAME,
    UNITS,
    binary,
    ends,
    pairs_of_int8,
    quantisation,
    quantisations,
)
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Tensor

ACTIVATIONS = ("RELU", "RELU6", "RELU_N1_TO_1")
ARITHMETIC = ("ADD", "SUB", "MUL")
QUANTISED = (INT8, INT16)


def constants(dtype: DType, shape: Sequence[int], seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    if dtype is FLOAT:
        return rng.normal(0, 3, shape)
    low, high = (-1000, 1000) if dtype in (INT32, INT64) else dtype.bounds
    return rng.integers(low, high + 1, shape)


@pytest.mark.parametrize(
    ("dtype", "shapes"), [*itertools.product((FLOAT, INT8), SAME + BROADCASTS), *itertools.product((INT16, INT32), FEW)]
)
def test_add(dtype: DType, shapes: tuple) -> None:
    assert_conforms(binary("ADD", dtype, shapes))


@pytest.mark.parametrize(
    ("kind", "dtype", "shapes"),
    [*itertools.product(("SUB", "MUL", "SQUARED_DIFFERENCE"), (FLOAT, INT8, INT16, INT32), FEW[::2])],
)
def test_arithmetic(kind: str, dtype: DType, shapes: tuple) -> None:
    assert_conforms(binary(kind, dtype, shapes))


@pytest.mark.parametrize(
    ("kind", "dtype", "shapes"),
    [*itertools.product(("MAXIMUM", "MINIMUM"), (FLOAT, INT8, INT16, INT32, INT64), FEW[::3])],
)
def test_maximum_minimum(kind: str, dtype: DType, shapes: tuple) -> None:
    assert_conforms(binary(kind, dtype, shapes))


@pytest.mark.parametrize(
    ("kind", "dtype", "activation"), [*itertools.product(ARITHMETIC, (FLOAT, *QUANTISED), ACTIVATIONS)]
)
def test_activations(kind: str, dtype: DType, activation: str) -> None:
    assert_conforms(binary(kind, dtype, ((3, 40), (40,)), activation=activation))


@pytest.mark.parametrize(
    ("kind", "activation"), [*itertools.product(("SUB", "MUL"), ACTIVATIONS), ("DIV", "RELU6"), ("DIV", "RELU_N1_TO_1")]
)
def test_activations_of_int32(kind: str, activation: str) -> None:
    rng = np.random.default_rng(4)
    pairs = [(rng.integers(-9, 10, (30,), np.int32), rng.integers(1, 10, (30,), np.int32)) for _ in range(10)]
    assert_conforms(binary(kind, INT32, ((30,), (30,)), activation=activation), values=pairs)


NUMBERS = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 3e38, -3e38], np.float32)


def assert_equal_on_odd_numbers(kind: str, **attributes: str) -> None:
    """Each of NUMBERS with each, without any tolerance."""
    model = write_tflite(
        single(kind, *([tensor(n, FLOAT, (81,)) for n in names] for names in ("ab", "y")), **attributes)
    )
    pairs = [x.reshape(-1) for x in np.meshgrid(NUMBERS, NUMBERS)]
    np.testing.assert_array_equal(Native(model, flags=CHECKED).run(*pairs)[0], Oracle(model, 2).run(*pairs)[0])


@pytest.mark.parametrize(("kind", "activation"), [*itertools.product((*ARITHMETIC, "DIV"), ("NONE", "RELU"))])
def test_infinities_become_the_largest_floats(kind: str, activation: str) -> None:
    """TFLM clamps every result, also without an activation; division by zero is where that is seen."""
    assert_equal_on_odd_numbers(kind, fused_activation_function=activation)


@pytest.mark.parametrize("kind", ["MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "FLOOR_MOD"])
def test_infinities_and_nans_go_through(kind: str) -> None:
    assert_equal_on_odd_numbers(kind)


@pytest.mark.parametrize(
    ("kind", "dtype", "side", "shape"),
    [
        *itertools.product(
            ("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "MAXIMUM"), (FLOAT, INT8, INT16), (0, 1), ((), (3, 1))
        )
    ],
)
def test_constant_operand(kind: str, dtype: DType, side: int, shape: tuple[int, ...]) -> None:
    """A constant of one element is a literal in the C, or part of one; others are tables."""
    a, b, y = ends(kind, dtype)
    operands = [tensor("x", dtype, (2, 3, 5), (a, b)[1 - side])]
    operands.insert(side, constant("c", dtype, constants(dtype, shape), (a, b)[side]))
    assert_conforms(single(kind, operands, [tensor("y", dtype, (2, 3, 5), y)]))


@pytest.mark.parametrize(("kind", "dtype"), [*itertools.product(("ADD", "SUB", "MUL", "MINIMUM"), (INT32, INT64))])
def test_constant_operand_of_plain_integers(kind: str, dtype: DType) -> None:
    graph = single(
        kind,
        [tensor("x", dtype, (3, 4)), constant("c", dtype, np.array([5, -7, dtype.bounds[0], dtype.bounds[1]]))],
        [tensor("y", dtype, (3, 4))],
    )
    if dtype is INT32 or kind == "MINIMUM":
        assert_conforms(graph)
    else:
        # TFLM has no int64 here; LiteRT wraps round, as NumPy does.
        function = {"ADD": np.add, "SUB": np.subtract, "MUL": np.multiply}[kind]
        with np.errstate(over="ignore"):
            assert_gives(graph, lambda x: [function(x, np.array([5, -7, *dtype.bounds]))])


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, -0.0, 1e-40])
def test_odd_float_literals(value: float) -> None:
    graph = single(
        "MAXIMUM", [tensor("x", FLOAT, (9,)), constant("c", FLOAT, np.array(value))], [tensor("y", FLOAT, (9,))]
    )
    assert_conforms(graph)


def test_a_constant_of_equal_elements_is_a_literal() -> None:
    graph = single(
        "ADD",
        [tensor("x", FLOAT, (2, 3)), constant("c", FLOAT, np.full((2, 3), 0.5))],
        [tensor("y", FLOAT, (2, 3))],
        fused_activation_function="NONE",
    )
    assert_conforms(graph)
    native = Native(write_tflite(graph))
    assert "sni_finite(input[i] + 0.5f)" in native.files["model.c"]
    assert "static const" not in native.files["model_weights.h"]


ZERO_POINTS = [(-128, -128, -128), (127, 127, 127), (-128, 127, 0), (127, -128, -128)]
SCALES = [
    (0.05, 0.05, 0.1),
    (0.05, 1e-6, 0.05),
    (1e-7, 3e-7, 2e-7),
    (4e6, 1e7, 3e7),
    (0.37, 0.0911, 17.0),
    (1.0, 0.5, 0.0123),
]


@pytest.mark.parametrize(
    ("kind", "zero_points"), [*itertools.product(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), ZERO_POINTS)]
)
def test_int8_zero_points(kind: str, zero_points: tuple[int, int, int]) -> None:
    scales = (0.05, 0.043, UNITS[kind])
    assert_conforms(binary(kind, INT8, ((9, 33), (9, 33)), quantisations(scales, zero_points)))


@pytest.mark.parametrize(
    ("kind", "dtype", "scales"), [*itertools.product(("ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"), QUANTISED, SCALES)]
)
def test_scales(kind: str, dtype: DType, scales: tuple[float, float, float]) -> None:
    zero_points = (5, -9, 2) if dtype is INT8 else (0, 0, 0)
    assert_conforms(binary(kind, dtype, ((7, 33), (7, 33)), quantisations(scales, zero_points)))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["ADD", "SUB"])
def test_scales_at_random(kind: str, seed: int) -> None:
    """All 65,536 pairs: enough to tell whether the multipliers were formed in double or in single precision."""
    rng = np.random.default_rng(seed)
    a, b = np.exp(rng.uniform(-6, 1, 2))
    q = quantisations((a, b, (a + b) * 0.7), rng.integers(-128, 128, 3).tolist())
    assert_conforms(binary(kind, INT8, ((65536,), (65536,)), q), values=[pairs_of_int8()])


@pytest.mark.parametrize("kind", ["ADD", "MAXIMUM"])
def test_int16_with_zero_points(kind: str) -> None:
    """TFLM lets these two have them."""
    q = quantisations((0.01, 0.02, 0.03), (-20000, 32767, 15))
    assert_conforms(binary(kind, INT16, ((3, 50), (50,)), q if kind == "ADD" else q[:1] * 3))


@pytest.mark.parametrize(("dtype", "count"), [*itertools.product((FLOAT, INT8), (2, 3, 7))])
def test_add_n(dtype: DType, count: int) -> None:
    x = [tensor(f"x{i}", dtype, (2, 9), quantisation(dtype, 0.05, 0)) for i in range(count)]
    assert_conforms(single("ADD_N", x, [tensor("y", dtype, (2, 9), quantisation(dtype, 0.09, -5))]))


@pytest.mark.parametrize(("zero_point", "scale"), [*itertools.product((-128, 127, 20), (0.05, 0.7, 0.001))])
def test_add_n_int8_quantisations(zero_point: int, scale: float) -> None:
    """TFLM's sum begins with minus the zero point; where that is not 0, its results are off, and ours with them."""
    x = [tensor(f"x{i}", INT8, (300,), quantised(0.05, zero_point)) for i in range(3)]
    assert_conforms(single("ADD_N", x, [tensor("y", INT8, (300,), quantised(scale, 7))]))


def test_add_n_of_as_many_int8_as_fit() -> None:
    x = [tensor(f"x{i}", INT8, (64,), quantised(0.05, 0)) for i in range(30)]
    assert_conforms(single("ADD_N", x, [tensor("y", INT8, (64,), quantised(0.5, 7))]))


def test_add_n_int32() -> None:
    """TFLM lacks it, LiteRT has it."""
    graph = single("ADD_N", [tensor(n, INT32, (20,)) for n in "abc"], [tensor("y", INT32, (20,))])
    assert_gives(graph, lambda *x: [np.sum(x, axis=0, dtype=np.int32)])


@pytest.mark.parametrize(("kind", "dtype"), [*itertools.product(("ADD", "MUL", "SUB"), (FLOAT, INT8))])
def test_a_tensor_with_itself(kind: str, dtype: DType) -> None:
    x = tensor("x", dtype, (40,), quantisation(dtype, 0.05, 3))
    assert_conforms(single(kind, [x, x], [tensor("y", dtype, (40,), quantisation(dtype, 0.1, 3))]))


@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT32])
def test_two_constants(dtype: DType) -> None:
    a, b, y = ends("ADD", dtype)
    inputs = [constant("a", dtype, constants(dtype, (2, 4)), a), constant("b", dtype, constants(dtype, (4,), 2), b)]
    between = tensor("s", dtype, (2, 4), y)
    x = tensor("x", dtype, (2, 4), a)
    assert_conforms(chain([("ADD", inputs, [between], {}), ("MUL", [between, x], [tensor("y", dtype, (2, 4), y)], {})]))


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_in_place_and_not(dtype: DType) -> None:
    """The larger operand dies and may hold the result; the smaller one, and one that is read again, may not."""
    q = quantisation(dtype, 0.1, 0)

    def value(name: str, shape: tuple[int, ...] = (6, 5)) -> Tensor:
        return tensor(name, dtype, shape, q)

    x, row, s, t, u, y = value("x"), value("row", (5,)), value("s"), value("t"), value("u"), value("y")
    layers = [
        ("ADD", [x, row], [s], {}),
        ("MUL", [row, s], [t], {}),
        ("SUB", [s, t], [u], {}),
        ("ADD", [u, s], [y], {}),
    ]
    assert_conforms(chain(layers))


@pytest.mark.parametrize("kind", ["ADD", "MUL"])
@pytest.mark.parametrize("dtype", [FLOAT, INT8, INT16])
def test_vectorised(kind: str, dtype: DType) -> None:
    assert_conforms(binary(kind, dtype, ((5, 129), (129,))), flags=("-O3", "-march=x86-64-v3", "-ffp-contract=off"))

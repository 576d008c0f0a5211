"""Comparisons, logic and selection against TFLM."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT16, INT32, INT64, assert_conforms, assert_gives
from tests.support.elements import everything, pairs_of_int8
from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph, Quantisation

BOOL = DType.BOOL
COMPARISONS = ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")
SHAPES = [((2, 3, 5), (2, 3, 5)), ((4, 1, 3), (2, 1)), ((), (7,))]
FUNCTIONS = {
    "EQUAL": np.equal,
    "NOT_EQUAL": np.not_equal,
    "GREATER": np.greater,
    "GREATER_EQUAL": np.greater_equal,
    "LESS": np.less,
    "LESS_EQUAL": np.less_equal,
}


def comparison(
    kind: str,
    dtype: DType,
    shapes: tuple[Sequence[int], Sequence[int]],
    a: Quantisation | None = None,
    b: Quantisation | None = None,
) -> Graph:
    inputs = [tensor("a", dtype, shapes[0], a), tensor("b", dtype, shapes[1], b)]
    return single(kind, inputs, [tensor("y", BOOL, np.broadcast_shapes(*shapes))])


def close_numbers(dtype: DType, shapes: tuple[Sequence[int], Sequence[int]]) -> list[tuple[np.ndarray, ...]]:
    """Few different values, so that many are equal; and the extremes."""
    rng = np.random.default_rng(6)
    low, high = (0, 2) if dtype is BOOL else (-3, 4)
    values = [tuple(rng.integers(low, high, shape).astype(dtype.numpy) for shape in shapes) for _ in range(20)]
    ends = {FLOAT: (-np.inf, np.inf, np.nan), BOOL: (False, True)}.get(dtype) or dtype.bounds
    return values + [
        tuple(np.full(shape, end, dtype.numpy) for shape, end in zip(shapes, pair, strict=True))
        for pair in itertools.product(ends, ends)
    ]


@pytest.mark.parametrize(
    ("kind", "dtype", "shapes"), [*itertools.product(COMPARISONS, (FLOAT, INT32, INT64), SHAPES[:2])]
)
def test_comparison(kind: str, dtype: DType, shapes: tuple) -> None:
    assert_conforms(comparison(kind, dtype, shapes), values=close_numbers(dtype, shapes))


@pytest.mark.parametrize(("kind", "shapes"), [*itertools.product(("EQUAL", "NOT_EQUAL"), SHAPES)])
def test_comparison_of_bool(kind: str, shapes: tuple) -> None:
    assert_conforms(comparison(kind, BOOL, shapes), values=close_numbers(BOOL, shapes))


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        *itertools.product(
            COMPARISONS,
            [
                ((0.05, 0), (0.05, 0)),
                ((0.05, -128), (0.1, 127)),
                ((1e-6, 9), (1e-6, 9)),
                ((0.999, -3), (0.37, 77)),
                ((1e-11, 9), (0.5, -9)),
            ],
        )
    ],
)
def test_comparison_of_int8(kind: str, ends: tuple) -> None:
    """All pairs. Scales below 2^-8 bring different inputs together, and TFLM takes them for equal."""
    a, b = (quantised(*end) for end in ends)
    assert_conforms(comparison(kind, INT8, ((65536,), (65536,)), a, b), values=[pairs_of_int8()])


@pytest.mark.parametrize(("kind", "dtype"), [*itertools.product(COMPARISONS, (INT8, INT16))])
def test_comparison_as_they_are(kind: str, dtype: DType) -> None:
    """TFLM has int8 of a scale of 1 and more for no comparison, and int16 for one, where it is wrong."""
    q = quantised(2.5, 3) if dtype is INT8 else quantised(0.01)
    shapes = ((9, 40), (40,))
    graph = comparison(kind, dtype, shapes, q, q)
    assert_gives(graph, lambda a, b: [FUNCTIONS[kind](a, b)], values=close_numbers(dtype, shapes))


@pytest.mark.parametrize(("kind", "side"), [*itertools.product(COMPARISONS, (0, 1))])
def test_comparison_with_an_int8_constant(kind: str, side: int) -> None:
    q = quantised(0.05, 7), quantised(0.021, -30)
    operands = [tensor("x", INT8, (256,), q[1 - side])]
    operands.insert(side, constant("c", INT8, np.array(-17), q[side]))
    assert_conforms(single(kind, operands, [tensor("y", BOOL, (256,))]), values=everything(INT8))


@pytest.mark.parametrize("dtype", [FLOAT, INT32, INT64])
def test_comparison_with_constants(dtype: DType) -> None:
    numbers = constant("c", dtype, np.array([-2, 0, 1]))
    graph = single("GREATER_EQUAL", [tensor("x", dtype, (5, 3)), numbers], [tensor("y", BOOL, (5, 3))])
    values = [(x,) for x, _ in close_numbers(dtype, ((5, 3), (3,)))]
    assert_conforms(graph, values=values)


@pytest.mark.parametrize(("kind", "shapes"), [*itertools.product(("LOGICAL_AND", "LOGICAL_OR"), SHAPES)])
def test_logic(kind: str, shapes: tuple) -> None:
    inputs = [tensor(name, BOOL, shape) for name, shape in zip("ab", shapes, strict=True)]
    assert_conforms(single(kind, inputs, [tensor("y", BOOL, np.broadcast_shapes(*shapes))]))


@pytest.mark.parametrize("shape", [(), (1,), (2, 9)])
def test_not(shape: tuple[int, ...]) -> None:
    assert_conforms(single("LOGICAL_NOT", [tensor("x", BOOL, shape)], [tensor("y", BOOL, shape)]))


@pytest.mark.parametrize("kind", ["LOGICAL_AND", "LOGICAL_OR"])
@pytest.mark.parametrize("value", [[True], [True, False, True]])
def test_logic_with_a_constant(kind: str, value: list[bool]) -> None:
    inputs = [tensor("x", BOOL, (4, 3)), constant("c", BOOL, np.array(value))]
    assert_conforms(single(kind, inputs, [tensor("y", BOOL, (4, 3))]))


SELECTIONS = [
    ((2, 3, 5), (2, 3, 5), (2, 3, 5)),
    ((), (2, 9), (2, 9)),
    ((2, 1), (1, 5), (5,)),
    ((3,), (2, 1, 3), (4, 1)),
    ((4, 3), (), (1,)),
    ((1,), (1,), (1,)),
    ((2, 1, 1, 2), (1, 3, 1, 1), (2, 1, 4, 2)),
]


def selection(kind: str, dtype: DType, shapes: Sequence[Sequence[int]]) -> Graph:
    q = quantised(0.1, 3) if dtype is INT8 else quantised(0.1) if dtype is INT16 else None
    inputs = [tensor("c", BOOL, shapes[0]), tensor("x", dtype, shapes[1], q), tensor("y", dtype, shapes[2], q)]
    shape = np.broadcast_shapes(*shapes) if kind == "SELECT_V2" else shapes[1]
    return single(kind, inputs, [tensor("z", dtype, shape, q)])


@pytest.mark.parametrize(("dtype", "shapes"), [*itertools.product((FLOAT, INT8, INT16), SELECTIONS)])
def test_select_v2(dtype: DType, shapes: tuple) -> None:
    assert_conforms(selection("SELECT_V2", dtype, shapes))


@pytest.mark.parametrize(("dtype", "shapes"), [*itertools.product((INT32, INT64, BOOL, DType.UINT8), SELECTIONS[:3])])
def test_select_v2_of_types_that_tflm_lacks(dtype: DType, shapes: tuple) -> None:
    graph = selection("SELECT_V2", dtype, shapes)
    if dtype is DType.UINT8:
        q = quantised(0.1, 7)
        shape = np.broadcast_shapes(*shapes)
        inputs = [
            tensor("c", BOOL, shapes[0]),
            *(tensor(n, dtype, s, q) for n, s in zip("xy", shapes[1:], strict=True)),
        ]
        graph = single("SELECT_V2", inputs, [tensor("z", dtype, shape, q)])
    assert_gives(graph, lambda c, x, y: [np.where(c, x, y)])


@pytest.mark.parametrize("condition", [(3, 4, 2), (3,), ()])
@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_select(dtype: DType, condition: tuple[int, ...]) -> None:
    """TFLM lacks the older operator, whose condition of one dimension chooses whole rows."""
    graph = selection("SELECT", dtype, (condition, (3, 4, 2), (3, 4, 2)))
    assert_gives(graph, lambda c, x, y: [np.where(c.reshape(3, 1, 1) if c.shape == (3,) else c, x, y)])


def test_select_between_constants() -> None:
    inputs = [
        tensor("c", BOOL, (4, 3)),
        constant("x", FLOAT, np.array(1.5)),
        constant("y", FLOAT, np.array([1.0, -2.0, np.inf])),
    ]
    assert_conforms(single("SELECT_V2", inputs, [tensor("z", FLOAT, (4, 3))]))


def test_select_by_a_constant() -> None:
    inputs = [constant("c", BOOL, np.array([True, False, True])), tensor("x", FLOAT, (4, 3)), tensor("y", FLOAT, ())]
    assert_conforms(single("SELECT_V2", inputs, [tensor("z", FLOAT, (4, 3))]))


def test_nan_compares_as_in_c() -> None:
    numbers = np.array([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan], np.float32)
    pairs = [x.reshape(-1) for x in np.meshgrid(numbers, numbers)]
    for kind in COMPARISONS:
        model = write_tflite(comparison(kind, FLOAT, ((36,), (36,))))
        np.testing.assert_array_equal(Native(model, flags=CHECKED).run(*pairs)[0], Oracle(model, 2).run(*pairs)[0])

"""TRANSPOSE and REVERSE_V2 against TFLM; the types it lacks against NumPy."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import (
    BOOL,
    FLOAT,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    activation,
    assert_conforms,
    assert_gives,
    numbers,
)
from tests.support.models import chain, constant, single
from tools.sni.ir import DType, Graph

PERMUTED = [
    ((5,), (0,)),
    ((3, 4), (1, 0)),
    ((1, 7), (1, 0)),
    ((2, 3, 4), (0, 2, 1)),
    ((2, 3, 4), (1, 0, 2)),
    ((2, 3, 4), (2, 1, 0)),
    ((1, 5, 4, 3), (0, 3, 1, 2)),
    ((1, 3, 5, 4), (0, 2, 3, 1)),
    ((2, 3, 4, 5), (3, 1, 0, 2)),
    ((2, 1, 3, 1), (3, 2, 1, 0)),
    ((2, 3, 2, 3, 2), (4, 2, 0, 1, 3)),
    ((1, 33, 17), (0, 2, 1)),
    ((1, 48, 40, 16), (0, 3, 1, 2)),
]


def transposed(dtype: DType, shape: tuple[int, ...], order: tuple[int, ...]) -> Graph:
    y = activation("y", dtype, [shape[axis] for axis in order])
    return single("TRANSPOSE", [activation("x", dtype, shape), numbers("order", order)], [y])


@pytest.mark.parametrize(
    ("dtype", "case"), [*itertools.product((FLOAT, INT8), PERMUTED), *itertools.product((INT16,), PERMUTED[3:8])]
)
def test_transpose(dtype: DType, case: tuple) -> None:
    assert_conforms(transposed(dtype, *case), runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((INT32, INT64, BOOL, UINT8), PERMUTED[5:7])])
def test_transpose_types_that_tflm_lacks(dtype: DType, case: tuple) -> None:
    assert_gives(transposed(dtype, *case), lambda x: [np.transpose(x, case[1])], runs=3)


def test_transpose_by_axes_from_the_back() -> None:
    assert_gives(transposed(INT8, (2, 3, 4), (-1, 0, -2)), lambda x: [np.transpose(x, (2, 0, 1))], runs=3)


def test_transpose_of_six_dimensions() -> None:
    order = (5, 0, 3, 1, 4, 2)
    assert_gives(transposed(FLOAT, (2, 3, 2, 2, 3, 2), order), lambda x: [np.transpose(x, order)], runs=3)


def test_transpose_of_a_constant() -> None:
    """As the first of two operators, so that the network has an input."""
    x, t = constant("x", FLOAT, np.arange(6).reshape(2, 3)), activation("t", FLOAT, (3, 2))
    z, y = activation("z", FLOAT, (3, 2)), activation("y", FLOAT, (3, 4))
    attributes = {"axis": 1, "fused_activation_function": "NONE"}
    graph = chain([("TRANSPOSE", [x, numbers("order", (1, 0))], [t], {}), ("CONCATENATION", [t, z], [y], attributes)])
    assert_conforms(graph, runs=3)


REVERSED = [
    ((7,), (0,)),
    ((3, 4), (0,)),
    ((3, 4), (1,)),
    ((3, 4), (0, 1)),
    ((2, 3, 4), (1,)),
    ((2, 3, 4), (2, 1)),
    ((2, 3, 4), (-1,)),
    ((1, 4, 5, 2), (1, 2)),
    ((1, 4, 5, 2), (3,)),
]


def reversed_(dtype: DType, shape: tuple[int, ...], axes: tuple[int, ...]) -> Graph:
    inputs = [activation("x", dtype, shape), numbers("axes", axes)]
    return single("REVERSE_V2", inputs, [activation("y", dtype, shape)])


@pytest.mark.parametrize(
    ("dtype", "case"),
    [
        *itertools.product((FLOAT, INT8), REVERSED),
        *itertools.product((INT16, INT32, INT64, BOOL, UINT8), REVERSED[4:6]),
    ],
)
def test_reverse(dtype: DType, case: tuple) -> None:
    assert_conforms(reversed_(dtype, *case), runs=3)


def test_reverse_along_axes_that_are_no_neighbours() -> None:
    """TFLM refuses that."""
    assert_gives(reversed_(INT8, (2, 3, 4), (0, 2)), lambda x: [x[::-1, :, ::-1]], runs=3)

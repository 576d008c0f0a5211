"""GATHER, GATHER_ND and EMBEDDING_LOOKUP against TFLM; the types it lacks against NumPy."""

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
from tests.support.models import constant, quantised, single, tensor
from tools.sni.ir import DType, Graph, Tensor

OTHERS = (INT16, INT32, INT64, BOOL, UINT8)
"""Types that TFLM gathers none of."""

GATHERED = [
    # shape, axis, shape of the indices
    ((5,), 0, (3,)),
    ((5,), 0, ()),
    ((3, 4), 0, (2,)),
    ((3, 4), 1, (6,)),
    ((3, 4), -1, (2, 3)),
    ((2, 3, 4), 1, (2,)),
    ((2, 3, 4), 2, (3,)),
    ((2, 3, 4), 0, (1, 2, 2)),
    ((1, 4, 5, 3), 2, (7,)),
    ((3, 1, 2), 1, (4,)),
]


def gather(dtype: DType, shape: tuple, axis: int, indices: Tensor, batch: int = 0, x: Tensor | None = None) -> Graph:
    of, rest = axis % len(shape), indices.shape[batch:]
    y = activation("y", dtype, (*shape[:of], *rest, *shape[of + 1 :]))
    x = x or activation("x", dtype, shape)
    return single("GATHER", [x, indices], [y], axis=axis, batch_dims=batch)


def drawn(dtype: DType, shape: tuple, limit: int, of: tuple, index: DType, count: int = 6) -> list:
    """Random arrays and indices inside them."""
    rng = np.random.default_rng(11)
    arrays = [rng.integers(-100, 100, shape).astype(dtype.numpy) for _ in range(count)]
    return [(x, np.asarray(rng.integers(0, limit, of), index.numpy)) for x in arrays]


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), GATHERED)])
def test_gather(dtype: DType, case: tuple) -> None:
    shape, axis, of = case
    values = drawn(dtype, shape, shape[axis], of, INT32)
    assert_conforms(gather(dtype, shape, axis, tensor("i", INT32, of)), values=values)


@pytest.mark.parametrize(
    ("dtype", "shape", "axis", "of", "batch"),
    [
        (dtype, *case)
        for dtype, case in itertools.product(
            (FLOAT, INT8),
            [
                ((2, 5), 1, (2, 3), 1),
                ((2, 5, 3), 1, (2, 4), 1),
                ((2, 3, 4), 2, (2, 5), 1),
                ((2, 3, 4, 2), 2, (2, 3, 2), 2),
                ((2, 3, 4), 2, (2, 3, 2), -1),
            ],
        )
    ],
)
def test_gather_with_indices_for_each_batch(dtype: DType, shape: tuple, axis: int, of: tuple, batch: int) -> None:
    batch = batch % len(of)
    values = drawn(dtype, shape, shape[axis], of, INT32)
    assert_conforms(gather(dtype, shape, axis, tensor("i", INT32, of), batch), values=values)


CONSTANT_INDICES = [(1,), (0, 1, 2), (2, 1, 0), (0, 0, 2, 0), (1, 3, 0, 2, 1), (3, 3, 3)]


@pytest.mark.parametrize(("dtype", "axis", "indices"), [*itertools.product((FLOAT, INT8), (0, 1), CONSTANT_INDICES)])
def test_gather_with_constant_indices(dtype: DType, axis: int, indices: tuple[int, ...]) -> None:
    assert_conforms(gather(dtype, (4, 5), axis, numbers("i", indices)), runs=3)


def test_gather_a_scalar_position() -> None:
    assert_conforms(gather(FLOAT, (2, 3, 4), 1, numbers("i", 2)), runs=3)


def test_gather_with_constant_indices_for_each_batch() -> None:
    assert_conforms(gather(INT8, (2, 4, 3), 1, numbers("i", [[0, 1], [2, 3]]), batch=1), runs=3)


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_gather_from_a_table(dtype: DType) -> None:
    """An embedding as Keras makes it."""
    table = np.random.default_rng(1).integers(-100, 100, (50, 7))
    x = constant("x", dtype, table, activation("x", dtype, ()).quantisation)
    values = [(np.array([[0, 49, 7]], np.int32),), (np.array([[3, 3, 3]], np.int32),)]
    assert_conforms(gather(dtype, (50, 7), 0, tensor("i", INT32, (1, 3)), x=x), values=values)


@pytest.mark.parametrize("dtype", OTHERS)
def test_gather_types_that_tflm_lacks(dtype: DType) -> None:
    values = drawn(dtype, (3, 4, 2), 4, (5,), INT32)
    graph = gather(dtype, (3, 4, 2), 1, tensor("i", INT32, (5,)))
    assert_gives(graph, lambda x, i: [np.take(x, i, 1)], values=values)


def test_gather_by_indices_of_64_bits() -> None:
    values = drawn(FLOAT, (3, 4), 4, (2, 2), INT64)
    assert_gives(gather(FLOAT, (3, 4), 1, tensor("i", INT64, (2, 2))), lambda x, i: [np.take(x, i, 1)], values=values)


@pytest.mark.parametrize("index", [INT32, INT64])
def test_an_index_outside_takes_the_nearest(index: DType) -> None:
    """TFLM would read outside the array."""
    x = np.arange(8, dtype=np.int8).reshape(4, 2)
    values = [(x, np.array([index.bounds[0], -1, 4, index.bounds[1]], index.numpy))]
    graph = gather(INT8, (4, 2), 0, tensor("i", index, (4,)))
    assert_gives(graph, lambda x, _: [x[[0, 0, 3, 3]]], values=values)


PICKED = [
    # shape, shape of the indices
    ((5,), (3, 1)),
    ((3, 4), (2, 2)),
    ((3, 4), (2, 1)),
    ((3, 4), (2,)),
    ((2, 3, 4), (2, 3, 1)),
    ((2, 3, 4), (5, 2)),
    ((2, 3, 4), (4, 3)),
    ((2, 3, 2, 3), (3, 4)),
    ((2, 1, 2, 2, 2), (2, 5)),
]


def gather_nd(dtype: DType, shape: tuple, indices: Tensor) -> Graph:
    y = activation("y", dtype, (*indices.shape[:-1], *shape[indices.shape[-1] :]))
    return single("GATHER_ND", [activation("x", dtype, shape), indices], [y])


def tuples(dtype: DType, shape: tuple, of: tuple, index: DType = INT32) -> list:
    rng = np.random.default_rng(12)
    limits = shape[: of[-1]]
    return [
        (rng.integers(-100, 100, shape).astype(dtype.numpy), rng.integers(0, limits, of).astype(index.numpy))
        for _ in range(6)
    ]


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), PICKED)])
def test_gather_nd(dtype: DType, case: tuple) -> None:
    shape, of = case
    assert_conforms(gather_nd(dtype, shape, tensor("i", INT32, of)), values=tuples(dtype, shape, of))


@pytest.mark.parametrize("indices", [[[1, 2], [0, 0]], [[2], [0], [1]], [[[0, 1], [2, 3]], [[1, 1], [2, 0]]]])
def test_gather_nd_with_constant_indices(indices: list) -> None:
    assert_conforms(gather_nd(INT8, (3, 4), numbers("i", indices)), runs=3)


@pytest.mark.parametrize("dtype", OTHERS)
def test_gather_nd_types_that_tflm_lacks(dtype: DType) -> None:
    graph = gather_nd(dtype, (2, 3, 4), tensor("i", INT64, (5, 2)))
    assert_gives(graph, lambda x, i: [x[i[:, 0], i[:, 1]]], values=tuples(dtype, (2, 3, 4), (5, 2), INT64))


@pytest.mark.parametrize("index", [INT32, INT64])
def test_a_tuple_outside_takes_the_nearest_element(index: DType) -> None:
    low, high = index.bounds
    values = [(np.arange(12, dtype=np.int8).reshape(3, 4), np.array([[low, high], [-1, 0], [3, 4]], index.numpy))]
    graph = gather_nd(INT8, (3, 4), tensor("i", index, (3, 2)))
    assert_gives(graph, lambda x, _: [np.array([x[0, 3], x[0, 0], x[2, 3]])], values=values)


def lookup(rows: Tensor, indices: Tensor, made: DType) -> Graph:
    y = activation("y", made, (*indices.shape, *rows.shape[1:]))
    return single("EMBEDDING_LOOKUP", [indices, rows], [y])


@pytest.mark.parametrize(
    ("dtype", "shape"), [*itertools.product((FLOAT, INT8), ((5, 3), (4, 2, 3), (1, 1), (3, 2, 2, 2)))]
)
def test_embedding_lookup(dtype: DType, shape: tuple) -> None:
    values = [(i, x) for x, i in drawn(dtype, shape, shape[0], (4,), INT32)]
    assert_conforms(lookup(activation("x", dtype, shape), tensor("i", INT32, (4,)), dtype), values=values)


@pytest.mark.parametrize(("scale", "shape"), [*itertools.product((0.007, 3.0, 1e-6), ((6, 4), (3, 2, 5)))])
def test_embedding_lookup_of_int8_as_float(scale: float, shape: tuple) -> None:
    data = np.random.default_rng(2).integers(-128, 128, shape)
    rows = constant("x", INT8, data, quantised(scale))
    values = [(np.array(i, np.int32),) for i in ([0, 2, 1], [1, 1, 1], [2, 0, 0])]
    assert_conforms(lookup(rows, tensor("i", INT32, (3,)), FLOAT), values=values)


def test_embedding_lookup_with_constant_indices() -> None:
    assert_conforms(lookup(activation("x", FLOAT, (5, 3)), numbers("i", [4, 1, 1]), FLOAT), runs=3)


@pytest.mark.parametrize("dtype", OTHERS)
def test_embedding_lookup_types_that_tflm_lacks(dtype: DType) -> None:
    values = [(i, x) for x, i in drawn(dtype, (5, 3), 5, (4,), INT32)]
    graph = lookup(activation("x", dtype, (5, 3)), tensor("i", INT32, (4,)), dtype)
    assert_gives(graph, lambda i, x: [x[i]], values=values)


def test_embedding_lookup_outside_takes_the_nearest_row() -> None:
    """TFLM stops with an error."""
    values = [(np.array([-5, 5], np.int32), np.arange(15, dtype=np.float32).reshape(5, 3))]
    graph = lookup(activation("x", FLOAT, (5, 3)), tensor("i", INT32, (2,)), FLOAT)
    assert_gives(graph, lambda _, x: [x[[0, 4]]], values=values)

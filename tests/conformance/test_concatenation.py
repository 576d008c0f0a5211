"""CONCATENATION, PACK, SPLIT, SPLIT_V and UNPACK against TFLM; the types it lacks against NumPy."""

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
from tests.support.models import chain, constant, quantised, single, tensor
from tools.sni.ir import DType, Graph, Tensor

JOINED = [
    ([(3,), (2,)], 0),
    ([(1, 4), (1, 3), (1, 1)], 1),
    ([(2, 3), (4, 3)], 0),
    ([(2, 3), (2, 1)], -1),
    ([(1, 3, 4, 2), (1, 3, 4, 5)], 3),
    ([(2, 3, 4, 2), (2, 1, 4, 2), (2, 2, 4, 2)], 1),
    ([(2, 3, 4, 2), (2, 3, 1, 2)], -2),
    ([(1, 5, 7, 3)], 2),
    ([(2, 2, 1, 2, 3), (2, 2, 4, 2, 3)], 2),
    ([(1, 2)] * 10, 1),
]


def concatenation(dtype: DType, shapes: list[tuple[int, ...]], axis: int) -> Graph:
    made = list(shapes[0])
    made[axis] = sum(shape[axis] for shape in shapes)
    inputs = [activation(f"x{i}", dtype, shape, 5) for i, shape in enumerate(shapes)]
    outputs = [activation("y", dtype, made, 5)]
    return single("CONCATENATION", inputs, outputs, axis=axis, fused_activation_function="NONE")


@pytest.mark.parametrize(
    ("dtype", "joined"),
    [*itertools.product((FLOAT, INT8), JOINED), *itertools.product((INT16, INT32, INT64, BOOL), JOINED[3:7])],
)
def test_concatenation(dtype: DType, joined: tuple) -> None:
    assert_conforms(concatenation(dtype, *joined), runs=3)


@pytest.mark.parametrize("joined", JOINED[3:7])
def test_concatenation_of_uint8_which_tflm_lacks(joined: tuple) -> None:
    assert_gives(concatenation(UINT8, *joined), lambda *x: [np.concatenate(x, joined[1])], runs=3)


def test_concatenation_of_more_than_tflm_takes() -> None:
    graph = concatenation(INT8, [(2, i % 3 + 1) for i in range(14)], 1)
    assert_gives(graph, lambda *x: [np.concatenate(x, 1)], runs=3)


@pytest.mark.parametrize("dtype", [FLOAT, INT8, BOOL])
def test_concatenation_with_a_constant(dtype: DType) -> None:
    x, y = activation("x", dtype, (2, 3)), activation("y", dtype, (2, 5))
    c = constant("c", dtype, np.arange(4).reshape(2, 2) % 3, x.quantisation)
    assert_conforms(single("CONCATENATION", [c, x], [y], axis=1, fused_activation_function="NONE"), runs=3)


def test_concatenation_of_a_tensor_with_itself() -> None:
    x, y = tensor("x", FLOAT, (2, 3)), tensor("y", FLOAT, (4, 3))
    assert_conforms(single("CONCATENATION", [x, x], [y], axis=0, fused_activation_function="NONE"), runs=3)


def test_concatenation_of_int16_from_other_scales() -> None:
    """TFLM copies the stored values of int16 whatever the scales."""
    x, z, y = (tensor(n, INT16, (1, k), quantised(s)) for n, k, s in (("x", 2, 0.1), ("z", 3, 0.2), ("y", 5, 0.4)))
    assert_conforms(single("CONCATENATION", [x, z], [y], axis=1, fused_activation_function="NONE"), runs=3)


PACKED = [
    ((), 3, 0),
    ((4,), 2, 0),
    ((4,), 3, 1),
    ((2, 3), 4, -1),
    ((2, 3), 2, 1),
    ((2, 3, 4), 1, 0),
    ((2, 3, 4), 3, -2),
]


def packed_shape(shape: tuple[int, ...], count: int, axis: int) -> tuple[int, ...]:
    axis %= len(shape) + 1
    return (*shape[:axis], count, *shape[axis:])


def pack(dtype: DType, shape: tuple[int, ...], count: int, axis: int) -> Graph:
    inputs = [activation(f"x{i}", dtype, shape) for i in range(count)]
    y = activation("y", dtype, packed_shape(shape, count, axis))
    return single("PACK", inputs, [y], axis=axis, values_count=count)


@pytest.mark.parametrize(
    ("dtype", "packed"),
    [*itertools.product((FLOAT, INT8), PACKED), *itertools.product((INT16, INT32, INT64), PACKED[2:5])],
)
def test_pack(dtype: DType, packed: tuple) -> None:
    assert_conforms(pack(dtype, *packed), runs=3)


@pytest.mark.parametrize(("dtype", "packed"), [*itertools.product((BOOL, UINT8), PACKED[2:4])])
def test_pack_types_that_tflm_lacks(dtype: DType, packed: tuple) -> None:
    assert_gives(pack(dtype, *packed), lambda *x: [np.stack(x, packed[2])], runs=3)


def unpack(dtype: DType, shape: tuple[int, ...], count: int, axis: int) -> Graph:
    outputs = [activation(f"y{i}", dtype, shape) for i in range(count)]
    x = activation("x", dtype, packed_shape(shape, count, axis))
    return single("UNPACK", [x], outputs, axis=axis, num=count)


@pytest.mark.parametrize(
    ("dtype", "packed"), [*itertools.product((FLOAT, INT8), PACKED), *itertools.product((INT16, INT32), PACKED[2:5])]
)
def test_unpack(dtype: DType, packed: tuple) -> None:
    assert_conforms(unpack(dtype, *packed), runs=3)


@pytest.mark.parametrize(("dtype", "packed"), [*itertools.product((INT64, BOOL, UINT8), PACKED[2:4])])
def test_unpack_types_that_tflm_lacks(dtype: DType, packed: tuple) -> None:
    graph = unpack(dtype, *packed)
    assert_gives(graph, lambda x: list(np.moveaxis(x, packed[2], 0)), runs=3)


def parts(x: Tensor, sizes: list[int], axis: int) -> list[Tensor]:
    shapes = [[*x.shape] for _ in sizes]
    for shape, size in zip(shapes, sizes, strict=True):
        shape[axis] = size
    return [activation(f"y{i}", x.dtype, shape) for i, shape in enumerate(shapes)]


SPLIT = [((6,), 3, 0), ((2, 6), 2, 1), ((4, 3), 4, 0), ((2, 3, 4), 2, -1), ((1, 4, 6, 2), 3, 2), ((3, 5), 1, 0)]


def split(dtype: DType, shape: tuple[int, ...], count: int, axis: int) -> Graph:
    x = activation("x", dtype, shape)
    outputs = parts(x, [shape[axis] // count] * count, axis)
    return single("SPLIT", [numbers("axis", axis), x], outputs, num_splits=count)


@pytest.mark.parametrize(
    ("dtype", "cut"), [*itertools.product((FLOAT, INT8), SPLIT), *itertools.product((INT16, INT32), SPLIT[1:4])]
)
def test_split(dtype: DType, cut: tuple) -> None:
    assert_conforms(split(dtype, *cut), runs=3)


@pytest.mark.parametrize(("dtype", "cut"), [*itertools.product((INT64, BOOL, UINT8), SPLIT[1:3])])
def test_split_types_that_tflm_lacks(dtype: DType, cut: tuple) -> None:
    assert_gives(split(dtype, *cut), lambda x: np.split(x, cut[1], cut[2]), runs=3)


SPLIT_V = [((6,), [1, 2, 3], 0), ((2, 6), [5, 1], 1), ((4, 3), [1, 3], 0), ((2, 3, 4), [2, 1, 1], -1), ((3, 5), [3], 0)]


def split_v(dtype: DType, shape: tuple[int, ...], sizes: list[int], axis: int, given: list[int] | None = None) -> Graph:
    x = activation("x", dtype, shape)
    inputs = [x, numbers("sizes", given or sizes), numbers("axis", axis)]
    return single("SPLIT_V", inputs, parts(x, sizes, axis), num_splits=len(sizes))


@pytest.mark.parametrize(
    ("dtype", "cut"), [*itertools.product((FLOAT, INT8), SPLIT_V), *itertools.product((INT16, INT32), SPLIT_V[1:4])]
)
def test_split_v(dtype: DType, cut: tuple) -> None:
    assert_conforms(split_v(dtype, *cut), runs=3)


def test_split_v_with_the_rest() -> None:
    assert_conforms(split_v(INT8, (2, 7), [2, 4, 1], 1, given=[2, -1, 1]), runs=3)


@pytest.mark.parametrize(("dtype", "cut"), [*itertools.product((INT64, BOOL, UINT8), SPLIT_V[1:3])])
def test_split_v_types_that_tflm_lacks(dtype: DType, cut: tuple) -> None:
    _, sizes, axis = cut
    assert_gives(split_v(dtype, *cut), lambda x: np.split(x, np.cumsum(sizes)[:-1], axis), runs=3)


def test_parts_that_nothing_reads_do_no_harm() -> None:
    x = activation("x", INT8, (2, 6))
    a, b, c = parts(x, [2, 2, 2], 1)
    y = activation("y", INT8, (2, 4))
    attributes = {"axis": 1, "fused_activation_function": "NONE"}
    graph = chain(
        [("SPLIT", [numbers("axis", 1), x], [a, b, c], {"num_splits": 3}), ("CONCATENATION", [c, a], [y], attributes)]
    )
    unread = next(key for key, t in graph.tensors.items() if t is b)
    graph = Graph(graph.tensors, graph.ops, graph.inputs, tuple(o for o in graph.outputs if o != unread))
    assert_conforms(graph, runs=3)

"""RESHAPE, SQUEEZE, EXPAND_DIMS, BROADCAST_TO, TILE, BROADCAST_ARGS, FILL, SHAPE, ZEROS_LIKE against TFLM or NumPy."""

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
from tests.support.models import chain, constant, single, tensor
from tools.sni.ir import DType, Graph

ALL = (FLOAT, INT8, INT16, INT32, INT64, BOOL, UINT8)


def view(kind: str, dtype: DType, shapes: tuple, *more: object, **attributes: object) -> Graph:
    x, y = (activation(name, dtype, shape) for name, shape in zip("xy", shapes, strict=True))
    return single(kind, [x, *more], [y], **attributes)


@pytest.mark.parametrize(
    ("dtype", "shapes", "dims"),
    [
        *itertools.product((FLOAT, INT8), [((1, 3, 1, 2), (3, 2))], [(), (0, 2), (-4, -2)]),
        *itertools.product((FLOAT,), [((1, 3, 1, 2), (1, 3, 2))], [(2,), (-2,)]),
        *itertools.product((INT16, INT32, INT64, BOOL), [((2, 1), (2,))], [(1,)]),
        (FLOAT, ((1, 1), ()), ()),
    ],
)
def test_squeeze(dtype: DType, shapes: tuple, dims: tuple[int, ...]) -> None:
    assert_conforms(view("SQUEEZE", dtype, shapes, squeeze_dims=dims), runs=3)


@pytest.mark.parametrize(
    ("dtype", "axis", "made"),
    [
        (dtype, axis, made)
        for dtype, (axis, made) in itertools.product(
            (FLOAT, INT8, INT16), [(0, (1, 2, 3)), (1, (2, 1, 3)), (2, (2, 3, 1)), (-1, (2, 3, 1)), (-3, (1, 2, 3))]
        )
    ],
)
def test_expand_dims(dtype: DType, axis: int, made: tuple[int, ...]) -> None:
    assert_conforms(view("EXPAND_DIMS", dtype, ((2, 3), made), numbers("axis", axis)), runs=3)


@pytest.mark.parametrize("dtype", [INT32, INT64, BOOL, UINT8])
def test_expand_dims_types_that_tflm_lacks(dtype: DType) -> None:
    graph = view("EXPAND_DIMS", dtype, ((2, 3), (2, 1, 3)), numbers("axis", 1))
    assert_gives(graph, lambda x: [x.reshape(2, 1, 3)], runs=3)


@pytest.mark.parametrize("kind", ["RESHAPE", "EXPAND_DIMS"])
def test_a_view_of_a_constant(kind: str) -> None:
    c, t = constant("c", FLOAT, np.arange(3)), tensor("t", FLOAT, (1, 3))
    x, y = tensor("x", FLOAT, (2, 3)), tensor("y", FLOAT, (3, 3))
    how = numbers("axis", 0) if kind == "EXPAND_DIMS" else numbers("shape", (1, 3))
    attributes = {"axis": 0, "fused_activation_function": "NONE"}
    assert_conforms(chain([(kind, [c, how], [t], {}), ("CONCATENATION", [t, x], [y], attributes)]), runs=3)


@pytest.mark.parametrize(
    ("dtype", "shapes"),
    [
        *itertools.product(
            (FLOAT, INT8),
            [
                ((1,), (5,)),
                ((), (2, 3)),
                ((3,), (2, 3)),
                ((2, 1), (2, 4)),
                ((2, 1, 3), (2, 4, 3)),
                ((1, 3, 1, 2), (2, 3, 4, 2)),
                ((3, 1), (2, 2, 3, 2)),
                ((2, 3), (2, 3)),
                ((1, 1, 2, 1, 1), (2, 3, 2, 2, 3)),
            ],
        ),
        *itertools.product((INT16, INT32, INT64, BOOL, UINT8), [((2, 1, 3), (2, 4, 3))]),
    ],
)
def test_broadcast_to(dtype: DType, shapes: tuple) -> None:
    assert_conforms(view("BROADCAST_TO", dtype, shapes, numbers("shape", shapes[1])), runs=3)


def test_broadcast_to_a_shape_of_64_bits() -> None:
    assert_conforms(view("BROADCAST_TO", FLOAT, ((1, 3), (4, 3)), numbers("shape", (4, 3), INT64)), runs=3)


TILED = [((3,), (2,)), ((2, 3), (2, 1)), ((2, 3), (1, 3)), ((1, 2, 3), (4, 1, 2)), ((2, 2, 1, 3), (1, 2, 5, 1))]


@pytest.mark.parametrize(
    ("dtype", "case"), [*itertools.product((FLOAT, INT8), TILED), *((dtype, TILED[3]) for dtype in ALL[2:])]
)
def test_tile_which_tflm_lacks(dtype: DType, case: tuple) -> None:
    shape, counts = case
    made = [n * count for n, count in zip(shape, counts, strict=True)]
    graph = view("TILE", dtype, (shape, made), numbers("counts", counts))
    assert_gives(graph, lambda x: [np.tile(x, counts)], runs=3)


ARGS = [((2, 3), (2, 3)), ((1, 3), (2, 1)), ((4, 1, 3), (5, 1)), ((3,), (2, 4, 1)), ((1,), (7, 8)), ((5,), (1,))]


@pytest.mark.parametrize(("dtype", "args"), [*itertools.product((INT32, INT64), ARGS)])
def test_broadcast_args(dtype: DType, args: tuple) -> None:
    a, b = (np.array(shape, dtype.numpy) for shape in args)
    y = tensor("y", dtype, (max(map(len, args)),))
    computed = single("BROADCAST_ARGS", [tensor("a", dtype, a.shape), tensor("b", dtype, b.shape)], [y])
    assert_conforms(computed, values=[(a, b)])
    half = single("BROADCAST_ARGS", [numbers("a", args[0], dtype), tensor("b", dtype, b.shape)], [y])
    assert_conforms(half, values=[(b,)])


@pytest.mark.parametrize(("dtype", "shape"), [*itertools.product((FLOAT, INT8, INT32), [(3,), (2, 3), (1, 2, 2, 3)])])
def test_fill_with_a_computed_value(dtype: DType, shape: tuple[int, ...]) -> None:
    graph = single("FILL", [numbers("shape", shape), activation("v", dtype, ())], [activation("y", dtype, shape)])
    assert_conforms(graph, runs=5)


@pytest.mark.parametrize("index", [INT8, INT16, INT64])
def test_fill_a_shape_of_other_types(index: DType) -> None:
    inputs = [numbers("shape", (2, 3), index), tensor("v", FLOAT, ())]
    assert_conforms(single("FILL", inputs, [tensor("y", FLOAT, (2, 3))]), runs=3)


@pytest.mark.parametrize("dtype", [INT16, INT64, BOOL, UINT8])
def test_fill_types_that_tflm_lacks(dtype: DType) -> None:
    graph = single("FILL", [numbers("shape", (2, 3)), activation("v", dtype, ())], [activation("y", dtype, (2, 3))])
    assert_gives(graph, lambda v: [np.full((2, 3), v)], runs=3)


@pytest.mark.parametrize(
    ("dtype", "value"),
    [(FLOAT, 0.0), (FLOAT, 2.5), (FLOAT, -np.inf), (INT8, -3), (INT32, 7), (INT32, -1), (INT32, -(2**31))],
)
def test_fill_with_a_constant(dtype: DType, value: float) -> None:
    """Joined with an input, so that the network has one."""
    q = activation("q", dtype, ()).quantisation
    v, t = constant("v", dtype, np.array(value), q), activation("t", dtype, (2, 3))
    x, y = activation("x", dtype, (1, 3)), activation("y", dtype, (3, 3))
    attributes = {"axis": 0, "fused_activation_function": "NONE"}
    fill = ("FILL", [numbers("shape", (2, 3)), v], [t], {})
    assert_conforms(chain([fill, ("CONCATENATION", [t, x], [y], attributes)]), runs=3)


@pytest.mark.parametrize(("dtype", "shape"), [*itertools.product(ALL, [(2, 3, 4)]), (FLOAT, (1,)), (INT8, (7,))])
def test_shape(dtype: DType, shape: tuple[int, ...]) -> None:
    graph = single("SHAPE", [activation("x", dtype, shape)], [tensor("y", INT32, (len(shape),))], out_type="INT32")
    assert_conforms(graph, runs=2)


def test_shape_of_64_bits_which_tflm_lacks() -> None:
    graph = single("SHAPE", [tensor("x", FLOAT, (2, 3))], [tensor("y", INT64, (2,))], out_type="INT64")
    assert_gives(graph, lambda _: [np.array([2, 3], np.int64)], runs=2)


@pytest.mark.parametrize(("dtype", "shape"), [*itertools.product((FLOAT, INT8, INT32, INT64), [(5,), (2, 3, 4)])])
def test_zeros_like(dtype: DType, shape: tuple[int, ...]) -> None:
    """Stored zeros, whatever the zero point."""
    graph = single("ZEROS_LIKE", [activation("x", dtype, shape, -5)], [activation("y", dtype, shape, -5)])
    assert_conforms(graph, runs=2)


@pytest.mark.parametrize("dtype", [INT16, BOOL, UINT8])
def test_zeros_like_types_that_tflm_lacks(dtype: DType) -> None:
    graph = single("ZEROS_LIKE", [activation("x", dtype, (2, 3))], [activation("y", dtype, (2, 3))])
    assert_gives(graph, lambda x: [np.zeros_like(x)], runs=2)

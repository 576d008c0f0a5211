"""SLICE, STRIDED_SLICE and DYNAMIC_UPDATE_SLICE against TFLM; what it lacks against NumPy."""

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

BOXES = [
    ((5,), (1,), (3,)),
    ((3, 4), (0, 1), (3, 2)),
    ((3, 4), (1, 0), (2, 4)),
    ((2, 3, 4), (1, 1, 1), (1, 2, 3)),
    ((2, 3, 4), (0, 0, 0), (2, 3, 4)),
    ((1, 6, 5, 3), (0, 2, 1, 0), (1, 3, 4, 3)),
    ((2, 3, 4, 5), (1, 2, 3, 4), (1, 1, 1, 1)),
    ((2, 2, 3, 2, 4), (0, 1, 1, 0, 1), (2, 1, 2, 2, 2)),
]


def box(dtype: DType, shape: tuple, begin: tuple, size: tuple, index: DType = INT32, given: tuple = ()) -> Graph:
    inputs = [activation("x", dtype, shape), numbers("begin", begin, index), numbers("size", given or size, index)]
    return single("SLICE", inputs, [activation("y", dtype, size)])


@pytest.mark.parametrize(
    ("dtype", "case"), [*itertools.product((FLOAT, INT8), BOXES), *itertools.product((INT16, INT32, BOOL), BOXES[3:6])]
)
def test_slice(dtype: DType, case: tuple) -> None:
    assert_conforms(box(dtype, *case), runs=3)


@pytest.mark.parametrize("case", BOXES[1:4])
def test_slice_by_64_bits(case: tuple) -> None:
    assert_conforms(box(FLOAT, *case, index=INT64), runs=3)


def test_slice_of_all_that_is_left() -> None:
    assert_conforms(box(INT8, (2, 5, 4), (0, 2, 1), (1, 3, 3), given=(1, -1, -1)), runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((INT64, UINT8), BOXES[3:5])])
def test_slice_types_that_tflm_lacks(dtype: DType, case: tuple) -> None:
    _, begin, size = case
    chosen = tuple(slice(b, b + s) for b, s in zip(begin, size, strict=True))
    assert_gives(box(dtype, *case), lambda x: [x[chosen]], runs=3)


def moving_box(dtype: DType, shape: tuple, size: tuple, index: DType) -> Graph:
    inputs = [activation("x", dtype, shape), tensor("begin", index, (len(shape),)), numbers("size", size, index)]
    return single("SLICE", inputs, [activation("y", dtype, size)])


@pytest.mark.parametrize(
    ("index", "shape", "size"),
    [
        (i, *case)
        for i, case in itertools.product(
            (INT32, INT64), [((6,), (2,)), ((4, 5), (4, 2)), ((2, 3, 4), (1, 2, 3)), ((2, 3), (2, 3))]
        )
    ],
)
def test_slice_with_a_computed_begin(index: DType, shape: tuple, size: tuple) -> None:
    rng = np.random.default_rng(3)
    limits = [n - s + 1 for n, s in zip(shape, size, strict=True)]
    values = [
        (rng.normal(0, 1, shape).astype(np.float32), rng.integers(0, limits, dtype=index.numpy)) for _ in range(8)
    ]
    assert_conforms(moving_box(FLOAT, shape, size, index), values=values)


@pytest.mark.parametrize("index", [INT32, INT64])
def test_slice_with_a_begin_outside_takes_the_nearest_box(index: DType) -> None:
    """TFLM would read outside the array."""
    low, high = index.bounds
    x = np.arange(20, dtype=np.int8).reshape(4, 5)
    for begin, expected in (((low, high), x[0:2, 2:5]), ((3, -1), x[2:4, 0:3]), ((high, low), x[2:4, 0:3])):
        graph = moving_box(INT8, (4, 5), (2, 3), index)
        assert_gives(graph, lambda *_, e=expected: [e], values=[(x, np.array(begin, index.numpy))])


STRIDED = [
    # shape, begin, end, strides, begin_mask, end_mask, shrink_axis_mask, output shape
    ((7,), (1,), (6,), (2,), 0, 0, 0, (3,)),
    ((7,), (-2,), (0,), (-2,), 0, 0, 0, (3,)),
    ((7,), (0,), (0,), (-1,), 1, 1, 0, (7,)),
    ((7,), (9,), (-9,), (-3,), 0, 0, 0, (3,)),
    ((7,), (-9,), (9,), (3,), 0, 0, 0, (3,)),
    ((7,), (3,), (4,), (1,), 0, 0, 1, ()),
    ((7,), (-1,), (0,), (1,), 0, 0, 1, ()),
    ((4, 5), (1, 0), (3, 5), (1, 1), 0, 0, 0, (2, 5)),
    ((4, 5), (0, 1), (0, 4), (1, 2), 1, 1, 0, (4, 2)),
    ((4, 5), (0, 2), (0, 3), (1, 1), 1, 1, 2, (4,)),
    ((4, 5), (2, 0), (3, 0), (1, 1), 2, 2, 1, (5,)),
    ((4, 5), (-1, -1), (-5, -6), (-1, -1), 0, 0, 0, (4, 5)),
    ((3, 4, 5), (0, 1, 4), (3, 4, 0), (2, 1, -2), 0, 0, 0, (2, 3, 2)),
    ((3, 4, 5), (0, 0, -1), (0, 0, 0), (1, 1, 1), 3, 3, 4, (3, 4)),
    ((2, 6, 5, 3), (0, 1, 0, 0), (2, 6, 5, 3), (1, 2, 2, 1), 0, 0, 0, (2, 3, 3, 3)),
    ((2, 6, 5, 3), (1, 0, -2, 0), (2, 0, -1, 1), (1, 3, 1, 2), 10, 10, 5, (2, 2)),
    ((1, 8, 8, 4), (0, 0, 0, 2), (1, 8, 8, 4), (1, 1, 1, 1), 0, 0, 0, (1, 8, 8, 2)),
    ((2, 3, 4, 2), (0, 0, 0, 0), (0, 0, 0, 0), (1, -1, 1, -1), 15, 15, 0, (2, 3, 4, 2)),
    ((1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 1), (1, 1, 1, 1), 0, 0, 15, ()),
]


def strided(dtype: DType, shape: tuple, begin: tuple, end: tuple, strides: tuple, *masks: object, **more: int) -> Graph:
    begin_mask, end_mask, shrink_axis_mask, made = masks
    return single(
        "STRIDED_SLICE",
        [activation("x", dtype, shape), numbers("b", begin), numbers("e", end), numbers("s", strides)],
        [activation("y", dtype, made)],
        begin_mask=begin_mask,
        end_mask=end_mask,
        shrink_axis_mask=shrink_axis_mask,
        **{"ellipsis_mask": 0, "new_axis_mask": 0, **more},
    )


@pytest.mark.parametrize(
    ("dtype", "case"),
    [*itertools.product((FLOAT, INT8), STRIDED), *itertools.product((INT16, INT32, BOOL), STRIDED[11:15])],
)
def test_strided_slice(dtype: DType, case: tuple) -> None:
    assert_conforms(strided(dtype, *case), runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((INT64, UINT8), STRIDED[12:13])])
def test_strided_slice_types_that_tflm_lacks(dtype: DType, case: tuple) -> None:
    assert_gives(strided(dtype, *case), lambda x: [x[0:3:2, 1:4, 4:0:-2]], runs=3)


@pytest.mark.parametrize(
    ("chosen", "entries", "masks"),
    [
        (np.s_[1, ..., 2], [(1, 2, 1), (0, 0, 1), (2, 3, 1)], {"ellipsis_mask": 2, "shrink_axis_mask": 5}),
        (np.s_[..., 0:2], [(0, 0, 1), (0, 2, 1)], {"ellipsis_mask": 1}),
        (np.s_[1:2, ...], [(1, 2, 1), (0, 0, 1)], {"ellipsis_mask": 2}),
        (np.s_[:, None, 1:3], [(0, 0, 1), (0, 0, 1), (1, 3, 1)], {"new_axis_mask": 2, "begin_mask": 1, "end_mask": 1}),
        (np.s_[None, ..., None], [(0, 0, 1)] * 3, {"new_axis_mask": 5, "ellipsis_mask": 2}),
        (np.s_[None, 1, ..., ::-1], [(0, 0, 1), (1, 2, 1), (0, 0, 1), (0, 0, -1)],
         {"new_axis_mask": 1, "shrink_axis_mask": 2, "ellipsis_mask": 4, "begin_mask": 8, "end_mask": 8}),
        (np.s_[1], [(1, 2, 1)], {"shrink_axis_mask": 1}),
        (np.s_[0:1, 1:3], [(0, 1, 1), (1, 3, 1)], {}),
    ],
)  # fmt: skip
def test_strided_slice_with_an_ellipsis_or_a_new_axis_or_less_than_all(
    chosen: tuple, entries: list[tuple[int, int, int]], masks: dict[str, int]
) -> None:
    """TFLM knows neither ellipsis nor new axis, and reads beyond a begin that is shorter than the shape."""
    begin, end, strides = zip(*entries, strict=True)
    shape = (2, 3, 4)
    none = {"begin_mask": 0, "end_mask": 0, "shrink_axis_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0}
    inputs = [activation("x", FLOAT, shape), numbers("b", begin), numbers("e", end), numbers("s", strides)]
    y = activation("y", FLOAT, np.zeros(shape)[chosen].shape)
    assert_gives(single("STRIDED_SLICE", inputs, [y], **none | masks), lambda x: [x[chosen]], runs=3)


UPDATES = [
    ((6,), (2,)),
    ((4, 5), (1, 5)),
    ((4, 5), (4, 2)),
    ((2, 3, 4), (1, 2, 3)),
    ((2, 3, 4), (2, 3, 4)),
    ((1, 5, 4, 3), (1, 2, 2, 3)),
]


def update(dtype: DType, shape: tuple, size: tuple, start: object) -> Graph:
    inputs = [activation("x", dtype, shape), activation("u", dtype, size), start]
    return single("DYNAMIC_UPDATE_SLICE", inputs, [activation("y", dtype, shape)])


@pytest.mark.parametrize(
    ("dtype", "index", "case"),
    [
        *itertools.product((FLOAT, INT8), (INT32, INT64), UPDATES),
        *itertools.product((INT16, INT32), (INT32,), UPDATES[2:5]),
    ],
)
def test_dynamic_update_slice(dtype: DType, index: DType, case: tuple) -> None:
    """Starts from far outside to far outside: TFLM holds them where the box lies inside."""
    rng = np.random.default_rng(4)
    shape, size = case

    def random(of: tuple) -> np.ndarray:
        return rng.integers(-100, 100, of).astype(dtype.numpy)

    starts = [rng.integers(-2, 6, len(shape)) for _ in range(8)] + [np.array([b] * len(shape)) for b in index.bounds]
    values = [(random(shape), random(size), start.astype(index.numpy)) for start in starts]
    assert_conforms(update(dtype, shape, size, tensor("start", index, (len(shape),))), values=values)


@pytest.mark.parametrize("start", [(0, 0), (2, 1), (-3, 9)])
def test_dynamic_update_slice_at_a_constant_start(start: tuple[int, int]) -> None:
    assert_conforms(update(FLOAT, (4, 5), (2, 3), numbers("start", start)), runs=3)


def test_dynamic_update_slice_of_a_constant() -> None:
    x, u = constant("x", INT32, np.arange(12).reshape(3, 4)), tensor("u", INT32, (1, 2))
    graph = single("DYNAMIC_UPDATE_SLICE", [x, u, numbers("start", (1, 1))], [tensor("y", INT32, (3, 4))])
    assert_conforms(graph, runs=3)


@pytest.mark.parametrize("dtype", [INT64, BOOL, UINT8])
def test_dynamic_update_slice_types_that_tflm_lacks(dtype: DType) -> None:
    def expected(x: np.ndarray, u: np.ndarray) -> list[np.ndarray]:
        x = x.copy()
        x[1:3, 2:4] = u
        return [x]

    assert_gives(update(dtype, (4, 5), (2, 2), numbers("start", (1, 2))), expected, runs=3)


def test_dynamic_update_slice_in_place() -> None:
    """Two after each other, the second over the first's result, which nothing else reads."""
    x, u, v = activation("x", INT8, (4, 5)), activation("u", INT8, (2, 2)), activation("v", INT8, (1, 5))
    between, y = activation("between", INT8, (4, 5)), activation("y", INT8, (4, 5))
    graph = chain(
        [
            ("DYNAMIC_UPDATE_SLICE", [x, u, numbers("a", (1, 1))], [between], {}),
            ("DYNAMIC_UPDATE_SLICE", [between, v, numbers("b", (2, 0))], [y], {}),
        ]
    )
    assert_conforms(graph, runs=3)

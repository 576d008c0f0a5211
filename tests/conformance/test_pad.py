"""PAD, PADV2 and MIRROR_PAD against TFLM; the types it lacks against NumPy."""

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
from tools.sni.ir import DType, Graph

PADDINGS = [
    ((5,), ((2, 3),)),
    ((3, 4), ((0, 0), (1, 2))),
    ((3, 4), ((2, 0), (0, 1))),
    ((2, 3, 4), ((1, 1), (0, 2), (3, 0))),
    ((1, 4, 5, 3), ((0, 0), (1, 1), (1, 1), (0, 0))),
    ((1, 4, 5, 3), ((0, 0), (0, 1), (0, 1), (0, 0))),
    ((2, 3, 1, 2), ((1, 0), (2, 1), (0, 3), (1, 1))),
    ((1, 1, 1, 1), ((0, 0), (1, 1), (2, 2), (0, 0))),
    ((1, 17, 9, 5), ((0, 0), (3, 2), (4, 1), (0, 3))),
    ((2, 1, 3, 2, 2), ((0, 1), (1, 0), (1, 1), (0, 2), (1, 0))),
    ((3, 4), ((0, 0), (0, 0))),
    ((1, 48, 32, 16), ((0, 0), (3, 3), (3, 3), (0, 0))),
]


def padded_shape(shape: tuple[int, ...], around: tuple[tuple[int, int], ...]) -> tuple[int, ...]:
    return tuple(n + before + after for n, (before, after) in zip(shape, around, strict=True))


def pad(dtype: DType, shape: tuple[int, ...], around: tuple, zero_point: int = -9, index: DType = INT32) -> Graph:
    return single(
        "PAD",
        [activation("x", dtype, shape, zero_point), numbers("paddings", around, index)],
        [activation("y", dtype, padded_shape(shape, around), zero_point)],
    )


@pytest.mark.parametrize(
    ("dtype", "paddings"),
    [*itertools.product((FLOAT, INT8), PADDINGS), *itertools.product((INT16, INT32), PADDINGS[3:7])],
)
def test_pad(dtype: DType, paddings: tuple) -> None:
    assert_conforms(pad(dtype, *paddings), runs=4)


@pytest.mark.parametrize("zero_point", [-128, -1, 0, 127])
def test_pad_int8_with_the_zero_point(zero_point: int) -> None:
    assert_conforms(pad(INT8, (1, 3, 4, 2), ((0, 0), (1, 1), (2, 0), (0, 1)), zero_point), runs=4)


@pytest.mark.parametrize(("dtype", "paddings"), [*itertools.product((INT64, BOOL, UINT8), PADDINGS[3:5])])
def test_pad_types_that_tflm_lacks(dtype: DType, paddings: tuple) -> None:
    value = 128 if dtype is UINT8 else 0
    assert_gives(pad(dtype, *paddings), lambda x: [np.pad(x, paddings[1], constant_values=value)], runs=4)


def test_pad_by_paddings_of_64_bits() -> None:
    around = ((1, 0), (2, 1))
    assert_gives(pad(INT8, (2, 3), around, index=INT64), lambda x: [np.pad(x, around, constant_values=-9)], runs=4)


@pytest.mark.parametrize(
    ("dtype", "value", "paddings"),
    [
        *itertools.product((FLOAT,), (2.5, -0.0, np.inf, -np.inf), PADDINGS[3:7]),
        *itertools.product((INT8,), (-128, 5), PADDINGS[3:7]),
        *itertools.product((INT16,), (-32768, 257), PADDINGS[3:5]),
        *itertools.product((INT32,), (-(2**31), -1), PADDINGS[3:5]),
    ],
)
def test_padv2(dtype: DType, value: float, paddings: tuple) -> None:
    shape, around = paddings
    q = activation("q", dtype, (1,)).quantisation
    assert_conforms(
        single(
            "PADV2",
            [activation("x", dtype, shape), numbers("p", around), constant("v", dtype, np.array([value]), q)],
            [activation("y", dtype, padded_shape(shape, around))],
        ),
        runs=4,
    )


@pytest.mark.parametrize(("dtype", "paddings"), [*itertools.product((FLOAT, INT8, INT16, INT32), PADDINGS[4:7])])
def test_padv2_with_a_computed_value(dtype: DType, paddings: tuple) -> None:
    shape, around = paddings
    inputs = [activation("x", dtype, shape), numbers("p", around), activation("v", dtype, ())]
    assert_conforms(single("PADV2", inputs, [activation("y", dtype, padded_shape(shape, around))]), runs=4)


def test_pad_of_a_constant() -> None:
    x = constant("x", FLOAT, np.arange(6).reshape(2, 3))
    inputs = [x, numbers("p", ((1, 0), (0, 2))), tensor("v", FLOAT, (1,))]
    assert_conforms(single("PADV2", inputs, [tensor("y", FLOAT, (3, 5))]), runs=3)


def test_pad_from_a_larger_range() -> None:
    """TFLM copies the stored values whatever the scales."""
    x, y = tensor("x", INT8, (2, 3), quantised(0.5, 4)), tensor("y", INT8, (3, 3), quantised(0.25, -6))
    assert_conforms(single("PAD", [x, numbers("p", ((0, 1), (0, 0)))], [y]), runs=4)


MIRRORED = [
    ((4,), ((2, 3),)),
    ((3, 4), ((1, 2), (0, 0))),
    ((3, 4), ((0, 0), (3, 1))),
    ((3, 4), ((2, 2), (3, 3))),
    ((1, 4, 5, 3), ((0, 0), (1, 1), (2, 2), (0, 0))),
    ((2, 3, 4, 3), ((1, 1), (2, 0), (0, 3), (1, 2))),
    ((1, 6, 6, 2), ((0, 0), (5, 4), (3, 5), (0, 0))),
    ((2, 2, 2), ((1, 1), (1, 1), (1, 1))),
]


def mirror_pad(dtype: DType, shape: tuple[int, ...], around: tuple, mode: str, index: DType = INT32) -> Graph:
    return single(
        "MIRROR_PAD",
        [activation("x", dtype, shape), numbers("paddings", around, index)],
        [activation("y", dtype, padded_shape(shape, around))],
        mode=mode,
    )


@pytest.mark.parametrize(
    ("dtype", "mode", "paddings"), [*itertools.product((FLOAT, INT8), ("REFLECT", "SYMMETRIC"), MIRRORED)]
)
def test_mirror_pad(dtype: DType, mode: str, paddings: tuple) -> None:
    shape, around = paddings
    if mode == "REFLECT":
        around = tuple(tuple(min(n - 1, p) for p in pair) for n, pair in zip(shape, around, strict=True))
    assert_conforms(mirror_pad(dtype, shape, around, mode), runs=4)


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_mirror_pad_all_that_can_be_mirrored(mode: str) -> None:
    p = 4 if mode == "SYMMETRIC" else 3
    assert_conforms(mirror_pad(INT8, (4, 4), ((p, p), (p, p)), mode, INT64), runs=4)


@pytest.mark.parametrize(("dtype", "mode"), [*itertools.product((INT16, INT32, INT64, BOOL), ("REFLECT", "SYMMETRIC"))])
def test_mirror_pad_types_that_tflm_lacks(dtype: DType, mode: str) -> None:
    around = ((0, 0), (1, 2), (2, 1))
    assert_gives(mirror_pad(dtype, (2, 3, 4), around, mode), lambda x: [np.pad(x, around, mode=mode.lower())], runs=4)

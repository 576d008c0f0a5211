"""SPACE_TO_DEPTH, DEPTH_TO_SPACE, SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND against TFLM; what it lacks against NumPy."""

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
from tests.support.models import single
from tools.sni.ir import DType, Graph

OTHERS = (INT16, INT32, INT64, BOOL, UINT8)
"""Types that TFLM moves none of in this way."""

BLOCKS = [((1, 2, 2, 1), 2), ((1, 4, 6, 3), 2), ((2, 3, 6, 2), 3), ((1, 2, 3, 4), 1), ((2, 8, 4, 1), 4)]
"""(shape with the larger image, size of the blocks)."""


def depth_shape(shape: tuple[int, ...], block: int) -> tuple[int, ...]:
    n, h, w, c = shape
    return n, h // block, w // block, c * block * block


def to_depth(x: np.ndarray, block: int) -> np.ndarray:
    n, h, w, c = x.shape
    blocks = x.reshape(n, h // block, block, w // block, block, c).transpose(0, 1, 3, 2, 4, 5)
    return blocks.reshape(depth_shape(x.shape, block))


def space_to_depth(dtype: DType, shape: tuple[int, ...], block: int) -> Graph:
    y = activation("y", dtype, depth_shape(shape, block))
    return single("SPACE_TO_DEPTH", [activation("x", dtype, shape)], [y], block_size=block)


def depth_to_space(dtype: DType, shape: tuple[int, ...], block: int) -> Graph:
    x = activation("x", dtype, depth_shape(shape, block))
    return single("DEPTH_TO_SPACE", [x], [activation("y", dtype, shape)], block_size=block)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), BLOCKS)])
def test_space_to_depth(dtype: DType, case: tuple) -> None:
    assert_conforms(space_to_depth(dtype, *case), runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), BLOCKS)])
def test_depth_to_space(dtype: DType, case: tuple) -> None:
    assert_conforms(depth_to_space(dtype, *case), runs=3)


@pytest.mark.parametrize("dtype", OTHERS)
def test_space_to_depth_types_that_tflm_lacks(dtype: DType) -> None:
    assert_gives(space_to_depth(dtype, (1, 4, 6, 3), 2), lambda x: [to_depth(x, 2)], runs=3)


@pytest.mark.parametrize("dtype", OTHERS)
def test_depth_to_space_types_that_tflm_lacks(dtype: DType) -> None:
    places = to_depth(np.arange(72).reshape(1, 4, 6, 3), 2).reshape(-1)

    def expected(x: np.ndarray) -> list[np.ndarray]:
        y = np.empty(72, x.dtype)
        y[places] = x.reshape(-1)
        return [y.reshape(1, 4, 6, 3)]

    assert_gives(depth_to_space(dtype, (1, 4, 6, 3), 2), expected, runs=3)


BATCHES = [
    # shape with the larger image, blocks, paddings or crops
    ((1, 4, 4, 2), (2, 2), ((0, 0), (0, 0))),
    ((1, 4, 4, 2), (2, 2), ((2, 2), (2, 2))),
    ((2, 3, 5, 1), (2, 2), ((1, 0), (0, 1))),
    ((1, 5, 7, 3), (3, 2), ((1, 3), (2, 1))),
    ((1, 6, 4, 1), (1, 4), ((0, 0), (3, 1))),
    ((2, 5, 5, 2), (4, 4), ((2, 1), (1, 2))),
    ((1, 2, 2, 1), (2, 2), ((3, 5), (6, 0))),
    ((2, 6, 3), (2,), ((0, 0),)),
    ((2, 5, 3), (3,), ((1, 0),)),
    ((1, 4, 4), (4,), ((2, 2),)),
]


def batch_shape(shape: tuple, blocks: tuple, around: tuple) -> tuple[int, ...]:
    image = [(n + sum(a)) // b for n, b, a in zip(shape[1:], blocks, around, strict=False)]
    return (shape[0] * int(np.prod(blocks)), *image, *shape[1 + len(blocks) :])


def space_to_batch(dtype: DType, shape: tuple, blocks: tuple, around: tuple, zero_point: int = 0) -> Graph:
    x, y = activation("x", dtype, shape, zero_point), batch_shape(shape, blocks, around)
    inputs = [x, numbers("blocks", blocks), numbers("paddings", around)]
    return single("SPACE_TO_BATCH_ND", inputs, [activation("y", dtype, y, zero_point)])


def batch_to_space(dtype: DType, shape: tuple, blocks: tuple, around: tuple) -> Graph:
    x = activation("x", dtype, batch_shape(shape, blocks, around))
    inputs = [x, numbers("blocks", blocks), numbers("crops", around)]
    return single("BATCH_TO_SPACE_ND", inputs, [activation("y", dtype, shape)])


def to_batch(x: np.ndarray, blocks: tuple, around: tuple) -> np.ndarray:
    """As TensorFlow's documentation defines it."""
    rest = x.ndim - 1 - len(blocks)
    x = np.pad(x, ((0, 0), *around, *[(0, 0)] * rest))
    split = [x.shape[0]]
    for n, block in zip(x.shape[1:], blocks, strict=False):
        split += [n // block, block]
    split += x.shape[1 + len(blocks) :]
    count = len(blocks)
    order = [*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count + 1, 2), *range(2 * count + 1, len(split))]
    moved = x.reshape(split).transpose(order)
    return moved.reshape(-1, *moved.shape[count + 1 :])


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), BATCHES)])
def test_space_to_batch(dtype: DType, case: tuple) -> None:
    assert_conforms(space_to_batch(dtype, *case), runs=3)


@pytest.mark.parametrize("zero_point", [-128, 7])
def test_space_to_batch_pads_with_stored_zeros(zero_point: int) -> None:
    """In TFLM the value that it pads with is never set, and is found to be 0; LiteRT pads with the zero point."""
    assert_conforms(space_to_batch(INT8, *BATCHES[3], zero_point), runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*itertools.product((FLOAT, INT8), BATCHES)])
def test_batch_to_space(dtype: DType, case: tuple) -> None:
    assert_conforms(batch_to_space(dtype, *case), runs=3)


MORE = [((2, 4, 4, 6, 2), (2, 2, 3), ((0, 0), (1, 1), (2, 1))), ((1, 4, 3, 2, 2), (2,), ((1, 1),))]
"""Other numbers of dimensions than TFLM's."""


@pytest.mark.parametrize(("dtype", "case"), [*((FLOAT, case) for case in MORE), *((t, BATCHES[3]) for t in OTHERS)])
def test_space_to_batch_that_tflm_lacks(dtype: DType, case: tuple) -> None:
    assert_gives(space_to_batch(dtype, *case), lambda x: [to_batch(x, *case[1:])], runs=3)


@pytest.mark.parametrize(("dtype", "case"), [*((FLOAT, case) for case in MORE), *((t, BATCHES[3]) for t in OTHERS)])
def test_batch_to_space_that_tflm_lacks(dtype: DType, case: tuple) -> None:
    """The inverse: what went into the batch comes back."""
    model = space_to_batch(dtype, *case), batch_to_space(dtype, *case)
    shape = case[0]
    x = np.random.default_rng(9).integers(0, 100, shape).astype(dtype.numpy)
    assert_gives(model[1], lambda _: [x], values=[(to_batch(x, *case[1:]),)])

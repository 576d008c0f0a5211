"""BATCH_MATMUL against TFLM: types, swapped operands, broadcasting, constant operands, quantisation extremes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, assert_conforms, assert_same_bits
from tests.support.models import constant, quantised, single, tensor
from tools.sni.ir import DType, Graph

TYPES = [FLOAT, INT8, INT16]
SHAPES = [
    ((), (), 1, 1, 1),
    ((), (), 3, 5, 7),
    ((2,), (2,), 3, 5, 4),
    ((3,), (1,), 2, 20, 18),
    ((1,), (3,), 2, 6, 17),
    ((), (2, 3), 4, 8, 5),
    ((2, 3), (), 4, 8, 5),
    ((2, 1), (1, 3), 3, 9, 4),
    ((2, 2), (2, 1), 1, 33, 6),
    ((2, 1, 3), (1, 2, 1), 2, 3, 5),
    ((), (), 1, 40, 70),
]
"""(batches of x, batches of y, rows, inputs, columns)."""


def layer(
    dtype: DType,
    shape: tuple[tuple[int, ...], tuple[int, ...], int, int, int],
    *,
    adj_x: bool = False,
    adj_y: bool = False,
    constants: Sequence[str] = (),
    zero_points: tuple[int, int, int] = (3, -7, 5),
    output_scale: float = 0.0,
) -> Graph:
    x_batches, y_batches, rows, inputs, columns = shape
    shapes = {
        "x": (*x_batches, *((inputs, rows) if adj_x else (rows, inputs))),
        "y": (*y_batches, *((columns, inputs) if adj_y else (inputs, columns))),
    }
    zeros = zero_points if dtype is INT8 else (0, 0, 0)
    scales = (0.05, 0.03)
    spread = scales[0] * scales[1] * np.sqrt(inputs) * (74**2 if dtype is INT8 else 19000**2)
    limit = 127 if dtype is INT8 else 32767
    rng = np.random.default_rng([rows, inputs, columns])
    operands = []
    for name, scale, zero in zip(("x", "y"), scales, zeros, strict=False):
        q = None if dtype is FLOAT else quantised(scale, zero)
        if name in constants:
            values = rng.normal(0, 1, shapes[name]) if dtype is FLOAT else rng.integers(-limit, limit + 1, shapes[name])
            operands.append(constant(name, dtype, values, q))
        else:
            operands.append(tensor(name, dtype, shapes[name], q))
    batches = np.broadcast_shapes(x_batches, y_batches)
    q = None if dtype is FLOAT else quantised(output_scale or spread * 1.5 / limit, zeros[2])
    return single(
        "BATCH_MATMUL", operands, [tensor("z", dtype, (*batches, rows, columns), q)], adj_x=adj_x, adj_y=adj_y
    )


@pytest.mark.parametrize(("dtype", "shape"), [*itertools.product(TYPES, SHAPES)])
def test_shapes(dtype: DType, shape: tuple) -> None:
    for index, (adj_x, adj_y) in enumerate(itertools.product((False, True), (False, True))):
        if index == 0 or shape in SHAPES[2:6]:
            assert_conforms(layer(dtype, shape, adj_x=adj_x, adj_y=adj_y), runs=6)


@pytest.mark.parametrize("constants", ["x", "y"])
@pytest.mark.parametrize(("dtype", "shape"), [*itertools.product(TYPES, [SHAPES[3], SHAPES[7], SHAPES[8]])])
def test_constant_operands(dtype: DType, shape: tuple, constants: str) -> None:
    for adj_x, adj_y in itertools.product((False, True), (False, True)):
        assert_conforms(layer(dtype, shape, adj_x=adj_x, adj_y=adj_y, constants=constants), runs=6)


@pytest.mark.parametrize("zero_points", [*itertools.product((-128, 127), (-128, 127), (-128, 127)), (0, 0, 0)])
def test_zero_points_at_both_ends(zero_points: tuple[int, int, int]) -> None:
    for adj_y in (False, True):
        assert_conforms(layer(INT8, ((2,), (2,), 3, 18, 20), adj_y=adj_y, zero_points=zero_points), runs=6)


@pytest.mark.parametrize("output_scale", [1e-12, 1e-7, 2e-4, 1.0, 1e4, 1e9])
def test_int8_output_scales_from_tiny_to_huge(output_scale: float) -> None:
    assert_conforms(layer(INT8, ((2,), (2,), 3, 18, 20), output_scale=output_scale))


@pytest.mark.parametrize("output_scale", [1e-4, 1.0, 1e4, 1e9])
def test_int16_output_scales(output_scale: float) -> None:
    assert_conforms(layer(INT16, ((2,), (2,), 3, 18, 20), output_scale=output_scale))


@pytest.mark.parametrize("flags", [("-O3",), ("-O3", "-march=x86-64-v3")], ids=["baseline", "x86-64-v3"])
@pytest.mark.parametrize(("dtype", "adj_y"), [*itertools.product(TYPES, (False, True))])
def test_vectorised(dtype: DType, adj_y: bool, flags: tuple[str, ...]) -> None:
    assert_conforms(layer(dtype, ((2,), (2,), 3, 70, 36), adj_y=adj_y), flags=flags, runs=10)


@pytest.mark.parametrize(("adj_x", "adj_y"), [*itertools.product((False, True), (False, True))])
def test_floats_are_equal_to_the_last_bit(adj_x: bool, adj_y: bool) -> None:
    assert_same_bits(layer(FLOAT, ((2,), (2,), 3, 18, 20), adj_x=adj_x, adj_y=adj_y))


def test_an_operand_times_itself() -> None:
    x = tensor("x", FLOAT, (2, 3, 5))
    assert_conforms(single("BATCH_MATMUL", [x, x], [tensor("z", FLOAT, (2, 3, 3))], adj_x=False, adj_y=True))

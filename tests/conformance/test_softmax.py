"""SOFTMAX against TFLM."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, assert_conforms
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.ir import DType, Graph

SHAPES = [(1, 1), (1, 2), (1, 12), (3, 10), (2, 2, 5), (1, 500)]
OUTPUTS = {INT8: quantised(1 / 256, -128), INT16: quantised(1 / 32768, 0)}


def layer(dtype: DType, shape: tuple[int, ...], scale: float = 0.1, zero_point: int = 0, beta: float = 1.0) -> Graph:
    x = tensor("x", dtype, shape, None if dtype is FLOAT else quantised(scale, zero_point))
    return single("SOFTMAX", [x], [tensor("y", dtype, shape, OUTPUTS.get(dtype))], beta=beta)


@pytest.mark.parametrize(("shape", "beta"), [*itertools.product(SHAPES, (1.0, 0.3))])
def test_float(shape: tuple[int, ...], beta: float) -> None:
    assert_conforms(layer(FLOAT, shape, beta=beta))


@pytest.mark.parametrize(("shape", "scale"), [*itertools.product(SHAPES, (1e-5, 0.003, 0.05, 0.1, 0.7, 5.0))])
def test_int8(shape: tuple[int, ...], scale: float) -> None:
    assert_conforms(layer(INT8, shape, scale, zero_point=-17))


@pytest.mark.parametrize("beta", [0.2, 3.0])
def test_int8_beta(beta: float) -> None:
    assert_conforms(layer(INT8, (2, 9), 0.05, beta=beta))


@pytest.mark.parametrize("depth", [255, 256, 511])
def test_int8_of_many_that_are_alike(depth: int) -> None:
    """Sums that are as large as can be, and so the shifts of what is divided by them."""
    model = write_tflite(layer(INT8, (1, depth), 0.001))
    native, oracle = Native(model), Oracle(model)
    for values in (np.full((1, depth), -128), np.arange(depth)[None] % 4 - 2, np.arange(depth)[None] // 2 - 128):
        given = values.astype(np.int8)
        np.testing.assert_array_equal(native.run(given)[0], oracle.run(given)[0])


def test_int8_of_so_many_that_each_share_is_nothing() -> None:
    """Shifts that TFLM leaves to the processor."""
    native = Native(write_tflite(layer(INT8, (1, 1024), 0.001)))
    np.testing.assert_array_equal(native.run(np.full((1, 1024), 5, np.int8))[0], -128)


@pytest.mark.parametrize(("shape", "scale"), [*itertools.product(SHAPES, (0.003, 0.05, 0.3))])
def test_int8_to_int16(shape: tuple[int, ...], scale: float) -> None:
    y = tensor("y", INT16, shape, quantised(1 / 65536, -32768))
    assert_conforms(single("SOFTMAX", [tensor("x", INT8, shape, quantised(scale, 4))], [y], beta=1.0))


@pytest.mark.parametrize(("shape", "scale"), [*itertools.product(SHAPES, (1e-5, 0.0003, 0.002, 0.1))])
def test_int16(shape: tuple[int, ...], scale: float) -> None:
    assert_conforms(layer(INT16, shape, scale))


@pytest.mark.parametrize(("dtype", "scale"), [(INT8, 0.02), (INT8, 0.2), (INT16, 0.0004)])
def test_inputs_that_do_not_saturate(dtype: DType, scale: float) -> None:
    """Random inputs over the whole range give one 1 and many 0; these spread the shares out."""
    model = write_tflite(layer(dtype, (1, 12), scale))
    native, oracle = Native(model), Oracle(model)
    rng = np.random.default_rng(5)
    for _ in range(300):
        spread = rng.uniform(1, 60 if dtype is INT8 else 9000)
        values = (
            np.clip(rng.normal(0, spread, (1, 12)), -120, 120)
            if dtype is INT8
            else rng.normal(0, spread, (1, 12)).clip(-32000, 32000)
        )
        values = values.astype(dtype.numpy)
        np.testing.assert_array_equal(native.run(values)[0], oracle.run(values)[0])

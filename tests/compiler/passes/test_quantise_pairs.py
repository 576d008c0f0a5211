"""QUANTIZE that gives back what was there already becomes RESHAPE."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    FLOAT,
    INT8,
    INT16,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.models import chain, quantised, single, tensor
from tools.sni.ir import DType, Graph, Quantisation
from tools.sni.passes.quantise_pairs import remove_quantise_pairs

SCALES = (1e-30, 1.17e-38, 1e-40, 0.0039215689, 1 / 3, 0.1, 7.7, 1e30, 9e32)


def there_and_back(dtype: DType, q: Quantisation, back: Quantisation | None = None, between: str = "") -> Graph:
    low, high = dtype.bounds
    shape = (1, 256) if dtype is INT8 else (1, high - low + 1)
    x, real, y = tensor("x", dtype, shape, q), tensor("r", FLOAT, shape), tensor("y", dtype, shape, back or q)
    if not between:
        return chain([("DEQUANTIZE", [x], [real], {}), ("QUANTIZE", [real], [y], {})])
    changed = tensor("c", FLOAT, shape)
    return chain([("DEQUANTIZE", [x], [real], {}), (between, [real], [changed], {}), ("QUANTIZE", [changed], [y], {})])


def every(dtype: DType) -> list[tuple[np.ndarray]]:
    low, high = dtype.bounds
    return [(np.arange(low, high + 1).astype(dtype.numpy).reshape(1, -1),)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("dtype", "zero_point"), [(INT8, -128), (INT8, -7), (INT8, 127), (INT16, 0)])
def test_a_pair_gives_back_every_value(dtype: DType, zero_point: int, scale: float) -> None:
    """In TFLM, which runs both operators."""
    graph = there_and_back(dtype, quantised(scale, zero_point))
    assert kinds(remove_quantise_pairs(graph)) == ["DEQUANTIZE", "RESHAPE"]
    assert optimised_kinds(graph) == ["RESHAPE"]
    assert_same_bits(graph, values=every(dtype))


def test_a_pair_gives_back_every_value_for_many_scales() -> None:
    """In NumPy: as many scales as there are in [1, 2), at random, since only the digits matter."""
    rng = np.random.default_rng(1)
    scales = rng.uniform(1, 2, 20000).astype(np.float32)
    for difference in (1, 2, 127, 128, 255, 32767, 32768, 65535):
        real = scales * np.float32(difference)
        assert (np.trunc((real / scales).astype(np.float64) + 0.5) == difference).all()


def test_a_reshape_may_stand_between() -> None:
    graph = there_and_back(INT8, quantised(0.1, 3), between="RESHAPE")
    assert optimised_kinds(graph) == ["RESHAPE"]
    assert_same_bits(graph)


def test_the_float_may_be_read_elsewhere() -> None:
    graph = with_outputs(there_and_back(INT8, quantised(0.1, 3)), "r", "y")
    assert optimised_kinds(graph) == ["DEQUANTIZE", "RESHAPE"]
    assert_same_bits(graph)


@pytest.mark.parametrize("back", [quantised(0.10001, 3), quantised(0.1, 4)])
def test_not_to_another_quantisation(back: Quantisation) -> None:
    graph = there_and_back(INT8, quantised(0.1, 3), back)
    assert_untouched(remove_quantise_pairs, graph)
    assert_same_bits(graph, values=every(INT8))


def test_not_with_something_between() -> None:
    graph = there_and_back(INT8, quantised(0.1, 3), between="RELU")
    assert_untouched(remove_quantise_pairs, graph)
    assert_same_bits(graph, values=every(INT8))


def test_not_a_scale_whose_products_are_infinite() -> None:
    assert_untouched(remove_quantise_pairs, there_and_back(INT8, quantised(3e37, 3)))


def requantised(dtype: DType, q: Quantisation, to: Quantisation) -> Graph:
    low, high = dtype.bounds
    shape = (1, high - low + 1)
    return single("QUANTIZE", [tensor("x", dtype, shape, q)], [tensor("y", dtype, shape, to)])


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize(("dtype", "zero_point"), [(INT8, -128), (INT8, 5), (INT16, 0)])
def test_to_the_same_quantisation(dtype: DType, zero_point: int, scale: float) -> None:
    q = quantised(scale, zero_point)
    graph = requantised(dtype, q, q)
    assert kinds(remove_quantise_pairs(graph)) == ["RESHAPE"]
    assert_same_bits(graph, values=every(dtype))


@pytest.mark.parametrize("to", [quantised(0.2, 5), quantised(0.1, 6)])
def test_not_to_another(to: Quantisation) -> None:
    graph = requantised(INT8, quantised(0.1, 5), to)
    assert_untouched(remove_quantise_pairs, graph)
    assert_same_bits(graph, values=every(INT8))

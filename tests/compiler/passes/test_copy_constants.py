"""Constants that a kernel wants to find in the arena are copied there, and no others."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, assert_same_bits, assert_untouched, kinds
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import DType, Graph
from tools.sni.operators import OPERATORS
from tools.sni.passes.copy_constants import TAKING_CONSTANTS, copy_constants

DATA = np.arange(-12, 12).reshape(2, 12)


def of_a_constant(kind: str, dtype: DType = INT8) -> Graph:
    """An operator of a constant, then of that and the network's input."""
    q = quantised(1 / 128) if dtype is INT8 else None
    made, x, y = (tensor(name, dtype, (2, 12), q) for name in ("made", "x", "y"))
    data = constant("data", dtype, DATA, q)
    return chain([(kind, [data], [made], {}), ("ADD", [x, made], [y], {"fused_activation_function": "NONE"})])


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
@pytest.mark.parametrize("kind", ["RELU", "RELU6", "LEAKY_RELU"])
def test_it_is_copied(kind: str, dtype: DType) -> None:
    graph = of_a_constant(kind, dtype)
    copied = copy_constants(graph)
    assert kinds(copied) == ["RESHAPE", kind, "ADD"]
    assert copied.ops[0].inputs == graph.ops[0].inputs
    assert copied.ops[1].inputs == copied.ops[0].outputs
    assert_same_bits(graph)


def test_a_matrix_product_of_a_constant() -> None:
    x, made, y = (tensor(name, FLOAT, (2, 4)) for name in ("x", "made", "y"))
    w = constant("w", FLOAT, np.random.default_rng(1).normal(0, 1, (4, 12)))
    layers = [("FULLY_CONNECTED", [constant("data", FLOAT, DATA), w], [made], {}), ("ADD", [x, made], [y], {})]
    assert kinds(copy_constants(chain(layers))) == ["RESHAPE", "FULLY_CONNECTED", "ADD"]
    assert_same_bits(chain(layers))


@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_not_for_a_kernel_that_takes_it(kind: str) -> None:
    x, y = tensor("x", FLOAT, (2, 12)), tensor("y", FLOAT, (2, 12))
    graph = chain([(kind, [constant("data", FLOAT, DATA), x], [y], {})])
    assert_untouched(copy_constants, graph)
    assert_same_bits(graph)


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
def test_not_for_prelu_of_a_constant(dtype: DType) -> None:
    q = quantised(1 / 100, 3) if dtype is INT8 else None
    alpha, y = tensor("alpha", dtype, (2, 12), q), tensor("y", dtype, (2, 12), q)
    graph = chain([("PRELU", [constant("data", dtype, DATA * 5, q), alpha], [y], {})])
    assert_untouched(copy_constants, graph)
    assert_same_bits(graph)


def test_not_weights() -> None:
    x, y = tensor("x", FLOAT, (2, 12)), tensor("y", FLOAT, (2, 2))
    graph = chain([("FULLY_CONNECTED", [x, constant("w", FLOAT, DATA)], [y], {})])
    assert_untouched(copy_constants, graph)
    assert_same_bits(graph)


def test_all_that_take_constants_are_operators() -> None:
    assert set(OPERATORS) >= TAKING_CONSTANTS

"""Two TRANSPOSE in a row are one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.compiler.passes.checking import (
    INT8,
    INT32,
    assert_same_bits,
    assert_untouched,
    kinds,
    optimised_kinds,
    with_outputs,
)
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import Graph
from tools.sni.passes.merge_transposes import merge_transposes

Q = quantised(0.05, -4)


def twice(first: tuple[int, ...], second: tuple[int, ...], shape: tuple[int, ...] = (2, 3, 4)) -> Graph:
    middle = tuple(shape[i] for i in first)
    a, b, c = (
        tensor("a", INT8, shape, Q),
        tensor("b", INT8, middle, Q),
        tensor("c", INT8, tuple(middle[i] for i in second), Q),
    )
    p, q = (constant("p", INT32, np.array(order)) for order in (first, second))
    return chain([("TRANSPOSE", [a, p], [b], {}), ("TRANSPOSE", [b, q], [c], {})])


@pytest.mark.parametrize(
    ("first", "second"),
    [*itertools.product(((0, 2, 1), (1, 2, 0), (-1, 0, -2)), ((1, 2, 0), (2, 0, 1), (0, -1, 1)))],
)
def test_two_become_one(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    graph = twice(first, second)
    merged = merge_transposes(graph)
    assert merged.ops[1].inputs[0] == graph.inputs[0]
    assert len(optimised_kinds(graph)) == 1
    positive = twice(tuple(i % 3 for i in first), tuple(i % 3 for i in second))
    assert_same_bits(graph, same=positive)


def test_there_and_back_is_a_view() -> None:
    graph = twice((0, 2, 1), (0, 2, 1))
    assert optimised_kinds(graph) == ["RESHAPE"]
    assert_same_bits(graph)


def test_one_that_is_read_elsewhere_stays() -> None:
    graph = with_outputs(twice((0, 2, 1), (0, 2, 1)), "b", "c")
    assert optimised_kinds(graph) == ["TRANSPOSE", "RESHAPE"]
    assert_same_bits(graph)


def test_not_with_something_between() -> None:
    graph = twice((0, 2, 1), (0, 2, 1))
    a, b, c, d = (tensor(name, INT8, (2, 4, 3) if name in "bc" else (2, 3, 4), Q) for name in "abcd")
    p = constant("p", INT32, np.array((0, 2, 1)))
    graph = chain([("TRANSPOSE", [a, p], [b], {}), ("RELU", [b], [c], {}), ("TRANSPOSE", [c, p], [d], {})])
    assert_untouched(merge_transposes, graph)
    assert_same_bits(graph)


def test_not_what_is_wrong() -> None:
    graph = twice((0, 2, 2), (0, 1, 2))
    assert_untouched(merge_transposes, graph)
    assert kinds(graph) == ["TRANSPOSE", "TRANSPOSE"]

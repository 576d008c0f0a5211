"""Operators that change no element become RESHAPE; their neighbours do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, INT32, assert_same_bits, assert_untouched, kinds
from tests.support.models import chain, constant, quantised, single, tensor
from tools.sni.ir import Attribute, Graph, Tensor
from tools.sni.passes.identities import remove_identities

SHAPE = (1, 3, 1, 4)
Q = quantised(0.05, -4)
MASKS = dict.fromkeys(("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask"), 0)


def x() -> Tensor:
    return tensor("x", INT8, SHAPE, Q)


def how(*values: object) -> Tensor:
    return constant("how", INT32, np.array(values))


def one(kind: str, inputs: list[Tensor], shape: tuple[int, ...], **attributes: Attribute) -> Graph:
    return single(kind, inputs, [tensor("y", inputs[0].dtype if kind != "SPLIT" else INT8, shape, Q)], **attributes)


NOTHING = how(*[(0, 0)] * 4)
IDENTITIES = [
    one("SQUEEZE", [x()], (3, 4), squeeze_dims=(0, 2)),
    one("EXPAND_DIMS", [x(), how(1)], (1, 1, 3, 1, 4)),
    one("TRANSPOSE", [x(), how(0, 1, 2, 3)], SHAPE),
    one("TRANSPOSE", [x(), how(2, 1, 3, 0)], (1, 3, 4, 1)),
    one("CONCATENATION", [x()], SHAPE, axis=1, fused_activation_function="NONE"),
    one("PACK", [x()], (1, 1, 3, 1, 4), axis=1, values_count=1),
    one("UNPACK", [x()], (1, 3, 4), axis=2, num=1),
    one("SPLIT", [how(3), x()], SHAPE, num_splits=1),
    one("SPLIT_V", [x(), how(3), how(1)], SHAPE, num_splits=1),
    one("SLICE", [x(), how(0, 0, 0, 0), how(1, -1, 1, 4)], SHAPE),
    one("STRIDED_SLICE", [x(), how(0, 0, 0, 0), how(1, 3, 1, 4), how(1, 1, 1, 1)], SHAPE, **MASKS),
    one("PAD", [x(), NOTHING], SHAPE),
    one("PADV2", [x(), NOTHING, constant("v", INT8, np.array([5]), Q)], SHAPE),
    one("MIRROR_PAD", [x(), NOTHING], SHAPE, mode="REFLECT"),
    one("BROADCAST_TO", [tensor("x", FLOAT, SHAPE), how(*SHAPE)], SHAPE),
    one("CAST", [x()], SHAPE),
]
LOOKING_ALIKE = [
    one("TRANSPOSE", [x(), how(0, 3, 2, 1)], (1, 4, 1, 3)),
    one("CONCATENATION", [x(), tensor("x2", INT8, SHAPE, Q)], (1, 6, 1, 4), axis=1, fused_activation_function="NONE"),
    one("SLICE", [x(), how(0, 1, 0, 0), how(1, 2, 1, 4)], (1, 2, 1, 4)),
    one("STRIDED_SLICE", [x(), how(0, -1, 0, 0), how(1, -4, 1, 4), how(1, -1, 1, 1)], SHAPE, **MASKS),
    one("PAD", [x(), how((0, 0), (0, 1), (0, 0), (0, 0))], (1, 4, 1, 4)),
    one("BROADCAST_TO", [tensor("x", FLOAT, SHAPE), how(1, 3, 2, 4)], (1, 3, 2, 4)),
]
NOT_IN_TFLM = ("CAST",)
"""To the type that is there already."""


def names(graphs: list[Graph]) -> list[str]:
    return [f"{graph.ops[0].kind}-{number}" for number, graph in enumerate(graphs)]


@pytest.mark.parametrize("graph", IDENTITIES, ids=names(IDENTITIES))
def test_what_changes_nothing(graph: Graph) -> None:
    (op,) = remove_identities(graph).ops
    assert (op.kind, op.inputs, op.outputs) == ("RESHAPE", graph.inputs, graph.outputs)
    if graph.ops[0].kind not in NOT_IN_TFLM:
        assert_same_bits(graph)


@pytest.mark.parametrize("graph", LOOKING_ALIKE, ids=names(LOOKING_ALIKE))
def test_not_what_changes_something(graph: Graph) -> None:
    assert_untouched(remove_identities, graph)
    assert_same_bits(graph)


def scaled(kind: str, value: float, producer: str = "MUL", first: bool = False, **attributes: Attribute) -> Graph:
    """x producer x, then `kind` with a constant. first: which stands in front."""
    values = [tensor(name, FLOAT, (2, 5)) for name in "xyz"]
    other = constant("c", FLOAT, np.full(5, value))
    given = [values[0], values[0]] if producer == "MUL" else [values[0]]
    read = [other, values[1]] if first else [values[1], other]
    return chain([(producer, given, [values[1]], {}), (kind, read, [values[2]], attributes)])


@pytest.mark.parametrize(("kind", "value"), [("MUL", 1.0), ("DIV", 1.0), ("SUB", 0.0), ("ADD", -0.0)])
def test_a_neutral_constant(kind: str, value: float) -> None:
    graph = scaled(kind, value)
    assert kinds(remove_identities(graph)) == ["MUL", "RESHAPE"]
    assert_same_bits(graph)


@pytest.mark.parametrize(("kind", "value"), [("MUL", 1.0), ("ADD", -0.0)])
def test_a_neutral_constant_in_front(kind: str, value: float) -> None:
    graph = scaled(kind, value, first=True)
    assert kinds(remove_identities(graph)) == ["MUL", "RESHAPE"]
    assert_same_bits(graph)


@pytest.mark.parametrize(("kind", "value"), [("SUB", 0.0), ("DIV", 1.0), ("ADD", 0.0)])
def test_not_what_a_constant_in_front_turns_round(kind: str, value: float) -> None:
    """0 - x and 1 / x."""
    graph = scaled(kind, value, first=True)
    assert_untouched(remove_identities, graph)


def test_neutral_where_infinities_were_made_finite_before() -> None:
    """x * x overflows here; TFLM makes the largest float of it, and times 1 keeps that."""
    graph = scaled("MUL", 1.0)
    huge = np.array([[3e38, -3e38, np.nan, -0.0, 1e-45]] * 2, np.float32)
    assert_same_bits(graph, values=[(huge,)])


@pytest.mark.parametrize(
    ("kind", "value"), [("ADD", 0.0), ("SUB", -0.0), ("MUL", 1.0000001), ("DIV", -1.0), ("MUL", 0.0)]
)
def test_not_a_constant_that_is_not_neutral(kind: str, value: float) -> None:
    """-0.0 plus 0.0 is 0.0."""
    assert_untouched(remove_identities, scaled(kind, value))


def test_not_with_an_activation() -> None:
    assert_untouched(remove_identities, scaled("MUL", 1.0, fused_activation_function="RELU"))


def test_not_where_an_infinity_can_come_in() -> None:
    """Times 1, TFLM makes the largest float of it."""
    graph = scaled("MUL", 1.0, "RELU")
    assert_untouched(remove_identities, graph)
    assert_same_bits(graph, values=[(np.array([[np.inf, -np.inf, 3e38, 0, 1]] * 2, np.float32),)])


def test_not_of_integers() -> None:
    """1 is not 1.0 there."""
    a, b = tensor("a", INT32, (2, 5)), tensor("b", INT32, (2, 5))
    assert_untouched(remove_identities, single("MUL", [a, how(1)], [b]))


def test_a_variable() -> None:
    """It may change before the copy is read. A RESHAPE is as much of now as what it replaces."""
    graph = one("TRANSPOSE", [replace(x(), variable=True), how(0, 1, 2, 3)], SHAPE)
    assert kinds(remove_identities(graph)) == ["RESHAPE"]


def test_not_what_is_wrong() -> None:
    """The message must be about the operator in the file."""
    assert_untouched(remove_identities, one("TRANSPOSE", [x(), how(0, 2, 2, 3)], SHAPE))
    assert_untouched(remove_identities, one("SQUEEZE", [x()], (3, 4), squeeze_dims=(1,)))

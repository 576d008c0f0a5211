"""VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE and CALL_ONCE against TFLM, over inferences that follow one another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, INT32, assert_conforms, numbers
from tests.support.model_writer import write_tflite
from tests.support.models import Layers, constant, network, quantised, tensor
from tests.support.native import Native
from tools.sni.ir import DType, Graph, Quantisation, Tensor

QUANTISATIONS = {INT8: quantised(0.1, -7), INT16: quantised(0.001), FLOAT: None, INT32: None}
SHAPE = (2, 5)


def handle() -> Tensor:
    return tensor("handle", DType.RESOURCE, ())


def named(name: str, container: str = "") -> dict[str, str]:
    return {"shared_name": name, "container": container}


def value(name: str, dtype: DType = FLOAT, shape: Sequence[int] = SHAPE) -> Tensor:
    return tensor(name, dtype, shape, QUANTISATIONS[dtype])


def initialised(name: str, data: Tensor) -> Graph:
    """What a CALL_ONCE calls to set a variable."""
    h = handle()
    layers = [("VAR_HANDLE", [], [h], named(name)), ("ASSIGN_VARIABLE", [h, data], [], {})]
    return network(layers, [], [])


def accumulator(dtype: DType = FLOAT, first: np.ndarray | None = None, kind: str = "ADD") -> Graph:
    """y = sum of all x so far."""
    h, before, x, y = handle(), value("before", dtype), value("x", dtype), value("y", dtype)
    layers: Layers = [
        ("VAR_HANDLE", [], [h], named("sum")),
        ("READ_VARIABLE", [h], [before], {}),
        (kind, [before, x], [y], {}),
        ("ASSIGN_VARIABLE", [h, y], [], {}),
    ]
    if first is None:
        return network(layers, [x], [y])
    start = initialised("sum", constant("first", dtype, first, QUANTISATIONS[dtype]))
    return network([("CALL_ONCE", [], [], {"init_subgraph_index": 1}), *layers], [x], [y], {1: start})


@pytest.mark.parametrize(
    ("dtype", "kind"), [(FLOAT, "ADD"), (INT8, "ADD"), (INT16, "ADD"), (INT32, "ADD"), (INT8, "MAXIMUM")]
)
def test_without_a_first_value(dtype: DType, kind: str) -> None:
    """It starts at zero, int8 at the zero point."""
    assert_conforms(accumulator(dtype, kind=kind))


@pytest.mark.parametrize(("dtype", "same"), [*itertools.product((FLOAT, INT8, INT16, INT32), (False, True))])
def test_with_a_first_value(dtype: DType, same: bool) -> None:
    drawn = np.random.default_rng(0).integers(-100, 100, SHAPE)
    assert_conforms(accumulator(dtype, np.full(SHAPE, 3) if same else drawn))


def test_a_state_begins_anew() -> None:
    model = write_tflite(accumulator(INT8, np.arange(10).reshape(SHAPE), "MAXIMUM"))
    native = Native(model)
    x = np.full(SHAPE, -128, np.int8)
    first = native.run(x)[0]
    native.run(np.full(SHAPE, 50, np.int8))
    native.initialise(0xA5)
    np.testing.assert_array_equal(native.run(x)[0], first)


def test_what_was_read_stays_when_the_variable_changes() -> None:
    """The value of before is used after the assignment, and is an output, too."""
    h, before, x, y, z = handle(), value("before"), value("x"), value("y"), value("z")
    layers = [
        ("VAR_HANDLE", [], [h], named("v")),
        ("READ_VARIABLE", [h], [before], {}),
        ("MUL", [x, x], [y], {}),
        ("ASSIGN_VARIABLE", [h, y], [], {}),
        ("SUB", [before, x], [z], {}),
    ]
    assert_conforms(network(layers, [x], [before, z]))


def test_reading_again_gives_the_new_value() -> None:
    h, g, a, b, x, y = handle(), handle(), value("a"), value("b"), value("x"), value("y")
    layers = [
        ("VAR_HANDLE", [], [h], named("v")),
        ("READ_VARIABLE", [h], [a], {}),
        ("ASSIGN_VARIABLE", [h, x], [], {}),
        ("VAR_HANDLE", [], [g], named("v")),
        ("READ_VARIABLE", [g], [b], {}),
        ("SUB", [b, a], [y], {}),
    ]
    assert_conforms(network(layers, [x], [y]))


def test_two_variables_that_change_places() -> None:
    g, h, a, b, x, y = handle(), handle(), value("a"), value("b"), value("x"), value("y")
    layers = [
        ("VAR_HANDLE", [], [g], named("g")),
        ("VAR_HANDLE", [], [h], named("h")),
        ("READ_VARIABLE", [g], [a], {}),
        ("READ_VARIABLE", [h], [b], {}),
        ("ASSIGN_VARIABLE", [g, b], [], {}),
        ("ADD", [a, x], [y], {}),
        ("ASSIGN_VARIABLE", [h, y], [], {}),
    ]
    assert_conforms(network(layers, [x], [y, b]))


def test_a_variable_is_given_a_constant_and_an_input() -> None:
    g, h, a, b, x, y = handle(), handle(), value("a"), value("b"), value("x"), value("y")
    fixed = constant("fixed", FLOAT, np.arange(10.0).reshape(SHAPE))
    layers = [
        ("VAR_HANDLE", [], [g], named("g")),
        ("VAR_HANDLE", [], [h], named("h")),
        ("READ_VARIABLE", [g], [a], {}),
        ("READ_VARIABLE", [h], [b], {}),
        ("ASSIGN_VARIABLE", [g, fixed], [], {}),
        ("ASSIGN_VARIABLE", [h, x], [], {}),
        ("ADD", [a, b], [y], {}),
    ]
    assert_conforms(network(layers, [x], [y]))


def test_containers_tell_variables_of_one_name_apart() -> None:
    g, h, a, b, x, y = handle(), handle(), value("a"), value("b"), value("x"), value("y")
    layers = [
        ("VAR_HANDLE", [], [g], named("v", "one")),
        ("VAR_HANDLE", [], [h], named("v", "two")),
        ("READ_VARIABLE", [g], [a], {}),
        ("READ_VARIABLE", [h], [b], {}),
        ("ADD", [a, x], [y], {}),
        ("ASSIGN_VARIABLE", [g, y], [], {}),
        ("ASSIGN_VARIABLE", [h, x], [], {}),
    ]
    native = Native(write_tflite(network(layers, [x], [y, b])))
    one = np.ones(SHAPE, np.float32)
    assert [[array[0, 0] for array in native.run(one)] for _ in range(3)] == [[1, 0], [2, 1], [3, 1]]


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_a_ring_of_the_last_inputs(dtype: DType) -> None:
    """The state of a streaming convolution: what was there moves up, the new comes last."""
    rows, width = 4, 3
    q = QUANTISATIONS[dtype]

    def part(name: str, count: int) -> Tensor:
        return tensor(name, dtype, (1, count, width), q)

    h, before, x, longer, kept = (
        handle(),
        part("before", rows),
        part("x", 1),
        part("longer", rows + 1),
        part("kept", rows),
    )
    layers = [
        ("VAR_HANDLE", [], [h], named("ring")),
        ("READ_VARIABLE", [h], [before], {}),
        ("CONCATENATION", [before, x], [longer], {"axis": 1}),
        ("SLICE", [longer, numbers("begin", [0, 1, 0]), numbers("size", [1, rows, width])], [kept], {}),
        ("ASSIGN_VARIABLE", [h, kept], [], {}),
    ]
    assert_conforms(network(layers, [x], [kept]))
    assert_conforms(network(layers, [x], [longer]))


def test_a_variable_that_a_loop_changes() -> None:
    def parts() -> dict[int, Graph]:
        i, x, holds = tensor("i", INT32, ()), value("x"), tensor("holds", DType.BOOL, ())
        cond = network([("LESS", [i, numbers("3", 3)], [holds], {})], [i, x], [holds])
        i, x, after, h, v, w = (
            tensor("i", INT32, ()),
            value("x"),
            tensor("after", INT32, ()),
            handle(),
            value("v"),
            value("w"),
        )
        y = value("y")
        layers = [
            ("VAR_HANDLE", [], [h], named("v")),
            ("READ_VARIABLE", [h], [v], {}),
            ("ADD", [v, x], [w], {}),
            ("ASSIGN_VARIABLE", [h, w], [], {}),
            ("SUB", [x, v], [y], {}),
            ("ADD", [i, numbers("1", 1)], [after], {}),
        ]
        return {1: cond, 2: network(layers, [i, x], [after, y])}

    x, last, y, h, v = value("x"), tensor("last", INT32, ()), value("y"), handle(), value("v")
    layers = [
        ("VAR_HANDLE", [], [h], named("v")),
        ("WHILE", [numbers("0", 0), x], [last, y], {"cond_subgraph_index": 1, "body_subgraph_index": 2}),
        ("READ_VARIABLE", [h], [v], {}),
    ]
    assert_conforms(network(layers, [x], [y, v], parts()), runs=5)


def test_a_variable_that_one_branch_changes() -> None:
    x, h, y = value("x"), handle(), value("y")
    layers = [("VAR_HANDLE", [], [h], named("v")), ("ASSIGN_VARIABLE", [h, x], [], {}), ("NEG", [x], [y], {})]
    then = network(layers, [x], [y])
    x, y = value("x"), value("y")
    otherwise = network([("ABS", [x], [y], {})], [x], [y])
    c, x, y, h, v = tensor("c", DType.BOOL, ()), value("x"), value("y"), handle(), value("v")
    layers = [
        ("IF", [c, x], [y], {"then_subgraph_index": 1, "else_subgraph_index": 2}),
        ("VAR_HANDLE", [], [h], named("v")),
        ("READ_VARIABLE", [h], [v], {}),
    ]
    assert_conforms(network(layers, [c, x], [y, v], {1: then, 2: otherwise}))


def test_a_quantisation_of_its_own() -> None:
    """Bits are moved, whatever they stand for."""
    h, before, x = handle(), tensor("before", INT8, SHAPE, quantised(0.1, 9)), value("x", INT8)
    y: Tensor = tensor("y", INT8, SHAPE, Quantisation((0.5,), (-1,)))
    layers = [
        ("VAR_HANDLE", [], [h], named("v")),
        ("ASSIGN_VARIABLE", [h, x], [], {}),
        ("READ_VARIABLE", [h], [before], {}),
        ("ADD", [before, x], [y], {}),
    ]
    assert_conforms(network(layers, [x], [y]))

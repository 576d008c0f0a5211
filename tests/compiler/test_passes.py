"""Each pass fires where it should, does nothing where it must not, and changes no bit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tools.sni.ir import DType, Graph, Quantisation
from tools.sni.passes.dead_code import remove_dead_code
from tools.sni.passes.fuse_activation import fuse_activations

INT8 = DType.INT8


def dense_then(kind: str, after: Quantisation, *, two_readers: bool = False) -> Graph:
    rng = np.random.default_rng(3)
    q = quantised(0.05, -4)
    x = tensor("x", INT8, (1, 20), quantised(0.1, 7))
    w = constant("w", INT8, rng.integers(-127, 128, (6, 20)), quantised(0.01))
    b = constant("b", DType.INT32, rng.integers(-500, 500, 6), quantised(0.1 * 0.01))
    y, z, other = (
        tensor("y", INT8, (1, 6), q),
        tensor("z", INT8, (1, 6), after),
        tensor("o", INT8, (1, 6), quantised(1 / 128)),
    )
    layers = [("FULLY_CONNECTED", [x, w, b], [y], {}), (kind, [y], [z], {})]
    return chain([*layers, ("TANH", [y], [other], {})] if two_readers else layers)


def assert_same_bits(graph: Graph) -> None:
    """The compiled graph, passes and all, equals the oracle on the graph as it was."""
    model = write_tflite(graph)
    native = Native(model)
    oracle = Oracle(model, 1, len(native.outputs))
    for x in edge_inputs(np.dtype(np.int8), native.inputs[0].shape, np.random.default_rng(0), 50):
        for ours, theirs in zip(native.run(x), oracle.run(x), strict=True):
            np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", ["RELU", "RELU6"])
def test_an_activation_is_fused(kind: str) -> None:
    graph = dense_then(kind, quantised(0.05, -4))
    (op,) = fuse_activations(graph).ops
    assert (op.kind, op.attributes["fused_activation_function"]) == ("FULLY_CONNECTED", kind)
    assert op.outputs == graph.outputs
    assert_same_bits(graph)


def test_an_activation_that_rescales_is_not_fused() -> None:
    graph = dense_then("RELU", quantised(0.03, -4))
    assert len(fuse_activations(graph).ops) == 2
    assert_same_bits(graph)


def test_an_activation_whose_input_is_read_elsewhere_is_not_fused() -> None:
    graph = dense_then("RELU", quantised(0.05, -4), two_readers=True)
    assert len(fuse_activations(graph).ops) == 3
    assert_same_bits(graph)


def test_dead_code_goes_and_the_rest_stays() -> None:
    q = quantised(0.1)
    a, b, c, d = (tensor(n, INT8, (1, 9), q) for n in "abcd")
    graph = chain([("RELU", [a], [b], {}), ("RELU6", [a], [c], {}), ("RELU", [c], [d], {})])
    wanted = Graph(graph.tensors, graph.ops, graph.inputs, (graph.outputs[0],))
    cleaned = remove_dead_code(wanted)
    assert [op.index for op in cleaned.ops] == [0]
    assert len(cleaned.tensors) == 2
    assert_same_bits(wanted)

"""Unrolled steps become a loop where they are one, stay as they are where they are not, and no bit changes."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tests.support.recurrent import unrolled
from tools.sni.compiler import compile_graph
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.sni.passes import optimise
from tools.sni.passes.roll_unrolled import roll_unrolled
from tools.sni.program import Program

FLOAT, INT8 = DType.FLOAT32, DType.INT8


def loops(graph: Graph) -> list[int]:
    """How often each loop runs."""
    return [op.attributes["count"] for op in graph.ops if op.kind == "loop"]


def assert_same_bits(graph: Graph) -> None:
    """The compiled graph, passes and all, equals TFLM on the graph as it was."""
    model = write_tflite(graph)
    native = Native(model, flags=("-O2", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all"))
    oracle = Oracle(model, len(native.inputs), len(native.outputs))
    rng = np.random.default_rng(5)
    for values in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, 6) for t in native.inputs), strict=True):
        for ours, theirs in zip(native.run(*values), oracle.run(*values), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def program(graph: Graph) -> Program:
    return compile_graph(read_tflite(write_tflite(graph), "m"), "m", Options("m"))


@pytest.mark.parametrize(
    ("cell", "dtype", "sequence"), [*itertools.product(("simple", "lstm", "gru"), (FLOAT, INT8), (False, True))]
)
def test_unrolled_cells_become_a_loop(cell: str, dtype: DType, sequence: bool) -> None:
    graph = unrolled(cell, dtype, 6, sequence=sequence)
    # The first step has no state before it, and is another one.
    assert loops(optimise(graph)) == [5]
    assert_same_bits(graph)


@pytest.mark.parametrize("cell", ["simple", "lstm", "gru"])
def test_steps_that_are_quantised_alike_need_no_numbers(cell: str) -> None:
    graph = unrolled(cell, INT8, 6, varying=False)
    made = program(graph)
    assert loops(made.graph) == [5]
    assert not any(number.data.size > 1 for step in made.steps for number in step.kernel.per_step)
    assert_same_bits(graph)


@pytest.mark.parametrize(("dtype", "batch"), [(FLOAT, 2), (INT8, 3)])
def test_several_sequences_at_once(dtype: DType, batch: int) -> None:
    graph = unrolled("lstm", dtype, 5, batch=batch)
    assert loops(optimise(graph)) == [4]
    assert_same_bits(graph)


@pytest.mark.parametrize(("cell", "dtype"), [("simple", FLOAT), ("lstm", INT8)])
def test_from_the_last_step_to_the_first(cell: str, dtype: DType) -> None:
    graph = unrolled(cell, dtype, 6, backwards=True)
    assert loops(optimise(graph)) == [5]
    assert re.search(r"\[\d+ - \d+ \* step\]", Native(write_tflite(graph)).files["model.c"])
    assert_same_bits(graph)


@pytest.mark.parametrize(
    ("cell", "dtype", "sequence"), [("lstm", FLOAT, True), ("gru", INT8, True), ("simple", INT8, False)]
)
def test_cells_on_top_of_cells(cell: str, dtype: DType, sequence: bool) -> None:
    """The second reads the states of the first from an array, row by row."""
    graph = unrolled(cell, dtype, 6, layers=2, sequence=sequence)
    assert loops(optimise(graph)) == [5, 5]
    assert_same_bits(graph)


def test_without_biases() -> None:
    graph = unrolled("gru", INT8, 5, bias=False)
    assert loops(optimise(graph)) == [4]
    assert_same_bits(graph)


@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_flash_and_ram_hardly_depend_on_the_steps(dtype: DType) -> None:
    short, long = (program(unrolled("lstm", dtype, steps, units=16, sequence=False)) for steps in (8, 40))
    assert len(short.steps) == len(long.steps)
    # 6 values that differ, a scale and a zero point each; a float network has none.
    assert long.constant_bytes - short.constant_bytes <= (0 if dtype is FLOAT else 32 * 40)
    inputs = 32 * 3 * dtype.size
    assert long.arena.size - short.arena.size <= inputs + 16


def test_two_steps_are_left_alone() -> None:
    graph = unrolled("lstm", FLOAT, 3)
    assert loops(optimise(graph)) == []
    assert_same_bits(graph)


def test_steps_with_an_input_of_the_network_each_are_left_alone() -> None:
    """Nobody says where the inputs lie."""
    graph = unrolled("gru", FLOAT, 5)
    unpack, *ops = graph.ops
    changed = Graph(graph.tensors, tuple(ops), unpack.outputs, graph.outputs)
    assert loops(optimise(changed)) == []
    assert_same_bits(changed)


def dense_chain(same: bool) -> Graph:
    """Dense layers one after the other, of the same weights or each of its own."""
    rng = np.random.default_rng(2)
    w = [constant("w", FLOAT, rng.normal(0, 0.5, (4, 4))) for _ in range(5)]
    values = [tensor(f"t{i}", FLOAT, (1, 4)) for i in range(11)]
    layers = []
    for i in range(5):
        layers.append(("FULLY_CONNECTED", [values[2 * i], w[0 if same else i]], [values[2 * i + 1]], {}))
        layers.append(("TANH", [values[2 * i + 1]], [values[2 * i + 2]], {}))
    return chain(layers)


def test_the_same_layer_again_and_again_is_a_loop_without_rows() -> None:
    graph = dense_chain(same=True)
    assert loops(optimise(graph)) == [5]
    assert_same_bits(graph)


def test_layers_of_different_weights_are_none() -> None:
    graph = dense_chain(same=False)
    assert loops(optimise(graph)) == []
    assert_same_bits(graph)


def test_a_step_that_does_something_else_ends_the_loop() -> None:
    """One of the activations in the middle is another."""
    graph = dense_chain(same=True)
    ops = [
        op if number != 5 else type(op)("LOGISTIC", op.inputs, op.outputs, {}, op.index)
        for number, op in enumerate(graph.ops)
    ]
    changed = Graph(graph.tensors, tuple(ops), graph.inputs, graph.outputs)
    assert loops(optimise(changed)) == []
    assert_same_bits(changed)


def test_values_of_all_steps_that_are_read_outside_stay_readable() -> None:
    """Each by an operator of its own, and the states of two steps are outputs of the network."""
    graph = dense_chain(same=True)
    tensors, ops = dict(graph.tensors), list(graph.ops)
    for number in range(5):
        key = 100 + number
        tensors[key] = tensor(f"read {number}", FLOAT, (1, 4))
        ops.append(type(ops[0])("NEG", (ops[2 * number + 1].outputs[0],), (key,), {}, len(ops)))
    outputs = (*graph.outputs, *range(100, 105), ops[3].outputs[0])
    changed = Graph(tensors, tuple(ops), graph.inputs, outputs)
    assert loops(optimise(changed)) == [5]
    assert_same_bits(changed)


def test_a_loop_is_not_rolled_again() -> None:
    graph = optimise(unrolled("gru", FLOAT, 7))
    assert roll_unrolled(graph) == graph


def test_scales_beyond_what_the_kernels_can_be_told_are_left_unrolled() -> None:
    """A subnormal scale: the multipliers of the loop could not be computed as TFLM does."""
    graph = unrolled("simple", INT8, 6)
    tensors = {
        key: tensor(t.name, INT8, t.shape, quantised(2.0**-130, 0)) if t.name.startswith("add") else t
        for key, t in graph.tensors.items()
    }
    changed = Graph(tensors, graph.ops, graph.inputs, graph.outputs)
    assert loops(roll_unrolled(changed)) == []

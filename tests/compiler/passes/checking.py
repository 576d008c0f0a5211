"""What the tests of the passes share: looking at graphs, and running them against TFLM on the graph as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tools.sni.ir import DType, Graph
from tools.sni.passes import optimise

FLOAT, FLOAT16, BOOL = DType.FLOAT32, DType.FLOAT16, DType.BOOL
INT8, INT16, INT32, INT64 = DType.INT8, DType.INT16, DType.INT32, DType.INT64

_CHECKED = ("-O2", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all")


def kinds(graph: Graph) -> list[str]:
    """The operators, in order."""
    return [op.kind for op in graph.ops]


def optimised_kinds(graph: Graph) -> list[str]:
    """What all passes together leave."""
    return kinds(optimise(graph))


def with_outputs(graph: Graph, *names: str) -> Graph:
    """The graph with other outputs, by the names of the tensors."""
    named = {tensor.name: key for key, tensor in graph.tensors.items()}
    return replace(graph, outputs=tuple(named[name] for name in names))


def assert_untouched(rewrite: Callable[[Graph], Graph], graph: Graph) -> None:
    """The pass leaves the graph as it is."""
    assert rewrite(graph) == graph


Inputs = Sequence[Sequence[np.ndarray]]
"""An array for each input, for each inference."""


def assert_same_bits(graph: Graph, *, runs: int = 20, same: Graph | None = None, values: Inputs | None = None) -> None:
    """The compiled graph, passes and all, equals TFLM on the graph as it was, floats to the sign of their zeros.

    same: what TFLM is given instead, where it lacks something. values: instead of random ones and the extremes.
    """
    for ours, theirs in _results(graph, same or graph, values or _drawn(graph, runs)):
        assert ours.tobytes() == theirs.tobytes(), f"{ours}\n{theirs}"


def assert_close(graph: Graph, *, runs: int = 20) -> None:
    """As assert_same_bits, but within 1e-5 of the largest value."""
    for ours, theirs in _results(graph, graph, _drawn(graph, runs)):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5 * float(np.abs(theirs).max()))


def _drawn(graph: Graph, runs: int) -> Inputs:
    rng = np.random.default_rng(0)
    inputs = [graph.tensors[key] for key in graph.inputs]
    return [*zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in inputs), strict=True)]


def _results(graph: Graph, oracles: Graph, values: Inputs) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    native = Native(write_tflite(graph), flags=_CHECKED)
    oracle = Oracle(write_tflite(oracles), len(oracles.inputs), len(oracles.outputs))
    for given in values:
        yield from zip(native.run(*given), oracle.run(*given), strict=True)

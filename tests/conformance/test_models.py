"""Whole models against TFLM: those the project ships, and MLPerf Tiny's where they are at hand."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.conformance.conformance import FUSED, OWN_FUNCTIONS, UNFUSED
from tests.support.litert import Reference
from tests.support.model_writer import write_tflite
from tests.support.native import PLATFORM, Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import Graph
from tools.testing.shared import shared_path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "ais_int8": ROOT / "examples/ais_detector/models/ais_int8.tflite",
    "ais_float32": ROOT / "examples/ais_detector/models/ais_float32.tflite",
}
MLPERF_TINY = ("ad01_int8", "ad01_fp32")
PORTABLE, VECTORS = ("-O3",), ("-O3", "-march=x86-64-v3")
FLAGS = {"baseline": PORTABLE} | ({} if PLATFORM else {"x86-64-v3": VECTORS})
"""A platform has its own processor."""


def model(name: str) -> bytes:
    path = SHIPPED.get(name) or shared_path(f"models/mlperf_tiny/{name}.tflite")
    return path.read_bytes()


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("name", [*SHIPPED, *MLPERF_TINY])
def test_a_thousand_random_inputs_and_the_extremes(name: str, flags: tuple[str, ...]) -> None:
    data = model(name)
    native, oracle = Native(data, flags=flags), Oracle(data)
    (tensor,) = native.inputs
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), 1000):
        assert_close(native.run(values)[0], oracle.run(values)[0], fused=FUSED or flags is VECTORS)


CONVOLUTIONAL = ("kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model")


RUNS = 40
"""Random inputs of a convolutional network: each makes thousands of sums and roundings in every layer."""

Outputs = list[tuple[np.ndarray, list[np.ndarray]]]


@functools.cache
def before_and_after_softmax(name: str) -> tuple[bytes, Outputs]:
    """The model with its logits as an output, inputs, and what TFLM makes of them."""
    data = with_logits(model(name))
    graph, oracle = read_tflite(data, name), Oracle(data, outputs=2)
    x = graph.tensors[graph.inputs[0]]
    inputs = edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(2026), RUNS)
    return data, [(values, oracle.run(values)) for values in inputs]


def with_logits(data: bytes) -> bytes:
    """The model with what its last operator, a softmax, reads as a further output: random inputs saturate a softmax."""
    graph = read_tflite(data, "m.tflite")
    assert graph.ops[-1].kind == "SOFTMAX"
    return write_tflite(replace(graph, outputs=(graph.ops[-1].inputs[0], *graph.outputs)))


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
@pytest.mark.parametrize("name", CONVOLUTIONAL)
def test_convolutional_networks_before_and_after_their_softmax(name: str, flags: tuple[str, ...]) -> None:
    data, expected = before_and_after_softmax(name)
    native = Native(data, flags=flags)
    for values, outputs in expected:
        for ours, theirs in zip(native.run(values), outputs, strict=True):
            np.testing.assert_array_equal(ours, theirs)


def largest(values: np.ndarray) -> float:
    return float(np.abs(values).max())


FLOATS = ("ais_float32", "ad01_fp32", "pretrainedResnet", "vww_96_float")
SEPARATE = {"baseline": UNFUSED if FUSED else PORTABLE} | (
    {} if PLATFORM else {"x86-64-v3 and SNI_SEPARATE_PRODUCTS": (*UNFUSED, "-march=x86-64-v3")}
)
"""Flags with which floats have the bits of TFLM; portable C for the first of x86-64 needs none."""
FLOAT_RUNS = 7


class Layers:
    """A float network with all that it computes as outputs."""

    def __init__(self, name: str) -> None:
        graph = read_tflite(model(name), "m.tflite")
        self.made = tuple(tensor for op in graph.ops for tensor in op.outputs)
        self.graph = replace(graph, outputs=self.made)
        (self.input,) = graph.inputs
        self.values = list(self._values())
        """For each inference the input, and all that TFLM computes."""

    def _values(self) -> Iterator[dict[int, np.ndarray]]:
        oracle, x = Oracle(write_tflite(self.graph), outputs=len(self.made)), self.graph.tensors[self.input]
        for given in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(2026), FLOAT_RUNS):
            yield {self.input: given, **dict(zip(self.made, oracle.run(given), strict=True))}

    def apart(self) -> tuple[Graph, tuple[int, ...]]:
        """The network with each operator reading inputs of the network, and what these stand for."""
        fresh = itertools.count(max(self.graph.tensors) + 1)
        copies = {key: next(fresh) for key in self.made if any(self.graph.consumers(key))}
        tensors = {**self.graph.tensors, **{copy: self.graph.tensors[key] for key, copy in copies.items()}}
        ops = tuple(replace(op, inputs=tuple(copies.get(key, key) for key in op.inputs)) for op in self.graph.ops)
        graph = replace(self.graph, tensors=tensors, ops=ops, inputs=(self.input, *copies.values()))
        return graph, (self.input, *copies)


layers_of = functools.cache(Layers)


@pytest.mark.parametrize("flags", SEPARATE.values(), ids=SEPARATE)
@pytest.mark.parametrize("name", FLOATS)
def test_unfused_floats_are_equal_to_the_last_bit(name: str, flags: tuple[str, ...]) -> None:
    """The kernels add in TFLM's order, so only the rounding of fused products can differ; here there is none."""
    layers = layers_of(name)
    native = Native(write_tflite(layers.graph), flags=flags)
    inexact = {key for op in layers.graph.ops if op.kind == "SOFTMAX" and OWN_FUNCTIONS for key in op.outputs}
    for values in layers.values:
        for ours, key in zip(native.run(values[layers.input]), layers.made, strict=True):
            if key in inexact:
                assert_close(ours, values[key])
            else:
                assert ours.tobytes() == values[key].tobytes()


@pytest.mark.parametrize("name", FLOATS)
def test_each_layer_with_fused_floats(name: str) -> None:
    """Given what TFLM's layer is given, a layer is within 1e-5 of its largest value; measured: 2.4e-6 at most."""
    layers = layers_of(name)
    graph, sources = layers.apart()
    native = Native(write_tflite(graph), flags=VECTORS)
    for values in layers.values:
        for ours, key in zip(native.run(*(values[source] for source in sources)), layers.made, strict=True):
            np.testing.assert_allclose(ours, values[key], rtol=0, atol=1e-5 * largest(values[key]))


CANCELLING = {("vww_96_float", "FULLY_CONNECTED"): 2.5e-5}
"""Visual wake words ends in two sums of 256 products, which can cancel to a fiftieth of what they usually are; counted
against that, the difference is 5.8e-7. Measured: 2.2e-5.
"""


@pytest.mark.parametrize("name", FLOATS)
def test_fused_floats_from_end_to_end(name: str) -> None:
    """Whatever layers before it made of it, each tensor is within 1e-5 of its largest value, with one exception."""
    layers = layers_of(name)
    native = Native(write_tflite(layers.graph), flags=VECTORS)
    for values in layers.values:
        for op, ours in zip(layers.graph.ops, native.run(values[layers.input]), strict=True):
            theirs = values[op.outputs[0]]
            relative = CANCELLING.get((name, op.kind), 1e-5)
            np.testing.assert_allclose(ours, theirs, rtol=0, atol=relative * largest(theirs))


@pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)
def test_the_dynamic_range_network_equals_litert_to_the_last_bit(flags: tuple[str, ...]) -> None:
    """TFLM refuses float activations with int8 weights; LiteRT's reference kernels do not."""
    data = with_logits(model("kws_ref_model_float32"))
    native, reference = Native(data, flags=flags), Reference(data)
    (tensor,) = native.inputs
    for values in edge_inputs(tensor.dtype.numpy, tensor.shape, np.random.default_rng(2026), RUNS):
        (logits, ours), (expected, theirs) = native.run(values), reference.run(values)
        np.testing.assert_array_equal(logits, expected)
        if OWN_FUNCTIONS:
            assert_close(ours, theirs)
        else:
            np.testing.assert_array_equal(ours, theirs)

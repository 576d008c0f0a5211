"""Layers that a user's kernels compute: the calls get all that the layers need, and the networks keep TFLM's bits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.convolutions import Convolution, conv, depthwise
from tests.support.dense import float_layer, integer_layer
from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.external.library import KernelLibrary
from tools.sni.external.pattern import Pattern
from tools.sni.ir import DType, Graph
from tools.sni.options import Options

HERE = Path(__file__).parent
FLAGS = ("-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", "-ffp-contract=off", "-I.")
SUMS = "4 * output_channels"


def library(function: str, entries: dict[str, str], size: str = "0") -> KernelLibrary:
    pattern, problems = Pattern.read(entries)
    assert not problems
    return KernelLibrary(f"//app:{function}", function, pattern, size)


def product(kind: str, dtype: str = "int8", **more: str) -> KernelLibrary:
    size = SUMS if dtype == "int8" else "0"
    return library(f"test_product_{dtype}", {"operator": kind, "input": dtype, **more}, size)


def assert_conforms(graph: Graph, *libraries: KernelLibrary, layers: int = 1) -> None:
    """The kernels take that many layers, and all outputs are TFLM's."""
    model = write_tflite(graph)
    options = Options("model", kernels=libraries)
    native = Native(model, options=options, flags=(*FLAGS, str(HERE / "reference_kernels.c")))
    report = json.loads(native.files["model_report.json"])
    assert sum(layer["kernel"].startswith("external_") for layer in report["layers"]) == layers
    oracle = Oracle(model, len(graph.inputs), len(graph.outputs))
    rng = np.random.default_rng(0)
    for given in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, 10) for t in native.inputs), strict=True):
        for ours, theirs in zip(native.run(*given), oracle.run(*given), strict=True):
            assert_close(ours, theirs)


@pytest.mark.parametrize(
    "layer",
    [
        conv((1, 5, 6, 3), (3, 3), 4),
        conv((2, 7, 5, 2), (3, 2), 5, stride=(2, 1), padding="VALID", activation="RELU"),
        conv((1, 8, 8, 4), (3, 3), 6, dilation=(2, 1), bias=False),
        conv((1, 4, 4, 8), (1, 1), 3, channels=False),
        conv((1, 6, 6, 6), (3, 3), 4, groups=2),
        depthwise((1, 6, 5, 4), (3, 3), 1, stride=(2, 2)),
        depthwise((1, 5, 5, 3), (3, 2), 2, activation="RELU6"),
    ],
    ids=lambda layer: f"{layer.kind}-{layer.image}-{layer.window}",
)
def test_convolutions(layer: Convolution) -> None:
    assert_conforms(layer.graph(), product(layer.kind))


@pytest.mark.parametrize("channels", [False, True])
def test_fully_connected(channels: bool) -> None:
    assert_conforms(integer_layer((3, 7, 5), channels=channels), product("FULLY_CONNECTED"))


def test_fully_connected_of_floats() -> None:
    for activation, bias in [("NONE", True), ("RELU6", False)]:
        assert_conforms(float_layer(2, 9, 4, activation, bias), product("FULLY_CONNECTED", "float32"))


def maximum(given: np.ndarray | None) -> Graph:
    a = tensor("a", DType.INT8, (2, 3), quantised(0.1, 2))
    b = tensor("b", DType.INT8, (2, 3), quantised(0.1, 2))
    if given is not None:
        b = constant("b", DType.INT8, given, b.quantisation)
    return single("MAXIMUM", [a, b], [tensor("y", DType.INT8, (2, 3), quantised(0.1, 2))])


@pytest.mark.parametrize("given", [None, np.arange(-3, 3).reshape(2, 3)], ids=["computed", "constant"])
def test_any_other_operator(given: np.ndarray | None) -> None:
    assert_conforms(maximum(given), library("test_maximum", {"operator": "MAXIMUM"}, "output_0_elements"))


def test_the_first_library_wins_and_others_keep_their_kernels() -> None:
    first = product("CONV_2D", padding="SAME")
    graph = conv((1, 5, 6, 3), (3, 3), 4).graph()
    with pytest.raises(CompileError, match="an earlier kernel takes it"):
        compile_model(
            write_tflite(graph), "model.tflite", Options("model", kernels=(first, replace(first, name="//app:second")))
        )
    files = compile_model(write_tflite(maximum(None)), "model.tflite", Options("model"))
    assert "sni_kernels.h" not in files["model.c"]


def message(graph: Graph, *libraries: KernelLibrary) -> str:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(graph), "model.tflite", Options("model", kernels=libraries))
    return str(caught.value)


def test_a_pattern_that_matches_nothing_is_told_with_the_reasons() -> None:
    layer = conv((1, 5, 6, 3), (3, 3), 4).graph()
    never = product("CONV_2D", weights="int8[*, 5, 5, %4]", stride_h="2", strides="1")
    said = message(layer, never)
    assert "//app:test_product_int8: the pattern of test_product_int8 matches no layer of model.tflite" in said
    assert "operator 0: weights is int8[4, 3, 3, 3], not int8[*, 5, 5, %4]; stride_h is 1, not 2; " in said
    assert "has no attribute strides (it has " in said
    said = message(layer, product("FULLY_CONNECTED"))
    assert "the network has no FULLY_CONNECTED, after optimisation; it has CONV_2D" in said


def test_what_no_function_could_be_given_does_not_match() -> None:
    layer = conv((1, 5, 6, 3), (3, 3), 4, types=(DType.INT16, DType.INT64)).graph()
    assert "input is int16[1, 5, 6, 3], not int8" in message(layer, product("CONV_2D"))
    said = message(layer, library("f", {"operator": "CONV_2D"}))
    assert "//app:f: pattern: says nothing of the input's type; a kernel for CONV_2D takes int8 or float32" in said


def test_the_size_of_a_buffer_that_cannot_be_computed() -> None:
    wrong = library("f", {"operator": "CONV_2D", "input": "int8"}, "4 * rows")
    said = message(conv((1, 5, 6, 3), (3, 3), 4).graph(), wrong)
    assert '//app:f: buffer_size: "rows" is not known; names are input_batches, input_channels' in said

"""The adapters of CMSIS-NN hand its functions what these want to know. A stand-in takes the place of the library."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.convolutions import conv, depthwise
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, edge_inputs
from tools.sni.external.library import KernelLibrary
from tools.sni.external.pattern import Pattern
from tools.sni.ir import Graph
from tools.sni.options import Options

STAND_IN = Path(__file__).parent / "stand_in"
ADAPTERS = Path("sni_rules/kernels/cmsis_nn")
GRAPHS = [
    conv((1, 7, 6, 3), (3, 2), 5, stride=(2, 1), activation="RELU").graph(),
    conv((1, 8, 7, 4), (3, 3), 6, dilation=(1, 2), bias=False).graph(),
    conv((1, 6, 6, 6), (3, 3), 4, groups=2, padding="VALID").graph(),
    depthwise((1, 7, 6, 5), (3, 2), 1, stride=(1, 2)).graph(),
    integer_layer((3, 7, 5), channels=True),
    integer_layer((1, 20, 4), bias=False),
]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: f"{graph.ops[0].kind}-{graph.tensors[0].shape}")
def test_adapters(graph: Graph) -> None:
    kind = graph.ops[0].kind.lower()
    pattern, problems = Pattern.read({"operator": kind.upper(), "input": "int8", "weights": "int8"})
    assert not problems
    library = KernelLibrary("//:cmsis", f"sni_cmsis_nn_{kind}", pattern, "4 * window_rows")
    sources = [str(ADAPTERS / f"{kind}.c"), str(STAND_IN / "stand_in.c")]
    model = write_tflite(graph)
    flags = ("-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", "-I.", f"-I{STAND_IN}", *sources)
    native = Native(model, options=Options("model", kernels=(library,)), flags=flags)
    oracle = Oracle(model)
    rng = np.random.default_rng(0)
    for value in edge_inputs(native.inputs[0].dtype.numpy, native.inputs[0].shape, rng, 10):
        np.testing.assert_array_equal(native.run(value)[0], oracle.run(value)[0])

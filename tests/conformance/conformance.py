"""What every conformance test does: make a model of one operator, run it in C and in TFLM, compare every bit."""

from __future__ import annotations

import numpy as np

from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.ir import DType, Graph

CHECKED = ("-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all")
"""Every case runs under UBSan, which ends the test with a message at the first undefined operation."""


def assert_conforms(graph: Graph, *, runs: int = 20, seed: int = 0, flags: tuple[str, ...] = CHECKED) -> None:
    """Compares on `runs` random inputs and on the extremes. Floats are compared as the design's contract says."""
    model = write_tflite(graph)
    native = Native(model, flags=flags)
    oracle = Oracle(model, len(native.inputs), len(native.outputs))
    rng = np.random.default_rng(seed)
    drawn = [edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in native.inputs]
    for values in zip(*drawn, strict=True):
        for ours, theirs in zip(native.run(*values), oracle.run(*values), strict=True):
            assert_close(ours, theirs)


FLOAT = DType.FLOAT32
INT8 = DType.INT8
INT16 = DType.INT16
INT32 = DType.INT32
INT64 = DType.INT64

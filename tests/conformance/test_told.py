"""Loops whose steps are quantised differently: what kernels of every profile make of the numbers that they are told."""

from __future__ import annotations

import pytest

from tests.conformance.conformance import INT8, assert_conforms
from tests.support.model_writer import write_tflite
from tests.support.native import PROFILE
from tests.support.recurrent import unrolled
from tools.sni.compiler import compile_graph
from tools.sni.importers.tflite import read_tflite
from tools.sni.options import Options

STEPS = 4

CASES = [("lstm", 8, 16), ("lstm", 3, 5), ("gru", 8, 70)]
"""Of cells, features and units: rows and outputs that fill vectors, and that do not."""


@pytest.mark.parametrize(("cell", "features", "units"), CASES)
def test_steps(cell: str, features: int, units: int) -> None:
    graph = unrolled(cell, INT8, STEPS, features=features, units=units)
    made = compile_graph(read_tflite(write_tflite(graph), "m"), "m", Options("m", PROFILE))
    kinds = {step.op.kind for step in made.steps if step.kernel.name.endswith("_told")}
    assert {"ADD", "FULLY_CONNECTED", "LOGISTIC", "MUL", "TANH"} <= kinds
    assert_conforms(graph, runs=6)


def test_products_of_the_profile_are_told_too() -> None:
    graph = unrolled("lstm", INT8, STEPS, features=8, units=16)
    made = compile_graph(read_tflite(write_tflite(graph), "m"), "m", Options("m", PROFILE))
    names = {s.kernel.name for s in made.steps if s.op.kind == "FULLY_CONNECTED" and s.kernel.name.endswith("_told")}
    own = {"dsp": "_dsp_row", "mve": "_dsp_row", "neon": "_neon_row", "x86": "_x86_1x4"}
    assert names == {f"fully_connected_int8{own.get(PROFILE, '')}_told"}

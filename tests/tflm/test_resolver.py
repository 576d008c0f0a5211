"""The resolver of a model: TFLM's own interpreter judges its operators, a stand-in for its header the C++."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
import tflite
from tflite_micro import runtime

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, network, tensor
from tests.support.native import build
from tests.tflm import stub
from tools.sni.errors import CompileError
from tools.sni.ir import DType, Graph
from tools.tflm.operators import KINDS, method
from tools.tflm.resolver import operator_kinds, resolver_header

FLOAT = DType.FLOAT32
LACKING = "HASHTABLE"
"""An operator that TFLM surely has not."""


def pair(first: str, second: str) -> bytes:
    x, y, z = (tensor(name, FLOAT, (1, 4)) for name in "xyz")
    return write_tflite(chain([(first, [x], [y], {}), (second, [y], [z], {})]))


def refused(model: bytes) -> str:
    """The operator that TFLM's interpreter does not find, by what it says on file descriptor 2."""
    with tempfile.TemporaryFile() as log:
        saved = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            runtime.Interpreter.from_bytes(model)
        except Exception:  # the wheel raises what its binding makes of a failed call
            pass
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        log.seek(0)
        return re.search(r"opcode '(\w+)'", log.read().decode()).group(1)


def test_the_operators_are_those_that_the_interpreter_finds() -> None:
    """It looks operators up in order, so the one it misses is the second if it has the first."""
    named = {name for name in vars(tflite.BuiltinOperator) if not name.startswith("_")}
    found = {kind for kind in named - {"CUSTOM", LACKING} if refused(pair(kind, LACKING)) == LACKING}
    assert found == KINDS


def registered(graph: Graph, folder: Path) -> list[str]:
    """What a program that registers the operators of a model calls, in order; it fails where there is room for more."""
    stub.write(folder)
    (folder / "m_resolver.h").write_text(resolver_header(write_tflite(graph), "m.tflite", "m"), encoding="utf-8")
    main = '#include <cstdio>\n#include "m_resolver.h"\nint main() {\n  m_resolver resolver;\n'
    main += "  if (!m_register(resolver) || resolver.AddAbs() == kTfLiteOk) return 1;\n"
    main += "  for (unsigned int i = 0; i < resolver.count(); ++i) std::puts(resolver.names()[i]);\n}\n"
    (folder / "main.cc").write_text(main, encoding="utf-8")
    warnings = ["-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
    build(["g++", *warnings, f"-I{folder}", folder / "main.cc", "-o", folder / "main"])
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_each_operator_is_registered_once(tmp_path: Path) -> None:
    x, y, z, p = (tensor(name, FLOAT, (1, 4)) for name in "xyzp")
    weights = constant("w", FLOAT, np.ones((4, 4)))
    layers = [
        ("FULLY_CONNECTED", [x, weights, None], [y], {}),
        ("FULLY_CONNECTED", [y, weights, None], [z], {}),
        ("SOFTMAX", [z], [p], {"beta": 1.0}),
    ]
    assert registered(chain(layers), tmp_path) == ["FULLY_CONNECTED", "SOFTMAX"]


def test_operators_of_branches_count(tmp_path: Path) -> None:
    condition, x, y = tensor("c", DType.BOOL, (1,)), tensor("x", FLOAT, (1, 4)), tensor("y", FLOAT, (1, 4))
    parts = {}
    for index, kind in ((1, "EXP"), (2, "NEG")):
        a, b = tensor("a", FLOAT, (1, 4)), tensor("b", FLOAT, (1, 4))
        parts[index] = network([(kind, [a], [b], {})], [a], [b])
    attributes = {"then_subgraph_index": 1, "else_subgraph_index": 2}
    graph = network([("IF", [condition, x], [y], attributes)], [condition, x], [y], parts)
    assert operator_kinds(graph) == ["EXP", "IF", "NEG"]
    assert registered(graph, tmp_path) == ["EXP", "IF", "NEG"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("CONV_2D", "AddConv2D"),
        ("DEPTHWISE_CONV_2D", "AddDepthwiseConv2D"),
        ("BATCH_MATMUL", "AddBatchMatMul"),
        ("CUMSUM", "AddCumSum"),
        ("PADV2", "AddPadV2"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
        ("L2_POOL_2D", "AddL2Pool2D"),
        ("SELECT_V2", "AddSelectV2"),
        ("RELU6", "AddRelu6"),
        ("FULLY_CONNECTED", "AddFullyConnected"),
    ],
)
def test_methods_are_called_as_tflm_calls_them(kind: str, name: str) -> None:
    assert method(kind) == name


def test_operators_that_tflm_lacks_all_at_once() -> None:
    x, y, z, u = (tensor(name, FLOAT, (1, 4)) for name in "xyzu")
    layers = [("SIGN", [x], [y], {}), ("ATAN2", [y, y], [z], {}), ("SIGN", [z], [u], {})]
    with pytest.raises(CompileError) as caught:
        resolver_header(write_tflite(chain(layers)), "m.tflite", "3d")
    name, sign, atan = map(str, caught.value.problems)
    assert name.startswith('--name: "3d" is no C identifier')
    what = "TensorFlow Lite Micro has no such operator; accepted: its 100 own ones; sni_model may take it"
    assert sign == f"m.tflite: operator 0 SIGN (and 1 more): {what}"
    assert atan == f"m.tflite: operator 1 ATAN2: {what}"

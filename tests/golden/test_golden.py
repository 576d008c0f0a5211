"""The generated files as they were last looked at: a change of the code shows in a review.

`UPDATE_REFS=1 python -m pytest tests/golden` (from the root of the workspace) writes them anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, per_channel, quantised, tensor
from tools.sni.compiler import compile_model
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.sni.pipeline import read_pipeline

HERE = Path(__file__).parent
INT8, FLOAT = DType.INT8, DType.FLOAT32


def autoencoder_int8() -> Graph:
    """A small int8 network with a per-channel layer, a fused activation and one left over row."""
    rng = np.random.default_rng(4)
    x = tensor("window", INT8, (1, 8), quantised(0.05, -1))
    w1 = constant("w1", INT8, rng.integers(-127, 128, (5, 8)), per_channel(rng.uniform(0.005, 0.02, 5)))
    b1 = constant(
        "b1", DType.INT32, rng.integers(-300, 300, 5), per_channel([0.05 * s for s in w1.quantisation.scales])
    )
    h = tensor("hidden", INT8, (1, 5), quantised(0.04, -128))
    w2 = constant("w2", INT8, rng.integers(-127, 128, (8, 5)), quantised(0.01))
    b2 = constant("b2", DType.INT32, rng.integers(-300, 300, 8), quantised(0.04 * 0.01))
    y = tensor("rebuilt", INT8, (1, 8), quantised(0.06, 4))
    relu = {"fused_activation_function": "RELU"}
    return chain([("FULLY_CONNECTED", [x, w1, b1], [h], relu), ("FULLY_CONNECTED", [h, w2, b2], [y], {})])


def classifier_float32() -> Graph:
    """A small float network with a softmax."""
    rng = np.random.default_rng(5)
    x = tensor("features", FLOAT, (1, 6))
    w, b = constant("w", FLOAT, rng.normal(0, 1, (3, 6)).round(3)), constant("b", FLOAT, rng.normal(0, 1, 3).round(3))
    z, p = tensor("logits", FLOAT, (1, 3)), tensor("shares", FLOAT, (1, 3))
    return chain([("FULLY_CONNECTED", [x, w, b], [z], {}), ("SOFTMAX", [z], [p], {"beta": 1.0})])


def made(name: str, graph: Graph) -> dict[str, str]:
    pipeline = read_pipeline(HERE / f"{name}.json")
    return dict(compile_model(write_tflite(graph), f"{name}.tflite", Options(name), pipeline))


@pytest.mark.parametrize(("name", "graph"), [("autoencoder", autoencoder_int8()), ("classifier", classifier_float32())])
def test_the_files_are_as_they_were(name: str, graph: Graph) -> None:
    stale = []
    for file, text in made(name, graph).items():
        golden = HERE / f"{file}.golden"
        if os.environ.get("UPDATE_REFS"):
            golden.write_text(text, encoding="utf-8")
        elif not golden.exists() or golden.read_text(encoding="utf-8") != text:
            stale.append(golden.name)
    assert not stale, (
        f"{', '.join(stale)}: differ; look at the change, then UPDATE_REFS=1 python -m pytest tests/golden"
    )

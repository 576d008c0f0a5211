"""Which layers get kernels that leave out zeros, and what the report says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from tests.support.convolutions import conv
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.pruned import unstructured, with_weights
from tools.sni.compiler import compile_model
from tools.sni.costs import Cost, pays
from tools.sni.ir import Graph
from tools.sni.options import Options

LAYERS = {
    "row": integer_layer((1, 203, 37), channels=True),
    "rows": integer_layer((5, 66, 31)),
    "pixels": conv((1, 5, 5, 48), (1, 1), 22).graph(),
}


def report_of(graph: Graph, share: float, profile: str, optimise: str = "balanced") -> Mapping[str, str]:
    """Of the one layer there is, with so many zeros."""
    model = write_tflite(with_weights(graph, unstructured(share)))
    files = compile_model(model, "m.tflite", Options("m", profile, optimise=optimise))
    return json.loads(files["m_report.json"])["layers"][0]


@pytest.mark.parametrize("layer", LAYERS)
def test_zeros_are_left_out_where_that_pays(layer: str) -> None:
    """Where it does not, the report says what both would have cost; where there are few, it does not mention them."""
    most, half, few = (report_of(LAYERS[layer], share, "dsp") for share in (0.9, 0.5, 0.2))
    assert "program" in most["kernel"]
    assert "90% zeros left out" in most["reason"]
    assert "program" not in half["kernel"]
    assert "50% zeros not left out" in half["reason"]
    assert "zeros" not in few["reason"]


def test_speed_buys_more_code() -> None:
    assert "program" in report_of(LAYERS["row"], 0.6, "dsp", "speed")["kernel"]
    assert "program" not in report_of(LAYERS["row"], 0.6, "dsp")["kernel"]


def test_faster_is_not_enough() -> None:
    assert pays(Cost(99, 160), Cost(100, 100))
    assert not pays(Cost(100, 10), Cost(100, 100))
    assert not pays(Cost(50, 161), Cost(100, 100))

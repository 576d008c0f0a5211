"""Which layers get kernels that leave out zeros, and what the report says of it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.convolutions import conv
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.pruned import clustered, unstructured, with_weights
from tools.sni.compiler import compile_model
from tools.sni.costs import Cost, pays
from tools.sni.ir import Graph
from tools.sni.options import Options
from tools.sni.straight import sum_of

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


@pytest.mark.parametrize(
    ("image", "optimise", "taken", "why"),
    [
        ((1, 9, 7, 40), "balanced", True, "16 different weights in 4 bits each"),
        ((1, 9, 7, 40), "speed", False, "16 different weights, as 16 bits for speed"),
        ((1, 2, 2, 40), "balanced", False, "would take the place of"),
        ((1, 1, 1, 40), "balanced", False, "looking each up for one use takes longer"),
    ],
)
def test_few_values_take_four_bits_where_rows_share_them(image: tuple, optimise: str, taken: bool, why: str) -> None:
    model = write_tflite(with_weights(conv(image, (1, 1), 61).graph(), clustered))
    files = compile_model(model, "m.tflite", Options("m", "dsp", optimise=optimise))
    layer = json.loads(files["m_report.json"])["layers"][0]
    assert ("clusters" in layer["kernel"]) == taken
    assert why in layer["reason"]


def test_small_layers_are_measured_by_all_that_the_dense_kernel_takes() -> None:
    """A 1x1 convolution of a few channels has a factor and an addend for each output beside its weights."""
    graph = conv((1, 9, 7, 64), (1, 1), 64).graph()
    assert "program" in report_of(graph, 0.8, "dsp")["kernel"]


def test_speed_buys_more_code() -> None:
    assert "program" in report_of(LAYERS["row"], 0.6, "dsp", "speed")["kernel"]
    assert "program" not in report_of(LAYERS["row"], 0.6, "dsp")["kernel"]


def test_faster_is_not_enough() -> None:
    dense = Cost(100, 110)
    assert pays(Cost(99, 176), dense, 100, "balanced")
    assert not pays(Cost(100, 10), dense, 100, "balanced")
    assert not pays(Cost(50, 177), dense, 100, "balanced")
    assert pays(Cost(50, 320), dense, 100, "speed")
    assert not pays(Cost(50, 321), dense, 100, "speed")


@pytest.mark.parametrize("layer", LAYERS)
def test_zeros_are_left_out_of_portable_c_where_that_pays(layer: str) -> None:
    most, many, half, few = (report_of(LAYERS[layer], share, "c99") for share in (0.93, 0.65, 0.5, 0.2))
    assert "straight" in most["kernel"]
    assert "93% zeros left out" in most["reason"]
    assert "straight" in report_of(LAYERS[layer], 0.8, "c99", "speed")["kernel"]
    assert "straight" not in many["kernel"]
    assert "50% zeros not left out" in half["reason"]
    assert "reason" not in few


@given(st.integers(-(1 << 20), 1 << 20), st.lists(st.integers(-128, 127), min_size=1, max_size=40))
def test_statements_make_the_sum(start: int, weights: list[int]) -> None:
    found = sum_of(start, np.array(weights, np.int8))
    rng = np.random.default_rng(len(weights))
    for _ in range(3):
        x = rng.integers(-128, 128, len(weights))
        s, t = found.start, 0
        for text, times in found.steps:
            t = eval(text, {"x": x.tolist(), "t": t})
            s += times * t
        assert s == start + int(x @ np.array(weights))
    assert found.products == np.count_nonzero(weights) == sum(text.count("x[") for text, _ in found.steps)


def test_inputs_of_one_weight_are_added_up_first() -> None:
    found = sum_of(7, np.array([3, 0, -3, 5, 1, -1, -5]))
    assert found.steps == (("0 + x[3] - x[6]", 2), ("t + x[0] - x[2]", 2), ("t + x[4] - x[5]", 1))

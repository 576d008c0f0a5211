"""The reports: what lies where and when, as a text map and as a picture, for any network."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.compiler import compile_model
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.svg.drawing import short_name

INT8 = DType.INT8
SVG = "{http://www.w3.org/2000/svg}"


def network() -> Graph:
    """A layer that writes over its input, one with scratch memory, a view, and one in place."""
    q = quantised(0.1, 3)
    x, y = tensor("net/in<put>", INT8, (1, 9, 9, 40), q), tensor("net/a & b/Relu;c", INT8, (1, 9, 9, 40), q)
    z, v, r = tensor("z", INT8, (1, 3, 3, 8), q), tensor("flat", INT8, (1, 72), q), tensor("result", INT8, (1, 72), q)
    depthwise = constant("dw", INT8, np.ones((1, 3, 3, 40)), quantised(0.01))
    weights = constant("w", INT8, np.ones((8, 3, 3, 40)), quantised(0.01))
    attributes = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    strided = {"padding": "VALID", "stride_h": 3, "stride_w": 3}
    bias = [constant(f"b{n}", DType.INT32, np.zeros(n), quantised(0.001)) for n in (40, 8)]
    return chain(
        [
            ("DEPTHWISE_CONV_2D", [x, depthwise, bias[0]], [y], attributes),
            ("CONV_2D", [y, weights, bias[1]], [z], strided),
            ("RESHAPE", [z], [v], {}),
            ("RELU", [v], [r], {}),
        ]
    )


def long_network(layers: int) -> Graph:
    """No two layers alike, so that none are rolled into a loop."""
    q, rng = quantised(0.1), np.random.default_rng(3)
    values = [tensor(f"model/block_{i}/activation/Relu", INT8, (1, 10 + 5 * (i % 7)), q) for i in range(layers + 1)]
    chained = []
    for i in range(layers):
        w = rng.integers(-127, 128, (values[i + 1].elements, values[i].elements))
        w = constant(f"w{i}", INT8, w, quantised(0.01 + i / 1e5))
        chained.append(("FULLY_CONNECTED", [values[i], w], [values[i + 1]], {}))
    return chain(chained)


def files_of(graph: Graph, name: str = "net") -> dict[str, str]:
    return dict(compile_model(write_tflite(graph), "net.tflite", Options(name)))


def map_of(graph: Graph) -> list[str]:
    lines = files_of(graph)["net_report.txt"].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("map of the arena"))
    end = lines.index("", start) if "" in lines[start:] else len(lines)
    return lines[start:end]


def test_the_map_shows_what_lies_where_and_when() -> None:
    assert map_of(network()) == [
        "map of the arena: a row for each tensor, from low to high addresses; a column for each step",
        "  = alive, < written over its input, > overwritten by its output; i before, o after all steps",
        " from    end  bytes  i0123o",
        "    0  3,240  3,240  .<=...  a & b/Relu int8[1, 9, 9, 40]",
        "  448  3,688  3,240  =>....  net/in<put> int8[1, 9, 9, 40], input",
        "3,248  3,616    368  ..=...  patch of step 1 int8[368]",
        "3,616  3,688     72  ..=>..  z int8[1, 3, 3, 8]",
        "3,616  3,688     72  ...<>.  flat int8[1, 72]",
        "3,616  3,688     72  ....<=  result int8[1, 72], output",
    ]


@pytest.mark.parametrize("layers", [1, 30, 47, 200])
def test_the_map_is_a_hundred_columns_wide_whatever_the_network(layers: int) -> None:
    lines = map_of(long_network(layers))
    assert len(lines) == 3 + layers + 1
    assert max(map(len, lines)) <= 100
    assert all(line.split()[0].replace(",", "").isdigit() for line in lines[3:])
    every = -(-(layers + 2) // 48)
    assert lines[0].endswith("each step" if every == 1 else f"every {every} steps")


def boxes(svg: str) -> dict[str, tuple[float, float, float, float]]:
    """x, y, width and height of the picture's boxes, by their titles up to the colon."""
    found = {}
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        rect = group.find(f"{SVG}rect")
        place = tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        found[group.find(f"{SVG}title").text.split(":")[0]] = place
    return found


def test_the_picture_is_to_scale() -> None:
    files = files_of(network())
    report = json.loads(files["net_report.json"])
    found = boxes(files["net_arena.svg"])
    scale = 560 / report["arena"]["bytes"]
    assert len(found) == len(report["placements"]) + len(report["scratch"]) == 6
    for place in report["placements"]:
        (box,) = [box for title, box in found.items() if title.startswith(f"{place['tensor']} ")]
        _, y, _, height = box
        assert height == pytest.approx(place["bytes"] * scale, abs=0.1)
        assert 64 + 560 - (y + height) == pytest.approx(place["offset"] * scale, abs=0.15)


def test_boxes_of_the_picture_do_not_overlap() -> None:
    """Where memory is handed over, the input's box ends and the output's begins in the middle of the step."""
    for graph in (network(), long_network(30)):
        found = list(boxes(files_of(graph)["net_arena.svg"]).values())
        for number, (x, y, width, height) in enumerate(found):
            for other_x, other_y, other_width, other_height in found[number + 1 :]:
                beside = x + width <= other_x + 0.2 or other_x + other_width <= x + 0.2
                # A box that would be too thin to be seen is drawn thicker.
                above = y + height <= other_y + 1.6 or other_y + other_height <= y + 1.6
                assert beside or above


def test_the_picture_names_its_tensors_and_says_its_sizes() -> None:
    svg = files_of(network())["net_arena.svg"]
    texts = " ".join("".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))
    for label in (
        "net: arena of 3,688 bytes",
        "net/in<put> 3,240 bytes",
        "a & b/Relu 3,240 bytes",
        "1 CONV_2D",
        "after",
    ):
        assert label in texts
    assert "lower bound 3,688 bytes" in texts


@pytest.mark.parametrize("layers", [1, 200, 1500])
def test_the_picture_is_well_formed_whatever_the_network(layers: int) -> None:
    svg = ElementTree.fromstring(files_of(long_network(layers))["net_arena.svg"])
    width, height = float(svg.get("width")), float(svg.get("height"))
    for rect in svg.iter(f"{SVG}rect"):
        if rect.get("class", "").startswith("box"):
            assert 0 <= float(rect.get("x")) < float(rect.get("x")) + float(rect.get("width")) <= width
            assert 0 <= float(rect.get("y")) < float(rect.get("y")) + float(rect.get("height")) <= height


def test_the_picture_needs_nothing_but_itself() -> None:
    svg = files_of(network())["net_arena.svg"]
    assert svg.startswith("<svg ")
    assert "href" not in svg
    assert "url(" not in svg


def test_names_are_shortened_to_what_tells() -> None:
    assert short_name("functional_1/conv2d/Relu;functional_1/bn/Fused") == "conv2d/Relu"
    assert short_name("input_1") == "input_1"
    assert short_name(";") == ";"


def test_the_same_reports_every_time(tmp_path: Path) -> None:
    first, second = files_of(network()), files_of(network())
    assert first == second

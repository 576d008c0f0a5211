"""The HTML page as text: well-formed whatever the results, complete in itself, and as the figures have it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings

from tests.report.any_results import any_results
from tests.report.example import HOSTILE, PLATFORMS, example
from tools.bench.suite.results import Buffer, Error, Results
from tools.report import arena, errors, layers, scatter
from tools.report.page import page
from tools.report.published import table
from tools.report.wording import clean

_RAW = re.compile(r"(<(style|script)(?: [^>]*)?>)(.*?)</\2>", re.DOTALL)
"""Elements whose content HTML does not parse: our own style sheet and script, and the data."""


def parsed(results: Results) -> tuple[ElementTree.Element, list[str]]:
    """The page, which is XML too but for the raw elements, and their contents: style, data, script."""
    text = page(results)
    raw = [match[3] for match in _RAW.finditer(text)]
    return ElementTree.fromstring(_RAW.sub(r"\1</\2>", text)), raw


def attributes(top: ElementTree.Element) -> set[str]:
    return {name for element in top.iter() for name in element.attrib}


# A page takes its time: looking for the smallest example would take all of the test's.
@settings(max_examples=60, phases=[Phase.generate], deadline=None)
@given(any_results())
def test_any_results_make_a_well_formed_page(results: Results) -> None:
    top, raw = parsed(results)
    assert len(raw) == 3
    assert not [element for element in top.iter() if element.get("id") == "evil"]
    assert not [name for name in attributes(top) if name.startswith("on")]
    data = json.loads(raw[1])
    assert len(data["cells"]) == len(results.results)
    shown = [row.findall("*") for row in top.findall(".//table[@class='cells']/tbody/tr")]
    # XML reads line ends in attributes as blanks.
    names = [re.sub(r"[\n\t]", " ", clean(result.key.model)) for result in results.results]
    assert [cells[0].get("title") for cells in shown] == names


def test_hostile_names_are_text() -> None:
    top, raw = parsed(example(2))
    assert clean(HOSTILE) in [row.get("title") for row in top.findall(".//table[@class='cells']/tbody/tr/th")]
    assert "\u202e" not in page(example(2))
    assert clean(HOSTILE) in json.loads(raw[1])["texts"]
    assert "<" not in raw[1]


def test_the_page_asks_for_nothing() -> None:
    text = page(example(3))
    top, (style, _, script) = parsed(example(3))
    # The names of XML's vocabularies are no addresses.
    assert re.findall(r"https?://[^\s\"']+", text) == ["http://www.w3.org/2000/svg"]
    assert not {"link", "img", "iframe", "object", "base"} & {element.tag for element in top.iter()}
    assert not {"src", "style"} & attributes(top)
    assert all(link.get("href", "").startswith("#") for link in top.iter("a"))
    assert not re.search(r"@import|url\(", style)
    policy = top.find(".//meta[@http-equiv='Content-Security-Policy']")
    assert policy is not None
    assert policy.get("content") == (
        f"default-src 'none'; style-src 'sha256-{_sha256(style)}'; script-src 'sha256-{_sha256(script)}'"
    )


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_a_link_within_the_page_leads_somewhere() -> None:
    top, _ = parsed(example(3))
    identities = [element.get("id") for element in top.iter() if element.get("id")]
    assert len(identities) == len(set(identities))
    assert {link.get("href", "")[1:] for link in top.iter("a")} <= set(identities)


def test_every_column_is_explained_and_has_its_values() -> None:
    results = example(2, hostile=False)
    top, raw = parsed(results)
    heads = top.findall(".//table[@class='cells']/thead/tr/th")
    rows = top.findall(".//table[@class='cells']/tbody/tr")
    for row, (keys, values, _) in zip(rows, json.loads(raw[1])["cells"], strict=True):
        if values:
            assert len(row) == len(heads) == len(keys) + len(values)
    explained = {"".join(term.itertext()) for term in top.findall(".//details[@class='legend']//dt")}
    for head in heads[5:]:
        name, unit = head.findtext(".//span"), head.findtext(".//small")
        assert (f"{name}, {unit}" if unit else name) in explained


def test_a_failed_cell_says_why() -> None:
    results = example(1, hostile=False)
    top, _ = parsed(results)
    told = [cell.text for cell in top.findall(".//td[@class='failure']")]
    assert len(told) == sum(result.failure is not None for result in results.results)
    assert told[0] == (
        "failed in build: error: dynamic: microTVM lowers no network with weights of another type than its activations"
    )
    assert len(top.findall(".//article[@class='failure']")) == 2


def test_a_panel_for_each_platform_and_a_point_for_each_cell() -> None:
    results = example(3)
    panels = scatter.panels(results)
    assert [panel.platform for panel in panels] == list(PLATFORMS)
    measured = {number for number, result in enumerate(results.results) if result.figures}
    assert {point.cell for panel in panels for point in panel.points} == measured
    for panel in panels:
        assert all(panel.left <= float(point.x) <= panel.right for point in panel.points)
        assert all(panel.top <= float(point.y) <= panel.bottom for point in panel.points)


def test_points_lie_as_their_figures_do() -> None:
    results = example(4, hostile=False)
    points = [point for panel in scatter.panels(results)[:1] for point in panel.points]
    by_flash = sorted(points, key=lambda point: results.results[point.cell].figures.flash)
    assert [float(point.x) for point in by_flash] == sorted(float(point.x) for point in points)
    by_time = sorted(points, key=lambda point: results.results[point.cell].figures.instructions)
    assert [float(point.y) for point in by_time] == sorted((float(point.y) for point in points), reverse=True)


def test_bars_are_scaled_to_the_longest() -> None:
    results = example(2, hostile=False)
    figures = results.results[layers.chosen(results)].figures
    rows = layers.layer_rows(figures)
    for measure in range(3):
        assert max(float(row.bars[measure].width) for row in rows) == 100
    assert rows[3].bars[0].text == "–"
    most = max(layer.instructions or 0 for layer in figures.layers)
    for row in rows:
        assert abs(float(row.bars[0].width) - 100 * (row.layer.instructions or 0) / most) <= 0.051


def test_the_layer_that_decides_the_arena() -> None:
    buffers = (Buffer("a", 0, 10, 0, 1), Buffer("b", 10, 30, 1, 2), Buffer("c", 0, 8, 2, 2), Buffer("d", 4, 4, 1, 1))
    assert [arena.in_use(buffers, layer) for layer in range(4)] == [10, 40, 38, 0]
    assert arena.peak(buffers) == 1
    assert arena.peak(()) == 0


def test_what_is_written_over_its_input_begins_where_that_ends() -> None:
    """In the middle of their common layer; what only touches it, in bytes or in time, does not."""
    buffers = (Buffer("a", 0, 10, 0, 1), Buffer("b", 2, 6, 1, 2), Buffer("c", 10, 4, 1, 2), Buffer("d", 0, 4, 3, 3))
    assert arena.handing_over(buffers) == [(False, True), (True, False), (False, False), (False, False)]
    figures = replace(example(1).results[0].figures, buffers=buffers)
    boxes = {box.title[0]: box for box in arena.arena_map(figures).boxes}
    assert float(boxes["a"].x) + float(boxes["a"].width) == pytest.approx(float(boxes["b"].x), abs=0.2)
    assert float(boxes["b"].x) > float(boxes["c"].x)


def test_boxes_lie_within_the_picture() -> None:
    results = example(2, hostile=False)
    made = arena.arena_map(results.results[0].figures)
    assert made is not None
    assert len(made.boxes) == len(results.results[0].figures.buffers)
    for box in made.boxes:
        assert arena.LEFT <= float(box.x) <= float(box.x) + float(box.width) <= arena.WIDTH - arena.RIGHT + 0.2
        assert arena.TOP - 0.1 <= float(box.y) <= arena.HEIGHT - arena.BOTTOM


def test_errors_of_nothing_have_their_own_place() -> None:
    results = example(3, hostile=False)
    chart = errors.chart(results)
    assert chart is not None
    lines = {line.variant: line for line in chart.lines}
    assert {dot.x for dot in lines["basic"].dots} == {chart.zero}
    assert all(float(dot.x[:-1]) > float(chart.zero[:-1]) for dot in lines["int8"].dots)
    smallest = replace(results.results[0].figures, error=Error(0, 0, 5e-324, None, 1))
    tiny = errors.chart(Results(results.run, (replace(results.results[0], figures=smallest),)))
    assert tiny is not None
    assert tiny.lines[0].dots[0].x == tiny.zero
    without = [r if r.figures is None else replace(r, figures=replace(r.figures, error=None)) for r in results.results]
    assert errors.chart(replace(results, results=tuple(without))) is None


def test_published_rows_lie_beside_the_same_network() -> None:
    results = example(3, hostile=False)
    found = table(results)
    assert found is not None
    assert found.platform == "cortex_m4"
    rows = [(cell.key, row) for cell in found.cells for row in cell.published]
    assert len(rows) + found.left_out == len(results.published)
    assert found.left_out == 1
    for key, row in rows:
        assert row.model.lower() == key.model
        assert (row.variant or "int8_only", "cortex_m4", "sni") == (key.variant, key.platform, key.engine)
    assert [key.variant for key, row in rows if not row.variant] == ["int8_only"]
    assert table(replace(results, published=())) is None


def test_a_large_suite_stays_usable() -> None:
    large = example(9, layers=100)
    assert len(large.results) == 405
    assert len(page(large).encode()) < 2_000_000


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2, of `#rrggbb`."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_can_be_told_from_their_ground() -> None:
    """Text by 4.5 to 1, marks of charts by 3 to 1: WCAG 2.2, level AA."""
    _, (style, *_) = parsed(example(1))
    schemes = [
        dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root {(.*?)}", style, re.S)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        for names, grounds, least in (
            (("ink", "soft", "accent", "bad", "less", "more"), ("paper", "raised"), 4.5),
            (("ink",), ("peak", "buffer"), 4.5),
            (("e0", "e1", "e2", "e3", "e4"), ("paper", "raised"), 3.0),
        ):
            for name in names:
                for ground in grounds:
                    light, dark = sorted((_luminance(scheme[name]), _luminance(scheme[ground])), reverse=True)
                    assert (light + 0.05) / (dark + 0.05) >= least, (name, ground, scheme[name], scheme[ground])

"""The page in headless Chromium, from a file and without a network: what a reader does, and what they see."""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.report.example import HOSTILE, example
from tools.bench.suite.results import Results
from tools.report import screenshots
from tools.report.browser import browser, chromium, opened
from tools.report.layers import chosen
from tools.report.wording import clean, count
from tools.report.write import write_report

RESULTS = example(5, platforms=("x86_64", "cortex_m4"))
INSTRUCTIONS = 6
"""Number of the column, from 1."""


@dataclass
class Opened:
    """The page, what its script complained of, and what it asked for beside its own file."""

    page: Page
    results: Results
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def shared_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    if chromium() is None:
        pytest.skip("needs Chromium, and neither chromium, chromium-browser nor google-chrome is on PATH")
    folder = tmp_path_factory.mktemp("report")
    write_report(RESULTS, folder)
    with browser(tmp_path_factory.mktemp("profile"), viewport={"width": 1280, "height": 900}) as context:
        found = Opened(context.pages[0], RESULTS)
        found.page.on("console", lambda message: found.complaints.append(f"{message.type}: {message.text}"))
        found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
        found.page.on("request", lambda request: found.requests.append(request.url))
        opened(context, folder / "report.html")
        yield found


@pytest.fixture
def report(shared_page: Opened) -> Iterator[Opened]:
    """The page as it is when it has just been opened; afterwards, nothing was complained of or asked for."""
    shared_page.complaints.clear()
    shared_page.requests.clear()
    shared_page.page.reload()
    yield shared_page
    shared_page.page.set_viewport_size({"width": 1280, "height": 900})
    assert shared_page.complaints == []
    assert set(shared_page.requests) == {shared_page.page.url.split("#")[0]}


def column(page: Page, number: int) -> list[str]:
    """The texts of a column of the table, from 1, of the rows that are shown."""
    return page.evaluate(
        """n => [...document.querySelectorAll('.cells tbody tr:not([hidden])')]
            .map(row => row.cells[n - 1].firstChild.textContent)""",
        number,
    )


def numbers(texts: list[str]) -> list[int]:
    return [int(text.replace(",", "")) for text in texts if text[0].isdigit()]


def test_a_click_on_a_head_sorts(report: Opened) -> None:
    page = report.page
    before = column(page, INSTRUCTIONS)
    assert before[0] == count(RESULTS.results[0].figures.instructions)
    head = page.locator(f".cells thead th:nth-child({INSTRUCTIONS})")
    assert head.get_attribute("aria-sort") == "none"

    head.locator("button").click()
    up = column(page, INSTRUCTIONS)
    assert head.get_attribute("aria-sort") == "ascending"
    assert up != before
    assert sorted(up) == sorted(before)
    assert numbers(up) == sorted(numbers(before))

    head.locator("button").click()
    down = column(page, INSTRUCTIONS)
    assert head.get_attribute("aria-sort") == "descending"
    assert numbers(down) == sorted(numbers(before), reverse=True)
    failed = [text for text in before if text.startswith("failed")]
    assert failed
    assert all(text.startswith("failed") for text in [*up[-len(failed) :], *down[-len(failed) :]])


def test_the_keyboard_sorts_too(report: Opened) -> None:
    page = report.page
    page.locator(".cells thead th:nth-child(1) button").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    states = page.eval_on_selector_all(".cells thead th", "heads => heads.map(h => h.getAttribute('aria-sort'))")
    assert states[:3] == ["none", "ascending", "none"]
    names = column(page, 2)
    assert names == sorted(names, key=["16x8_only", "basic", "dynamic", "int8", "int8_only"].index)


def test_filters(report: Opened) -> None:
    page = report.page
    page.fill("#find", "cortex_m4 FC_1")
    fc = [r for r in RESULTS.results if r.key.model == "fc_1" and r.key.platform == "cortex_m4"]
    assert len(column(page, 1)) == len(fc) > 0
    assert page.inner_text("#shown") == f"{len(fc)} of {len(RESULTS.results)} cells"
    assert page.locator(".point:not(.dim)").count() < page.locator(".point").count()
    page.select_option("select[data-key='2']", "sni")
    assert set(column(page, 3)) == {"SNI"}
    page.click("button[type=reset]")
    page.wait_for_function("!document.querySelector('.cells tbody tr[hidden]')")
    assert page.inner_text("#shown") == f"{len(RESULTS.results)} cells"


def test_a_filter_by_a_hostile_name(report: Opened) -> None:
    report.page.select_option("select[data-key='0']", label=clean(HOSTILE))
    assert set(column(report.page, 1)) == {clean(HOSTILE)}


def test_more_columns(report: Opened) -> None:
    page = report.page
    shown = ".cells thead th:visible"
    few = page.locator(shown).count()
    assert not page.get_by_role("columnheader", name="flash total").is_visible()
    page.get_by_label("EdgeMark’s definitions").check()
    assert page.locator(shown).count() == few + 4
    assert page.get_by_role("columnheader", name="flash total").is_visible()


def test_another_cell(report: Opened) -> None:
    page = report.page
    number = next(n for n, r in enumerate(RESULTS.results) if r.key.model == "fc_3" and r.figures and r.figures.layers)
    before = page.inner_html("#layers")
    page.select_option("#chosen", str(number))
    assert page.inner_html("#layers") != before
    figures = RESULTS.results[number].figures
    texts = page.locator("#layers .m0 > span").all_inner_texts()
    assert texts == [count(layer.instructions) for layer in figures.layers]
    assert page.locator("#arena rect.buffer").count() == len(figures.buffers)
    assert page.inner_text("#cell-facts code >> nth=0") == figures.command
    assert page.locator(f".cells tr.on[data-cell='{number}']").count() == 1


def test_points_and_rows_choose_a_cell(report: Opened) -> None:
    page = report.page
    point = page.locator(".panels .point").last
    point.click()
    assert page.input_value("#chosen") == point.get_attribute("data-cell")
    assert "instructions" in page.inner_text("#tip")
    link = page.locator(".cells tbody a").first
    link.click()
    assert page.input_value("#chosen") == "0"
    assert page.url.endswith("#cell")


def test_an_engine_without_layers_says_so(report: Opened) -> None:
    number = next(n for n, r in enumerate(RESULTS.results) if r.figures and not r.figures.layers)
    report.page.select_option("#chosen", str(number))
    assert "does not tell its layers" in report.page.inner_text("#layers")
    assert "does not tell what lies in its arena" in report.page.inner_text("#arena")


def same(first: ElementTree.Element, second: ElementTree.Element) -> None:
    """Two trees with the same elements, texts and attributes; numbers may be a rounding apart."""
    assert first.tag == second.tag
    assert (first.text or "").strip() == (second.text or "").strip()
    assert first.attrib.keys() == second.attrib.keys()
    for name in first.attrib:
        for a, b in zip(first.get(name, "").split(), second.get(name, "").split(), strict=True):
            if a != b:
                assert float(a) == pytest.approx(float(b), abs=0.11), name
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        same(a, b)


@pytest.mark.parametrize("part", ["layers", "arena", "cell-facts"])
def test_the_script_draws_what_the_templates_draw(report: Opened, part: str, tmp_path: Path) -> None:
    """The first cell, as the page brings it and as the script shows it."""
    page = report.page
    # Whatever the script shows at once is the chosen cell anew: what the page brings is in its file.
    text = Path(page.url.split("#")[0].removeprefix("file://")).read_text(encoding="utf-8")
    drawn = page.evaluate("id => new XMLSerializer().serializeToString(document.getElementById(id))", part)
    parse = """([text, id]) => new XMLSerializer().serializeToString(
        new DOMParser().parseFromString(text, 'text/html').getElementById(id))"""
    brought = page.evaluate(parse, [text, part])
    assert chosen(RESULTS) is not None
    same(ElementTree.fromstring(brought), ElementTree.fromstring(drawn))


def test_nothing_is_wider_than_a_phone(report: Opened) -> None:
    page = report.page
    page.set_viewport_size({"width": 375, "height": 812})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # The first figure stands beside the cell, and the cell's keys below its model.
    first = page.locator(".cells tbody tr").first
    assert first.locator("th small").is_visible()
    assert not first.locator("td").nth(0).is_visible()
    figure = first.locator("td").nth(4).bounding_box()
    assert figure is not None
    assert figure["x"] + figure["width"] <= 375
    page.get_by_label("EdgeMark’s definitions").check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.querySelectorAll('h1, h2, p, select, input')].every(e => e.offsetWidth <= 375)")


def test_print_shows_all_rows_and_no_controls(report: Opened) -> None:
    page = report.page
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1032, "height": 720})
    for hidden in ("nav", "#filters", "fieldset", "#tip"):
        assert not page.locator(hidden).first.is_visible()
    assert page.locator(".cells tbody tr").last.is_visible()
    # A table that scrolls cannot do so on paper: it has to fit.
    wide = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).map(e => e.innerText)"
    assert page.evaluate(wide) == []
    page.emulate_media(media="screen")


def test_screenshots(report: Opened, tmp_path: Path) -> None:
    folder = Path(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", tmp_path), "screenshots")
    screenshots.take(report.page, folder)
    pictures = {path.name: path.read_bytes() for path in folder.iterdir()}
    for width in screenshots.WIDTHS:
        for scheme in ("light", "dark"):
            assert pictures[f"report-{width}-{scheme}.png"][16:20] == width.to_bytes(4, "big")
    assert pictures["report-1280-light.png"] != pictures["report-1280-dark.png"]
    assert pictures["report.pdf"].startswith(b"%PDF")


@pytest.mark.parametrize("kept", ["no cell", "failures alone"])
def test_a_suite_without_figures(report: Opened, kept: str, tmp_path: Path) -> None:
    cells = [cell for cell in RESULTS.results if cell.failure and kept != "no cell"]
    write_report(Results(RESULTS.run, tuple(cells), RESULTS.published), tmp_path)
    page, complaints = report.page.context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "report.html").as_uri())
    page.fill("#find", "build")
    assert page.inner_text("#cell p") == "No cell was measured."
    assert page.locator(".cells tbody tr:visible").count() == sum("build" in str(cell.failure) for cell in cells)
    assert complaints == []
    page.close()

"""The page in a browser that runs no scripts: everything that is not chosen is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report.example import example
from tools.report.browser import browser, chromium, opened
from tools.report.write import write_report


def test_the_page_is_read_without_its_script(tmp_path: Path) -> None:
    if chromium() is None:
        pytest.skip("needs Chromium, and neither chromium, chromium-browser nor google-chrome is on PATH")
    results = example(2)
    write_report(results, tmp_path)
    with browser(tmp_path, java_script_enabled=False) as context:
        page = opened(context, tmp_path / "report.html")
        assert page.locator(".cells tbody tr").count() == len(results.results)
        assert page.locator("#layers .layer").count() > 1
        assert page.locator("#arena rect.buffer").count() > 1
        assert not page.get_by_role("columnheader", name="p50").is_visible()
        page.get_by_label("wall time").check()
        assert page.get_by_role("columnheader", name="p50").is_visible()

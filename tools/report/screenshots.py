"""screenshots REPORT.html --out DIR: pictures of a report, at two widths, light and dark, and as it is printed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tools.report.browser import browser, opened

WIDTHS = (1280, 375)
"""Of a desk and of a phone, in pixels."""
_PRINTED_WIDTH = 1032
"""Of a landscape A4 page within its margins, in pixels of 1/96 inch."""


def take(page: Page, folder: Path) -> None:
    """Writes `report-WIDTH-SCHEME.png` for all widths and colour schemes, `report-print.png` and `report.pdf`."""
    folder.mkdir(parents=True, exist_ok=True)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.reload()
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=folder / f"report-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light", media="print")
    page.set_viewport_size({"width": _PRINTED_WIDTH, "height": 720})
    page.reload()
    page.screenshot(path=folder / "report-print.png", full_page=True)
    page.pdf(path=folder / "report.pdf", prefer_css_page_size=True, print_background=True)
    page.emulate_media(media="screen")


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Exit status: 0; 1 where there is no report or no Chromium."""
    parser = argparse.ArgumentParser(prog="screenshots", description="Pictures of a report.")
    parser.add_argument("report", type=Path)
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    arguments = parser.parse_args(argv)
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    report = here / arguments.report
    if not report.is_file():
        print(f"error: {arguments.report}: no such file", file=sys.stderr)
        return 1
    try:
        with browser() as context:
            take(opened(context, report), here / arguments.out)
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

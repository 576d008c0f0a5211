"""A page in headless Chromium, without a network: for screenshots of reports and for their test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Playwright, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# Of those that playwright adds by itself, no more is needed than silence towards the net.
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The machine's Chromium, or None."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def browser(folder: Path | None = None, **options: object) -> Iterator[BrowserContext]:
    """A window of Chromium that is offline. folder: where its profile is made, else where temporary files are.

    options: of playwright's launch_persistent_context, as `viewport`. Raises FileNotFoundError without a Chromium.
    """
    program = chromium()
    if program is None:
        raise FileNotFoundError(f"no Chromium: none of {', '.join(_NAMES)} is on PATH")
    with tempfile.TemporaryDirectory(dir=folder) as profile, sync_playwright() as playwright:
        context = _context(playwright, program, profile, options)
        try:
            yield context
        finally:
            context.close()


def _context(playwright: Playwright, program: str, profile: str, options: dict[str, object]) -> BrowserContext:
    # Chromium and its crash handler want a home of their own.
    places = {"HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile}
    context = playwright.chromium.launch_persistent_context(
        profile,
        executable_path=program,
        headless=True,
        args=list(_FLAGS),
        env=places | {"PATH": "/usr/local/bin:/usr/bin:/bin"},
        offline=True,
        **options,  # type: ignore[arg-type]
    )
    context.set_default_timeout(60_000)
    return context


def opened(context: BrowserContext, report: Path) -> Page:
    """The report in a tab."""
    page = context.pages[0] if context.pages else context.new_page()
    page.goto(report.absolute().as_uri())
    return page

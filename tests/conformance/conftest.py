"""Counts the cases of each operator, prints them, and compares them with cases.json, which docs/operators.md shows.

A case is a model that was compiled; it counts once for each kind of operator in it. After a change of the tests,
`UPDATE_REFS=1 python -m pytest tests/conformance` (from the root of the workspace) writes cases.json anew.

On a platform (SNI_TEST_PLATFORM) and with another profile than c99 (SNI_TEST_PROFILE) fewer cases run
(tests/support/native.py: is_left_out), and are not counted.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import native

CASES = Path(__file__).parent / "cases.json"
_counts: dict[str, Counter[str]] = {}
_left_out: set[str] = set()


@pytest.fixture(autouse=True)
def _count_cases(request: pytest.FixtureRequest) -> Iterator[None]:
    before = len(native.BUILT)
    yield
    for kinds in native.BUILT[before:]:
        _counts.setdefault(request.path.stem, Counter()).update(kinds)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if missing := native.missing_tools():
        for item in items:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)} on PATH"))


def pytest_deselected(items: list[pytest.Item]) -> None:
    _left_out.update(item.path.stem for item in items)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped or report.failed:
        _left_out.add(Path(report.fspath).stem)


def _stored() -> dict[str, dict[str, int]]:
    return json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else {}


def _ran() -> dict[str, dict[str, int]]:
    """The counts of the files whose tests all ran and passed, with every case: c99 leaves none out here."""
    if native.PLATFORM or (native.PROFILE, native.OPTIMISE) != ("c99", "balanced"):
        return {}
    return {file: dict(sorted(c.items())) for file, c in sorted(_counts.items()) if file not in _left_out}


def pytest_sessionfinish(session: pytest.Session) -> None:
    stored = _stored()
    if os.environ.get("UPDATE_REFS"):
        CASES.write_text(json.dumps(dict(sorted((stored | _ran()).items())), indent=2) + "\n", encoding="utf-8")
    elif any(stored.get(file) != counts for file, counts in _ran().items()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stored = _stored()
    for file, counts in sorted(_counts.items()):
        cases = ", ".join(f"{kind} {number}" for kind, number in sorted(counts.items()))
        terminalreporter.write_line(f"{file}: cases of each operator: {cases}")
    where = f"on {native.PLATFORM.name}" if native.PLATFORM else f"with {native.PROFILE}"
    for reason, number in native.LEFT_OUT.items():
        terminalreporter.write_line(f"not run {where}: {number} models {reason}")
    for file, counts in _ran().items():
        if stored.get(file) != counts:
            terminalreporter.write_line(
                f"{file}: cases.json says {stored.get(file)}: UPDATE_REFS=1 python -m pytest tests/conformance",
                red=True,
            )

"""The report of .ci/run: every test target is counted once, and what did not run does not pass."""

import json
from pathlib import Path

import pytest

from tools.testing.summary import Results, main, read, report

SKIPPED_XML = """<testsuites><testsuite><testcase name="test_a"/>
<testcase name="test_b"><skipped message="needs a boat"/></testcase></testsuite></testsuites>"""


def configured(label: str, **kind: str) -> dict:
    return {"id": {"targetConfigured": {"label": label}}, "configured": {"targetKind": "a rule", **kind}}


def summary(label: str, status: str, milliseconds: str = "1500") -> dict:
    details = {"overallStatus": status, "totalRunDurationMillis": milliseconds}
    return {"id": {"testSummary": {"label": label}}, "testSummary": details}


def test_targets_are_counted_by_their_status() -> None:
    results = read(
        [
            {"id": {"started": {}}},
            configured("//:library"),
            *(configured(label, testSize="SMALL") for label in ("//:a", "//:b", "//:c", "//:d", "//:e")),
            {"id": {"targetCompleted": {"label": "//:e"}}, "aborted": {"reason": "SKIPPED"}},
            summary("//:a", "PASSED"),
            summary("//:b", "FAILED"),
            summary("//:d", "TIMEOUT"),
        ]
    )
    text = report(results, 3)
    assert text.splitlines()[-1] == "1 passed, 3 failed, 1 skipped"
    assert "//:c: NOT RUN" in text
    assert "//:e: does not fit the platform" in text
    assert "     1.5 s  //:a" in text


def test_skips_of_pytest_are_listed_with_their_reason(tmp_path: Path) -> None:
    xml = tmp_path / "a b.xml"
    xml.write_text(SKIPPED_XML, encoding="utf-8")
    outputs = [{"name": "test.log"}, {"name": "test.xml", "uri": xml.as_uri()}]
    result = {"id": {"testResult": {"label": "//:a"}}, "testResult": {"testActionOutput": outputs}}
    results = read([configured("//:a", testSize="SMALL"), result, summary("//:a", "PASSED")])
    assert results.skips == [("//:a test_b", "needs a boat")]
    assert report(results, 0).splitlines()[-1] == "1 passed, 0 failed, 1 skipped"


def test_what_was_not_run_at_all_counts_as_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = tmp_path / "events.json"
    events.write_text(json.dumps(summary("//:a", "PASSED")) + "\n", encoding="utf-8")
    main(str(events), "0", "tests/far: https://far.away: no answer")
    lines = capsys.readouterr().out.splitlines()
    assert "  tests/far: https://far.away: no answer" in lines
    assert lines[-1] == "1 passed, 0 failed, 1 skipped"


def test_failure_outside_the_tests_counts() -> None:
    assert report(Results(), 1).splitlines()[-1] == "0 passed, 1 failed, 0 skipped"

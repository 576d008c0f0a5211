"""Reports a `bazel test` from its build events: `summary EVENTS STATUS [SKIPPED...]`.

EVENTS is a file of JSON lines, STATUS Bazel's exit status, and each further argument what was not run at all, and why,
as `NAME: REASON`.

Passed and failed count Bazel's test targets; skipped counts single tests that pytest skipped, and test targets that do
not fit the platform.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlparse
from xml.etree import ElementTree

SLOWEST = 10


@dataclass
class Results:
    """What the events tell of the test targets, by label."""

    status: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    skips: list[tuple[str, str]] = field(default_factory=list)  # (test, reason)

    def passed(self) -> list[str]:
        return [label for label, status in self.status.items() if status in ("PASSED", "FLAKY")]

    def failed(self) -> list[str]:
        return [label for label in self.status if label not in self.passed()]


def read(events: Iterable[dict]) -> Results:
    results = Results()
    logs: dict[str, list[Path]] = {}
    for event in events:
        identity = event["id"]
        if "targetConfigured" in identity and "configured" in event:
            # A test without a later summary was not run: it failed to build.
            if event["configured"].get("testSize"):
                results.status.setdefault(identity["targetConfigured"]["label"], "NOT RUN")
        elif "targetCompleted" in identity and event.get("aborted", {}).get("reason") == "SKIPPED":
            label = identity["targetCompleted"]["label"]
            if results.status.pop(label, None):
                results.skips.append((label, "does not fit the platform"))
        elif "testResult" in identity and "testResult" in event:
            for output in event["testResult"].get("testActionOutput", []):
                if output["name"] == "test.xml" and "uri" in output:
                    path = Path(unquote(urlparse(output["uri"]).path))
                    logs.setdefault(identity["testResult"]["label"], []).append(path)
        elif "testSummary" in identity and "testSummary" in event:
            label, summary = identity["testSummary"]["label"], event["testSummary"]
            results.status[label] = summary["overallStatus"]
            results.seconds[label] = int(summary.get("totalRunDurationMillis", 0)) / 1000
    for label, paths in logs.items():
        for path in paths:
            results.skips += [(f"{label} {test}", reason) for test, reason in skips(path)]
    return results


def skips(path: Path) -> list[tuple[str, str]]:
    """The skipped tests of a JUnit file, with their reasons; none when there is no such file."""
    try:
        tree = ElementTree.parse(path)
    except (OSError, ElementTree.ParseError):
        return []
    found = []
    for case in tree.iter("testcase"):
        for skipped in case.iter("skipped"):
            found.append((case.get("name", ""), skipped.get("message") or "no reason given"))
    return found


def report(results: Results, bazel_status: int) -> str:
    lines = ["", "Slowest test targets:"]
    slowest = sorted(results.seconds, key=lambda label: (-results.seconds[label], label))[:SLOWEST]
    lines += [f"  {results.seconds[label]:8.1f} s  {label}" for label in slowest] or ["  none"]
    if results.skips:
        lines.append("Skipped:")
        lines += [f"  {test}: {reason}" for test, reason in results.skips]
    failed = len(results.failed())
    if failed:
        lines.append("Failed:")
        lines += [f"  {label}: {results.status[label]}" for label in results.failed()]
    elif bazel_status:
        # Nothing ran, or something that is no test did not build.
        lines.append(f"Bazel ended with status {bazel_status}: see its messages above")
        failed = 1
    lines.append(f"{len(results.passed())} passed, {failed} failed, {len(results.skips)} skipped")
    return "\n".join(lines)


def main(events: str, bazel_status: str, *skipped: str) -> None:
    with Path(events).open(encoding="utf-8") as lines:
        results = read(json.loads(line) for line in lines)
    results.skips += [(name, reason) for name, _, reason in (text.partition(": ") for text in skipped)]
    print(report(results, int(bazel_status)))


if __name__ == "__main__":
    main(*sys.argv[1:])

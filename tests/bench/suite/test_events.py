"""What Bazel's events say: where outputs lie, why targets failed, and what was executed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tools.bench.suite.events import Built, Work, read_events, read_trace
from tools.bench.suite.results import Failure

GOOD, BAD, UNDECLARED, GONE = (f"//app:suite_{name}" for name in ("good", "bad", "undeclared", "gone"))


def completed(label: str, **more: object) -> dict:
    return {"id": {"targetCompleted": {"label": label, "configuration": {"id": "c"}}}, **more}


def action(label: str, kind: str, output: str, **more: object) -> tuple[dict, dict]:
    """The identity of an action, and its event."""
    identity = {"actionCompleted": {"primaryOutput": output, "label": label, "configuration": {"id": "c"}}}
    return identity, {"id": identity, "action": {"type": kind, "label": label, **more}}


@pytest.fixture
def events(tmp_path: Path) -> list[dict]:
    said = tmp_path / "stderr 1"
    said.write_text("\x1b[31merror: bad.tflite: is not a TFLite flatbuffer\x1b[0m\nerror: and more\n\n")
    stream = {"name": "stderr", "uri": f"file://{tmp_path}/stderr%201"}
    compiled, compile_event = action("//app:suite_bad_model", "SniCompile", "bad.h", exitCode=1, stderr=stream)
    configured = {"configuredLabel": {"label": "//app:suite_undeclared_model", "configuration": {"id": "c"}}}
    description = (
        "in tflm_model rule: \nTraceback ..\nError in fail: \n//app:suite_undeclared_model: no TFLM\nDeclare it"
    )
    missing = {"unconfiguredLabel": {"label": "//app:gone.tflite"}}
    return [
        {"id": {"started": {}}},
        {"id": configured, "aborted": {"reason": "ANALYSIS_FAILURE", "description": description}},
        {
            "id": {"targetConfigured": {"label": UNDECLARED}},
            "children": [configured],
            "aborted": {"reason": "ANALYSIS_FAILURE"},
        },
        compile_event,
        {
            "id": {"namedSet": {"id": "0"}},
            "namedSetOfFiles": {"files": [], "fileSets": [{"id": "1"}]},
        },
        {
            "id": {"namedSet": {"id": "1"}},
            "namedSetOfFiles": {"files": [{"name": "cell.json", "uri": "file:///made%20here/suite_good/cell.json"}]},
        },
        completed(GOOD, completed={"success": True, "outputGroup": [{"name": "default", "fileSets": [{"id": "0"}]}]}),
        completed(BAD, children=[compiled], completed={"failureDetail": {"message": "Bazel's own words"}}),
        {"id": missing, "aborted": {}},
        completed(GONE, children=[missing], completed={}),
        {
            "id": {"buildMetrics": {}},
            "buildMetrics": {
                "actionSummary": {
                    "runnerCount": [
                        {"name": "total", "count": 20},
                        {"name": "disk cache hit", "count": 4},
                        {"name": "internal", "count": 10},
                        {"name": "linux-sandbox", "count": 6},
                    ]
                }
            },
        },
    ]


def lines(events: list[dict]) -> list[str]:
    return [json.dumps(event) for event in events]


def test_targets_and_why_they_failed(events: list[dict]) -> None:
    assert read_events(lines(events), [GOOD, BAD, UNDECLARED, GONE]) == Built(
        folders={GOOD: Path("/made here/suite_good")},
        failures={
            BAD: Failure("build", "bad.tflite: is not a TFLite flatbuffer\nand more"),
            UNDECLARED: Failure("build", "no TFLM\nDeclare it"),
            GONE: Failure("build", "//app:gone.tflite: there is no such file"),
        },
        actions={"executed": 6, "from cache": 4, "internal": 10},
    )


def test_a_conversion_that_failed(events: list[dict]) -> None:
    for event in events:
        if "action" in event:
            event["action"]["type"] = "TfliteConvert"
    built = read_events(lines(events), [BAD])
    assert built.failures[BAD].stage == "convert"


def test_events_that_end_early(events: list[dict]) -> None:
    written = lines(events)
    built = read_events([*written[:-1], written[-1][:20]], [GOOD, "//app:suite_never"])
    assert built.folders.keys() == {GOOD}
    assert built.failures.keys() == {"//app:suite_never"}
    assert built.failures["//app:suite_never"].message
    assert built.actions == {}


def event(name: str, start: int, length: int, thread: int, **more: object) -> dict:
    return {"name": name, "ph": "X", "ts": start, "dur": length, "tid": thread, **more}


def test_actions_that_ran() -> None:
    def action(target: str, start: int, thread: int, folder: str = "k8-opt") -> dict:
        more = {"cat": "action processing", "out": f"bazel-out/{folder}/bin/x", "args": {"target": target}}
        return event("an action", start, 1_000_000, thread, **more)

    trace = [
        action("//a", 0, 1),
        event("subprocess.run", 100_000, 500_000, 1),
        action("//a", 2_000_000, 1),
        event("subprocess.run", 2_100_000, 250_000, 1),
        # Of another configuration, at the same time in another thread.
        action("//a", 0, 2, "armv7l"),
        event("subprocess.run", 100_000, 125_000, 2),
        # From a cache: no process.
        action("//b", 4_000_000, 1),
        {"name": "a thread", "ph": "M"},
    ]
    assert read_trace(json.dumps({"traceEvents": trace})) == {
        ("//a", "k8-opt"): Work(2, 0.75),
        ("//a", "armv7l"): Work(1, 0.125),
    }
    assert read_trace('{"traceEvents":[') == {}

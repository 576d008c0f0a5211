"""What Bazel's build event protocol says of a build: where outputs lie, why targets failed, and what was executed.

The events are those of --build_event_json_file: each names its parents' children, so that a failed target leads to the
actions and targets that it failed for.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tools.bench.suite.results import Failure

CONVERTING = frozenset({"TfliteConvert", "ZooModel"})
"""The mnemonics of the actions that make a `.tflite`."""

_CACHES = ("disk cache hit", "remote cache hit")


@dataclass(frozen=True)
class Built:
    """folders: of each target that was built, that of its files. failures: of each that was not, why.

    actions: how many were executed, how many came from a cache, and how many are Bazel's own, as links.
    """

    folders: Mapping[str, Path]
    failures: Mapping[str, Failure]
    actions: Mapping[str, int] = field(default_factory=dict)


def read_events(lines: Iterable[str], labels: Iterable[str]) -> Built:
    """What became of targets. lines: of the file of events, which may end early."""
    events = {_id(event["id"]): event for event in _events(lines)}
    files = {event["id"]["namedSet"]["id"]: event for event in events.values() if "namedSet" in event["id"]}
    completed = {
        event["id"]["targetCompleted"]["label"]: event for event in events.values() if "targetCompleted" in event["id"]
    }
    folders: dict[str, Path] = {}
    failures: dict[str, Failure] = {}
    for label in labels:
        event = completed.get(label)
        if event is not None and event.get("completed", {}).get("success"):
            folders[label] = _folder(event["completed"], files)
        else:
            event = event or events.get(_id({"targetConfigured": {"label": label}}), {})
            failures[label] = _failure(event, events) or Failure("build", _unexplained(events))
    return Built(folders, failures, _actions(events))


def _events(lines: Iterable[str]) -> Iterator[dict]:
    for line in lines:
        try:
            yield json.loads(line)
        except ValueError:
            return  # Bazel was killed while it wrote


def _id(identity: Mapping) -> str:
    return json.dumps(identity, sort_keys=True)


def _folder(completed: Mapping, files: Mapping[str, Mapping]) -> Path:
    """Where the files of a target lie: in one folder, with its name."""
    sets = [s["id"] for group in completed["outputGroup"] for s in group.get("fileSets", ())]
    while sets:
        event = files[sets.pop()]["namedSetOfFiles"]
        for file in event.get("files", ()):
            return Path(unquote(urlsplit(file["uri"]).path)).parent
        sets += [s["id"] for s in event.get("fileSets", ())]
    raise ValueError("a target without files")


def _failure(event: Mapping, events: Mapping[str, Mapping]) -> Failure | None:
    """What the causes of an event say, each once."""
    stages, messages = [], []
    for child in event.get("children", ()):
        cause = events.get(_id(child), {})
        said = _said(child, cause)
        if said:
            stages.append("convert" if cause.get("action", {}).get("type") in CONVERTING else "build")
            messages.append(said)
    if not messages:
        said = _said({}, event)
        return Failure("build", said) if said else None
    return Failure("convert" if "convert" in stages else "build", "\n".join(dict.fromkeys(messages)))


def _said(identity: Mapping, event: Mapping) -> str:
    """The tool's own words, without Bazel's."""
    if "action" in event:
        action = event["action"]
        texts = [_text(action[stream]) for stream in ("stderr", "stdout") if stream in action]
        said = "\n".join(text for text in map(_plain, texts) if text)
        return said or _plain(action.get("failureDetail", {}).get("message", ""))
    if "unconfiguredLabel" in identity:
        return f"{identity['unconfiguredLabel']['label']}: there is no such file"
    if "aborted" in event:
        # Rules begin each line with their target, which says nothing here: the same reason holds for many.
        label = next((part["label"] for part in identity.values() if "label" in part), "")
        description = event["aborted"].get("description", "").rpartition("Error in fail: ")[2]
        return _plain(description.replace(f"{label}: ", "") if label else description)
    return _plain(event.get("completed", {}).get("failureDetail", {}).get("message", ""))


def _text(stream: Mapping) -> str:
    path = Path(unquote(urlsplit(stream["uri"]).path))
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def _plain(text: str) -> str:
    """Without colours, blank lines at the ends, and the mark that every line of a tool's errors has."""
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    lines = [line.rstrip().removeprefix("error: ") for line in text.splitlines()]
    return "\n".join(lines).strip("\n")


def _unexplained(events: Mapping[str, Mapping]) -> str:
    """Of a target that Bazel never came to."""
    for event in events.values():
        if "aborted" in event and (said := _said({}, event)):
            return said
        finished = event.get("finished", {})
        if said := _plain(finished.get("failureDetail", {}).get("message", "")):
            return said
    return "Bazel did not come to it (build.log says why)"


def _actions(events: Mapping[str, Mapping]) -> dict[str, int]:
    metrics = next((event["buildMetrics"] for event in events.values() if "buildMetrics" in event), None)
    if metrics is None:
        return {}
    runners = {runner["name"]: runner["count"] for runner in metrics.get("actionSummary", {}).get("runnerCount", ())}
    total, internal = runners.get("total", 0), runners.get("internal", 0)
    cached = sum(runners.get(name, 0) for name in _CACHES)
    return {"executed": total - internal - cached, "from cache": cached, "internal": internal}


@dataclass(frozen=True)
class Work:
    """Actions that were executed for a target, and the seconds that their processes took."""

    actions: int
    seconds: float


Trace = Mapping[tuple[str, str], Work]
"""By the target's label and the folder of its configuration's outputs, as `k8-opt`."""


def read_trace(text: str) -> Trace:
    """What a trace of --profile says; actions whose outputs came from a cache ran nothing and are not among them."""
    try:
        events = [event for event in json.loads(text)["traceEvents"] if event.get("ph") == "X"]
    except ValueError:
        return {}
    processes: dict[int, list[tuple[int, int]]] = {}
    for event in events:
        if event["name"] == "subprocess.run":
            processes.setdefault(event["tid"], []).append((event["ts"], event["dur"]))
    for spans in processes.values():
        spans.sort()
    found: dict[tuple[str, str], Work] = {}
    for event in events:
        if event.get("cat") != "action processing" or "target" not in event.get("args", {}):
            continue
        spans = processes.get(event["tid"], [])
        ends = (event["ts"], event["ts"] + event["dur"])
        first, last = (bisect.bisect_left(spans, (end, 0)) for end in ends)
        if first < last:
            key = event["args"]["target"], configuration_of(event.get("out", ""))
            before = found.get(key, Work(0, 0.0))
            seconds = sum(duration for _, duration in spans[first:last]) / 1e6
            found[key] = Work(before.actions + 1, before.seconds + seconds)
    return found


def configuration_of(path: str) -> str:
    """The folder of a configuration's outputs, as `k8-opt`, from a path below it."""
    parts = Path(path).parts
    return parts[parts.index("bazel-out") + 1] if "bazel-out" in parts[:-1] else ""

"""From the text of a pipeline file to a Pipeline, with everything that is wrong with the file by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.sni.errors import CompileError
from tools.sni.pipeline.after import AFTER, After
from tools.sni.pipeline.json_file import JsonObject, load_json
from tools.sni.pipeline.kinds import Identifier, Integer, List, Raw, Reference, Text, found, listed, quoted
from tools.sni.pipeline.model import Pipeline, Window
from tools.sni.pipeline.records import Reading, Report, below, entry, keys_of, read_record, suggestion
from tools.sni.pipeline.registry import Registry
from tools.sni.pipeline.signals import SIGNALS, Signal
from tools.sni.pipeline.window import WINDOW_FEATURES, WindowFeature

VERSION = 1


@dataclass(frozen=True, kw_only=True)
class TopLevel:
    """The keys at the top of the file; lists of steps and the window are read further on their own."""

    columns: tuple[str, ...] = entry(List(Text()))
    key: str | None = entry(Reference(), default=None)
    echo: tuple[str, ...] = entry(List(Reference(), minimum=0), default=())
    signals: Sequence[object] = entry(Raw(list), default=())
    window_features: Sequence[object] = entry(Raw(list), default=())
    features: tuple[str, ...] = entry(List(Reference()))
    window: object = entry(Raw(dict), default=None)
    after: Sequence[object] = entry(Raw(list), default=())
    version: int = entry(Integer(1), default=VERSION)


@dataclass(frozen=True, kw_only=True)
class _Named:
    """What is read of a step whose operation is not known: others may still refer to it."""

    name: str = entry(Identifier())


@dataclass(frozen=True)
class _Step:
    """One entry of a list of steps, as far as it could be read. mentions: the names that it is computed of."""

    where: str
    record: Signal | WindowFeature | After | None
    name: str | None
    mentions: tuple[str, ...]
    hidden: bool


def read_pipeline(path: Path) -> Pipeline:
    """Reads and checks a pipeline file.

    Raises CompileError with all problems of the file; places read `detector.json: signals[2].of`.
    """
    report = Report(str(path), sections=keys_of(TopLevel))
    value = load_json(path)
    top = read_record(TopLevel, value, "", report)
    if not isinstance(value, JsonObject):
        raise CompileError(report.problems)
    fields = {"columns": (), "key": None, "echo": (), "features": (), "window": None}
    fields |= {"signals": [], "window_features": [], "after": []} | dict(top.fields)
    if fields.get("version", VERSION) != VERSION:
        report.add("version", f"version {fields['version']} is not known (this compiler reads version {VERSION})")

    signals = _read_steps(SIGNALS, "signals", fields, report)
    window_features = _read_steps(WINDOW_FEATURES, "window_features", fields, report)
    after = _read_steps(AFTER, "after", fields, report)
    window = Reading(Window(), {})
    if fields["window"] is not None:
        window = read_record(Window, fields["window"], "window", report)

    _check_rows(value, top, signals, window_features, report)
    if window.record is not None:
        _check_sizes(fields["columns"], signals, window_features, window.record.length, report)
    _check_results(fields["echo"], after, report)
    if len(report):
        raise CompileError(report.problems)
    return Pipeline(
        file=str(path),
        columns=fields["columns"],
        key=fields["key"],
        echo=fields["echo"],
        signals=tuple(step.record for step in signals),
        features=fields["features"],
        window=window.record,
        after=tuple(step.record for step in after),
        window_features=tuple(step.record for step in window_features),
    )


def _read_steps(registry: Registry, section: str, fields: Mapping[str, object], report: Report) -> list[_Step]:
    return [_read_step(registry, item, f"{section}[{i}]", report) for i, item in enumerate(fields[section])]


def _read_step(registry: Registry, value: object, where: str, report: Report) -> _Step:
    if not isinstance(value, JsonObject):
        report.add(where, f"expected an object, found {found(value)}")
        return _Step(where, None, None, (), False)
    op = value.get("op")
    if isinstance(op, str) and op in registry:
        reading = read_record(registry[op], value, where, report, also=["op"])
        if isinstance(reading.record, (Signal, WindowFeature)):
            for name, message in reading.record.problems():
                report.add(below(where, name), message)
    else:
        if "op" not in value:
            report.add(where, f'the key "op" is missing (accepted: {listed(list(registry))})')
        elif isinstance(op, str):
            report.add(below(where, "op"), f"{quoted(op)} is no operation here ({suggestion(op, registry)})")
        else:
            report.add(below(where, "op"), f"expected the name of an operation in quotes, found {found(op)}")
        reading = read_record(_Named, value, where, report, strict=False)
    mentions = value.get("of", ())
    mentions = (mentions,) if isinstance(mentions, str) else mentions if isinstance(mentions, list) else ()
    mentions = tuple(name for name in mentions if isinstance(name, str))
    name = value.get("name")  # Even one that is not accepted: what refers to it is no further mistake.
    name = name if isinstance(name, str) else None
    return _Step(where, reading.record, name, mentions, value.get("hidden") is True)


def _check_rows(
    value: JsonObject, top: Reading, signals: Sequence[_Step], window_features: Sequence[_Step], report: Report
) -> None:
    """Names on the way from the columns to the features."""
    if "columns" not in top.fields or any(
        key in value and key not in top.fields for key in ("signals", "window_features")
    ):
        return  # Every name would be reported as unknown.
    columns = top.fields["columns"]
    for name, where in _uses_of_columns(top):
        if name not in columns:
            report.add(where, f"{quoted(name)} is no column ({suggestion(name, columns)})")

    known = dict.fromkeys(columns, "a column")
    for position, signal in enumerate(signals):
        for name in signal.mentions:
            if name not in known:
                later = [step.where for step in signals[position:] if step.name == name]
                report.add(below(signal.where, "of"), _unknown(name, list(known), later, signal.where))
        _enter(signal, known, report)
    of_rows = list(known)
    for position, feature in enumerate(window_features):
        for name in feature.mentions:
            if name not in known:
                later = [step.where for step in window_features[position:] if step.name == name]
                where = below(feature.where, "of")
                report.add(where, _unknown(name, list(known), later, feature.where, "window feature"))
            elif len(feature.mentions) > 1 and name not in of_rows:
                message = f"{quoted(name)} is a window feature; only columns and signals can take turns in a list"
                report.add(below(feature.where, "of"), message)
        _enter(feature, known, report)
    features = top.fields.get("features", ())
    for index, name in enumerate(features):
        if name not in known:
            kinds = "column, signal or window feature" if window_features else "column or signal"
            report.add(f"features[{index}]", f"{quoted(name)} is no {kinds} ({suggestion(name, known)})")

    steps = [*signals, *window_features]
    used = {*features, *(name for step in steps for name in step.mentions)}
    if "features" in top.fields and all(step.mentions for step in steps):
        for step in steps:
            if step.name is not None and step.name not in used:
                later = "window feature" if step in window_features else "signal"
                later += " or window feature" * (step in signals and bool(window_features))
                message = f"nothing uses {quoted(step.name)} (name it in features or in a later {later}, or remove it)"
                report.add(step.where, message)


def _enter(step: _Step, known: dict[str, str], report: Report) -> None:
    """Makes a name known, or says whose it is already."""
    if step.name in known:
        report.add(below(step.where, "name"), _taken(step.name, known[step.name]))
    elif step.name is not None:
        known[step.name] = step.where


def _check_sizes(
    columns: Sequence[str], signals: Sequence[_Step], window_features: Sequence[_Step], length: int, report: Report
) -> None:
    """How many values each window feature is computed of, as far as that can be told."""
    sizes: dict[str, int | None] = dict.fromkeys([*columns, *(signal.name or "" for signal in signals)], length)
    for step in window_features:
        known = [sizes.get(name) for name in step.mentions]
        size = None if not known or None in known else sum(known)
        feature = step.record
        count = None
        if isinstance(feature, WindowFeature) and size is not None:
            misfits = list(feature.misfits(size))
            for name, message in misfits:
                report.add(below(step.where, name), message)
            count = None if misfits else feature.count(size)
        if step.name is not None:
            sizes[step.name] = count


def _uses_of_columns(top: Reading) -> Iterator[tuple[str, str]]:
    if top.fields.get("key") is not None:
        yield top.fields["key"], "key"
    for index, name in enumerate(top.fields.get("echo", ())):
        yield name, f"echo[{index}]"


def _taken(name: str, owner: str) -> str:
    return f"{quoted(name)} is already the name of {owner} (use another name)"


def _unknown(name: str, known: Sequence[str], later: Sequence[str], here: str, kind: str = "signal") -> str:
    """kind: of the step at `here`; steps can use those of their kind that come before."""
    others = "columns" if kind == "signal" else "columns, signals"
    if not later:
        none = "no column" if kind == "signal" else "no column, signal"
        return f"{quoted(name)} is {none} or earlier {kind} ({suggestion(name, known)})"
    if later[0] == here:
        return f"{quoted(name)} is the {kind} itself (accepted: {others} and {kind}s before it)"
    return f"{quoted(name)} is only defined at {later[0]} (a {kind} can use {others} and {kind}s before it; move it up)"


def _check_results(echo: Sequence[str], after: Sequence[_Step], report: Report) -> None:
    """Names among the steps after the network. A name with a suffix, as `score_speed`, is one value of several."""
    for position, step in enumerate(after):
        earlier = [other.name for other in after[:position] if other.name is not None]
        for name in step.mentions:
            if not any(_belongs(name, other) for other in earlier):
                later = [other.where for other in after[position:] if other.name and _belongs(name, other.name)]
                where = below(step.where, "of")
                if later:
                    report.add(where, f"{quoted(name)} is not defined before {step.where} but at {later[0]}")
                else:
                    report.add(where, f"{quoted(name)} is no value defined before ({suggestion(name, earlier)})")
        if step.name is None:
            continue
        if step.name in earlier:
            first = next(other.where for other in after if other.name == step.name)
            report.add(below(step.where, "name"), _taken(step.name, first))
        elif step.name in echo:
            report.add(below(step.where, "name"), f"{quoted(step.name)} is already in the result row, through echo")
        used = [name for other in after[position + 1 :] for name in other.mentions]
        if step.hidden and not any(_belongs(name, step.name) for name in used):
            report.add(step.where, f"{quoted(step.name)} is hidden and nothing uses it (show it, or remove it)")
    if after and all(step.hidden for step in after):
        report.add("after", "every step is hidden, so that a result row would be empty (show at least one)")


def _belongs(value: str, step: str) -> bool:
    return value == step or value.startswith(step + "_")

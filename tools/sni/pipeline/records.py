"""JSON objects read into frozen dataclasses whose fields say what they accept.

A field declared as `std: float = entry(Number(positive=True))` is a key of the object; one with a default is optional.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tools.sni.errors import Problem
from tools.sni.pipeline.json_file import JsonObject
from tools.sni.pipeline.kinds import Kind, RejectedError, found, listed, quoted

Record = TypeVar("Record")


class Report:
    """The problems of one file."""

    def __init__(self, file: str, sections: Iterable[str] = ()) -> None:
        """sections: keys at the top of the file, in the order in which their problems are to stand."""
        self.file = file
        self._sections = list(sections)
        self._problems: list[tuple[str, str]] = []

    def __len__(self) -> int:
        return len(self._problems)

    @property
    def problems(self) -> list[Problem]:
        """All problems: those of the file as a whole, then section by section and item by item."""
        return [
            Problem(f"{self.file}: {where}" if where else self.file, message)
            for where, message in sorted(self._problems, key=lambda problem: self._position(problem[0]))
        ]

    def add(self, where: str, message: str) -> None:
        """where: the path inside the file as `signals[2].of`; empty for the file as a whole."""
        self._problems.append((where, message))

    def _position(self, where: str) -> tuple[int, int]:
        section, index = re.match(r"(\w*)(?:\[(\d+)\])?", where).groups()
        return self._sections.index(section) if section in self._sections else -1, int(index or 0)


@dataclass(frozen=True)
class Reading:
    """What came of an object: the record when all is well, and in any case the fields that could be read."""

    record: Any | None
    fields: Mapping[str, Any]


def entry(kind: Kind, default: object = dataclasses.MISSING) -> Any:
    """A dataclass field that is a key of the JSON object."""
    return dataclasses.field(default=default, metadata={"kind": kind}, kw_only=True)


def keys_of(record: type) -> dict[str, dataclasses.Field]:
    """The keys that a record accepts, in the order they are declared."""
    return {field.name: field for field in dataclasses.fields(record) if "kind" in field.metadata}


def read_record(
    record: type[Record], value: object, where: str, report: Report, also: Iterable[str] = (), strict: bool = True
) -> Reading:
    """Reads a JSON object into a record, reporting every problem.

    also: keys that are fine to be there and are read by the caller.
    strict: report keys that nobody knows, or that are missing.
    """
    if not isinstance(value, JsonObject):
        report.add(where, f"expected an object, found {found(value)}")
        return Reading(None, {})
    before = len(report)
    keys = keys_of(record)
    for name in value.repeated:
        report.add(below(where, name), "the key is given twice (keep one)")
    if strict:
        _report_unknown(value, [*also, *keys], where, report)
    fields: dict[str, Any] = {}
    for name, field in keys.items():
        if name in value:
            try:
                fields[name] = field.metadata["kind"].read(value[name])
            except RejectedError as error:
                for place, message in error.problems:
                    report.add(below(where, name) + place, message)
        elif strict and field.default is dataclasses.MISSING:
            report.add(where, f'the key "{name}" is missing')
    whole = strict and len(report) == before
    return Reading(record(**fields) if whole else None, fields)


def _report_unknown(value: JsonObject, known: list[str], where: str, report: Report) -> None:
    for name in value:
        if name not in known:
            report.add(where, f"the key {quoted(name)} is unknown ({suggestion(name, known)})")


def suggestion(name: str, known: Iterable[str]) -> str:
    """`did you mean "x"? accepted: x, y`, for a message about a name that nobody knows."""
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    accepted = f"accepted: {listed(known)}" if known else "there are none"
    return f'did you mean "{near[0]}"? {accepted}' if near else accepted


def below(where: str, name: str) -> str:
    """The place of a key of the object at `where`."""
    return f"{where}.{name}" if where else name

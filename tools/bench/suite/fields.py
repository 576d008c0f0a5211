"""Values of a suite's file, checked one by one: each mistake is noted with its line, and reading goes on."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tools.yaml_file.entries import Entry
from tools.yaml_file.problem import Problem, shown

T = TypeVar("T")
Check = Callable[[str], str | None]
"""Says what is wrong with a text, if anything, and what is accepted."""


@dataclass(frozen=True)
class Fields:
    """A file whose values are being read. Methods that find a value wrong note why, and return None or leave it out."""

    path: Path
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.path, line, message))

    def mapping(self, entry: Entry, what: str, examples: Mapping[str, str]) -> dict[str, Entry]:
        """The entries of a mapping by their keys, which must be among those of `examples`."""
        if not isinstance(entry.value, dict):
            key, example = next(iter(examples.items()))
            self.wrong(
                entry.line, f"{shown(entry.value)} is no {what}: keys and values are needed, as {key}: {example}"
            )
            return {}
        for key, item in entry.value.items():
            if key not in examples:
                self.wrong(item.line, f"{shown(key)} is no key of a {what}{among(key, examples)}")
        return {key: item for key, item in entry.value.items() if key in examples}

    def items(self, entry: Entry, key: str, example: str) -> list[Entry]:
        """The items of a list that has some."""
        if not isinstance(entry.value, list):
            self.wrong(entry.line, f"{key} = {shown(entry.value)}: a list is needed, as {example}")
            return []
        if not entry.value:
            self.wrong(entry.line, f"{key} = []: at least one is needed, as {example}")
        return entry.value

    def text(self, entry: Entry, key: str, check: Check | None = None) -> str | None:
        if not isinstance(entry.value, str):
            hint = "; quotes make it one" if isinstance(entry.value, bool | int | float) else ""
            self.wrong(entry.line, f"{key} = {shown(entry.value)}: a text is needed{hint}")
        elif reason := check(entry.value) if check else None:
            self.wrong(entry.line, f"{key} = {shown(entry.value)}: {reason}")
        else:
            return entry.value
        return None

    def texts(self, entry: Entry, key: str, example: str, check: Check) -> tuple[str, ...]:
        """Those items of a list that are right, each once."""
        found = [(self.text(item, key, check), item.line) for item in self.items(entry, key, example)]
        return self.distinct(key, ((text, text, line) for text, line in found if text is not None))

    def distinct(self, what: str, named: Iterable[tuple[str, T, int]]) -> tuple[T, ...]:
        """Of things, given as (name, thing, line), the first of each name."""
        seen: dict[str, tuple[T, int]] = {}
        for name, thing, line in named:
            if name in seen:
                self.wrong(line, f"{what}: {shown(name)} is there already, on line {seen[name][1]}; each once")
            else:
                seen[name] = thing, line
        return tuple(thing for thing, _ in seen.values())

    def file(self, entry: Entry, key: str, kinds: Collection[str], otherwise: str = "") -> Path | None:
        """The absolute path of a file that is there, given relative to the suite's folder.

        kinds: what its name may end with. otherwise: what could be there in place of such a file.
        """
        text = self.text(entry, key)
        if text is None:
            return None
        path = Path(os.path.normpath(Path(os.path.abspath(self.path.parent)) / text))
        if path.suffix not in kinds:
            self.wrong(
                entry.line,
                f"{key} = {shown(text)}: a {' or '.join(kinds)} file {otherwise and otherwise + ' '}is needed",
            )
        elif not os.path.isfile(path):
            near = [
                Path(text).with_name(name).as_posix() for name in _listed(path.parent) if name.endswith(path.suffix)
            ]
            self.wrong(entry.line, f"{key} = {shown(text)}: there is no file {path}{meant(text, near)}")
        else:
            return path
        return None


def _listed(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError):
        return []


def meant(found: str, names: Collection[str]) -> str:
    """ " (did you mean ...?)", where one of the names is near."""
    by_lower = {name.lower(): name for name in names}
    near = difflib.get_close_matches(found.lower(), by_lower, n=1, cutoff=0.7)
    return f' (did you mean "{by_lower[near[0]]}"?)' if near else ""


def among(found: str, names: Collection[str]) -> str:
    """What there is in place of something that is not known, and which of it is near."""
    return f"{meant(found, names)}; accepted: {', '.join(names)}"


def one_of(names: Collection[str]) -> Check:
    """Of a text that must be one of the names."""
    return lambda text: None if text in names else f"not known{among(text, names)}"


def target_name(text: str) -> str | None:
    """What is wrong with a text as the name of a target, after which C code is named too."""
    if text.isascii() and text.isidentifier():
        return None
    return "letters, digits and _ are needed, no digit first: targets and C code are named after it"

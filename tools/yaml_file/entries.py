"""A YAML file as Python values that know which line they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from tools.yaml_file.problem import Problem, shown

_TAG = "tag:yaml.org,2002:"
_TYPES = tuple(_TAG + name for name in ("null", "bool", "int", "float"))
_LONGEST = 100
"""Characters of a number; Python refuses to write out some that are longer."""


@dataclass(frozen=True)
class Entry:
    """value: None, a bool, a number, a string, a list of Entries, or a dictionary from keys to Entries. line: where it
    begins, or its key where it has one; from 1."""

    value: object
    line: int


@dataclass(frozen=True)
class Document:
    """root: an Entry whose value is a dictionary; None where there is no reading the file. problems: what is wrong with
    it as YAML; of keys that are there twice, `root` has the first."""

    root: Entry | None
    problems: tuple[Problem, ...]


def load_yaml(path: Path, example: str) -> Document:
    """Reads a file that is one mapping; `example` is a line of such a file. Raises nothing."""
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        return _unreadable(path, None, f"cannot be read ({error.strerror})")
    except UnicodeDecodeError:
        return _unreadable(path, None, "is not UTF-8 text")
    except RecursionError:
        return _unreadable(path, None, "is nested too deeply")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        return _unreadable(path, mark.line + 1 if mark else None, f"not YAML: {reason}")
    if not isinstance(root, yaml.MappingNode):
        return _unreadable(path, None, f"keys and values are needed, as {example}")
    reader = _Reader(path)
    return Document(reader.entry(root), tuple(reader.problems))


def plain(entry: Entry) -> object:
    """The value of an Entry with all Entries in it replaced by theirs."""
    if isinstance(entry.value, list):
        return [plain(item) for item in entry.value]
    if isinstance(entry.value, dict):
        return {key: plain(item) for key, item in entry.value.items()}
    return entry.value


def _unreadable(path: Path, line: int | None, message: str) -> Document:
    return Document(None, (Problem(path, line, message),))


@dataclass
class _Reader:
    """Nodes that the file refers to by an alias are read once; `entries` has None for those that are being read."""

    path: Path
    problems: list[Problem] = field(default_factory=list)
    entries: dict[int, Entry | None] = field(default_factory=dict)

    def entry(self, node: yaml.Node) -> Entry:
        known = self.entries.get(id(node), False)
        if known:
            return known
        line = _line(node)
        if known is None:
            self._wrong(line, "a value cannot contain itself")
            return Entry(None, line)
        self.entries[id(node)] = None
        self.entries[id(node)] = made = Entry(self._value(node), line)
        return made

    def _value(self, node: yaml.Node) -> object:
        if not node.tag.startswith(_TAG):
            self._wrong(_line(node), f"{node.tag}: tags are not read; a plain value is needed")
        if isinstance(node, yaml.MappingNode):
            return dict(self._pairs(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.entry(item) for item in node.value]
        return _scalar(node)

    def _pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, Entry]]:
        seen: dict[str, int] = {}
        for key, value in node.value:
            line = _line(key)
            if not isinstance(key, yaml.ScalarNode):
                self._wrong(line, "a key is a list or a mapping; a word is needed")
            elif key.value in seen:
                self._wrong(line, f"{shown(key.value)} is there already, on line {seen[key.value]}; each key once")
            else:
                seen[key.value] = line
                yield key.value, Entry(self.entry(value).value, line)

    def _wrong(self, line: int, message: str) -> None:
        self.problems.append(Problem(self.path, line, message))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _scalar(node: yaml.ScalarNode) -> object:
    """What is no number, truth value or nothing stays as it is written: dates, binary data, and `!!int x` too."""
    if node.tag in _TYPES and len(node.value) <= _LONGEST:
        try:
            return yaml.constructor.SafeConstructor().construct_object(node)
        except (ValueError, KeyError, IndexError, yaml.YAMLError):
            pass
    return node.value

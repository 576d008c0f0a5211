"""The sets of compiler options of a suite, as its file gives them."""

from __future__ import annotations

import re

from tools.bench.suite.fields import Fields
from tools.bench.suite.suite import Options
from tools.yaml_file.entries import Entry
from tools.yaml_file.problem import shown

OPTIONS_EXAMPLE = "[-O3, -Os]"
_KEYS = {"name": "-Os", "copts": "[-Os]", "fpu": "off"}

_LEVEL = "-O3"
"""What the rules compile generated code with."""

DEFAULT = Options(_LEVEL)


def read_options(fields: Fields, entry: Entry) -> tuple[Options, ...]:
    """The sets, each name once; those that something is wrong with lack it."""
    items = fields.items(entry, "options", OPTIONS_EXAMPLE)
    found = [
        (_flags(fields, item) if isinstance(item.value, str) else _named(fields, item), item.line) for item in items
    ]
    return fields.distinct("options", ((options.name, options, line) for options, line in found if options))


def _flags(fields: Fields, item: Entry) -> Options | None:
    """A set that is called by its flags, as `-Os -funroll-loops`."""
    name, flags = str(item.value), tuple(str(item.value).split())
    if not flags or any(_wrong_flag(flag) for flag in flags) or _wrong_name(name):
        accepted = "flags are needed, as -Os; or a name, as {name: small, copts: [-Os]}"
        fields.wrong(item.line, f"options = {shown(name)}: {accepted}")
        return None
    return DEFAULT if name == _LEVEL else Options(name, flags)


def _named(fields: Fields, item: Entry) -> Options | None:
    given = fields.mapping(item, "set of options", _KEYS)
    fpu = given["fpu"].value if "fpu" in given else None
    if "fpu" in given and not isinstance(fpu, bool):
        fields.wrong(given["fpu"].line, f"fpu = {shown(fpu)}: on or off is needed")
    flags = fields.items(given["copts"], "copts", "[-Os]") if "copts" in given else []
    copts = tuple(text for flag in flags if (text := fields.text(flag, "copts", _wrong_flag)) is not None)
    if "name" not in given:
        if isinstance(item.value, dict):
            fields.wrong(item.line, 'this set of options has no "name": one is needed, as name: -Os')
        return None
    name = fields.text(given["name"], "name", _wrong_name)
    if name is None:
        return None
    for flag in _missing(name, copts) if copts or "copts" not in given else ():
        message = f"its copts do not have {flag}; they need it, or this another name"
        fields.wrong(given["name"].line, f"name = {shown(name)}: {message}")
    return Options(name, copts, fpu)


def _missing(name: str, copts: tuple[str, ...]) -> list[str]:
    """Flags that a name promises: results must not be called `-O2` that are the rules' own -O3."""
    level = () if any(flag.startswith("-O") for flag in copts) else (_LEVEL,)
    return [flag for flag in re.findall(r"(?<!\S)-[^\s,;]+", name) if flag not in (*copts, *level)]


def _wrong_flag(text: str) -> str | None:
    right = text.startswith("-") and text.isprintable() and " " not in text
    return None if right else "a flag is needed, one in each text, as [-Os, -funroll-loops]"


def _wrong_name(text: str) -> str | None:
    right = text.strip() and text.isprintable() and "/" not in text
    return None if right else "a name on one line, without /, is needed"

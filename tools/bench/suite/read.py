"""A suite from its file. docs/benchmark.md describes the format; all mistakes are told at once, each with its line."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tools.bench.suite.fields import Check, Fields, one_of, target_name
from tools.bench.suite.models import read_models
from tools.bench.suite.options import DEFAULT, OPTIONS_EXAMPLE, read_options
from tools.bench.suite.published import wrong_columns
from tools.bench.suite.suite import ENGINES, Suite
from tools.bench.suite.variants import wrong_variant
from tools.kit.table import platform_names, table
from tools.yaml_file.entries import Entry, load_yaml
from tools.yaml_file.problem import ProblemsError, shown

_KEYS = {
    "name": "everything",
    "models": "[zoo: fc_0]",
    "variants": "[basic, int8_only]",
    "engines": "[sni, microtvm]",
    "platforms": "[x86_64, cortex_m4]",
    "options": OPTIONS_EXAMPLE,
    "published": "[edgemark_results.csv]",
}
_OPTIONAL = ("options", "published")


class SuiteError(ProblemsError):
    """Says all that is wrong with a suite's file, one mistake a line."""


def read_suite(path: Path) -> Suite:
    """Reads a suite. All its paths become absolute. Raises SuiteError."""
    document = load_yaml(path, "name: small")
    if document.root is None:
        raise SuiteError(document.problems)
    fields = Fields(path, list(document.problems))
    given = fields.mapping(document.root, "suite", _KEYS)
    for key in _KEYS:
        if key not in given and key not in _OPTIONAL:
            fields.wrong(document.root.line, f'the suite has no "{key}": it is needed, as {key}: {_KEYS[key]}')
    name = fields.text(given["name"], "name", target_name) if "name" in given else None
    before = len(fields.problems)
    variants = _texts(fields, given, "variants", wrong_variant)
    known = variants if len(fields.problems) == before else ()
    models = read_models(fields, given["models"], known) if "models" in given else ()
    engines = _texts(fields, given, "engines", one_of(ENGINES))
    platforms = _texts(fields, given, "platforms", _wrong_platform)
    options = read_options(fields, given["options"]) if "options" in given else (DEFAULT,)
    published = _published(fields, given["published"]) if "published" in given else ()
    if fields.problems or name is None:
        raise SuiteError(sorted(fields.problems, key=lambda problem: (problem.file != path, problem.line or 0)))
    return Suite(name, models, variants, engines, platforms, options, published)


def _texts(fields: Fields, given: Mapping[str, Entry], key: str, check: Check) -> tuple[str, ...]:
    return fields.texts(given[key], key, _KEYS[key], check) if key in given else ()


def _wrong_platform(name: str) -> str | None:
    if actual := table().ALIASES.get(name):
        return f"another name of {actual}, and cells have one name; accepted: {actual}"
    return one_of(platform_names())(name)


def _published(fields: Fields, entry: Entry) -> tuple[Path, ...]:
    items = fields.items(entry, "published", _KEYS["published"])
    files = [(fields.file(item, "published", [".csv"]), item) for item in items]
    for path, item in files:
        if path and (reason := wrong_columns(path)):
            fields.wrong(item.line, f"published = {shown(item.value)}: {reason}")
    return fields.distinct("published", ((str(path), path, item.line) for path, item in files if path))

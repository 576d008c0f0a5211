"""The models of a suite, as its file gives them."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from tools.bench.suite.fields import Fields, meant, target_name
from tools.bench.suite.suite import Model
from tools.bench.suite.variants import wrong_variant
from tools.yaml_file.entries import Entry
from tools.yaml_file.problem import shown

CONFIGS = Path(__file__).absolute().parents[3] / "tools/zoo/configs"
"""The zoo's own descriptions, in the workspace or the runfiles."""

_KEYS = {
    "zoo": "fc_0",
    "tflite": "{int8_only: ad_int8.tflite}",
    "keras": "detector.keras",
    "name": "detector",
    "representative_data": "calibration.npz",
    "pipeline": "detector.json",
}
_ACCEPTED = "a name of tools/zoo/configs without .yaml, a pattern of them, as fc_*, or the path of a .yaml file"
_SOURCES = ("zoo", "tflite", "keras")


def read_models(fields: Fields, entry: Entry, variants: Collection[str]) -> tuple[Model, ...]:
    """The models, each name once; those that something is wrong with lack it. variants: of the suite, () where these
    are not known."""
    found = [
        named for item in fields.items(entry, "models", "[zoo: fc_0]") for named in _models(fields, item, variants)
    ]
    return fields.distinct("models", ((model.name, model, line) for model, line in found))


def _models(fields: Fields, item: Entry, variants: Collection[str]) -> Iterator[tuple[Model, int]]:
    """The models of an item of the list, with the lines that name them."""
    given = fields.mapping(item, "model", _KEYS)
    sources = [source for source in _SOURCES if source in given]
    if len(sources) != 1:
        if isinstance(item.value, dict):
            there = f"has {' and '.join(sources)}" if sources else "has no source"
            accepted = "exactly one of zoo: fc_0, tflite: {int8_only: ad_int8.tflite}, keras: detector.keras"
            fields.wrong(item.line, f"this model {there}: {accepted} is needed")
        return
    (source,) = sources
    name = fields.text(given["name"], "name", target_name) if "name" in given else None
    pipeline = fields.file(given["pipeline"], "pipeline", [".json"]) if "pipeline" in given else None
    data = None
    if "representative_data" in given:
        data = fields.file(given["representative_data"], "representative_data", [".npz", ".csv"])
        if source != "keras":
            message = f"representative_data is for keras: a model from {source} needs none"
            fields.wrong(given["representative_data"].line, message)
    if source == "zoo":
        yield from _zoo(fields, given, name, pipeline)
        return
    files = _tflite(fields, given["tflite"], variants) if source == "tflite" else {}
    trained = _trained(fields, given["keras"]) if source == "keras" else None
    if "name" not in given:
        fields.wrong(item.line, f'a model from {source} has no "name": one is needed, as name: detector')
    elif name:
        yield Model(name, None, trained, files, data, pipeline), given["name"].line


def _tflite(fields: Fields, entry: Entry, variants: Collection[str]) -> dict[str, Path]:
    if not isinstance(entry.value, dict) or not entry.value:
        found = "{}" if entry.value == {} else shown(entry.value)
        accepted = "files by their variants are needed, as {int8_only: ad_int8.tflite}"
        fields.wrong(entry.line, f"tflite = {found}: {accepted}")
        return {}
    if variants and not set(variants) & set(entry.value):
        fields.wrong(entry.line, f"tflite has none of the suite's variants; accepted: {', '.join(variants)}")
    found = {}
    for variant, file in entry.value.items():
        if reason := wrong_variant(variant):
            fields.wrong(file.line, f"tflite = {shown(variant)}: {reason}")
        if path := fields.file(file, variant, [".tflite"]):
            found[variant] = path
    return found


def _trained(fields: Fields, entry: Entry) -> Path | None:
    folder = isinstance(entry.value, str) and os.path.join(fields.path.parent, entry.value)
    if folder and os.path.isdir(folder):
        if os.path.isfile(os.path.join(folder, "saved_model.pb")):
            return Path(os.path.abspath(folder))
        fields.wrong(entry.line, f"keras = {shown(entry.value)}: a folder, but no SavedModel: it has no saved_model.pb")
        return None
    return fields.file(entry, "keras", [".keras", ".h5"], "or the folder of a SavedModel")


def _zoo(
    fields: Fields, given: Mapping[str, Entry], name: str | None, pipeline: Path | None
) -> Iterator[tuple[Model, int]]:
    entry = given["zoo"]
    wanted = fields.items(entry, "zoo", "[fc_0, cnn_1]") if isinstance(entry.value, list) else [entry]
    found = [(path, item.line) for item in wanted for path in _configs(fields, item)]
    if "name" in given and len(found) > 1:
        reason = f"for {len(found)} models of the zoo, which have names of their own"
        fields.wrong(given["name"].line, f"name = {shown(given['name'].value)}: {reason}")
        return
    for path, line in found:
        named = name or path.stem
        if not name and (reason := target_name(named)):
            fields.wrong(line, f"zoo = {shown(named)}: {reason}; a name can be given, as name: detector")
        yield Model(named, zoo=path, pipeline=pipeline), line


def _configs(fields: Fields, item: Entry) -> list[Path]:
    text = fields.text(item, "zoo")
    if text is None:
        return []
    if text.endswith(".yaml"):
        path = fields.file(item, "zoo", [".yaml"])
        return [path] if path else []
    names = sorted((path.stem for path in CONFIGS.glob("*.yaml")), key=_natural)
    found = [name for name in names if fnmatch.fnmatchcase(name, text)]
    if not found:
        fields.wrong(item.line, f"zoo = {shown(text)}: not known{meant(text, names)}; accepted: {_ACCEPTED}")
    return [CONFIGS / f"{name}.yaml" for name in found]


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts fc_2 before fc_10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]

"""The Bazel package of a suite: copies of its files, and a BUILD file that calls sni_benchmark_suite."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.bench.suite.suite import Model, Suite

FOLDER = "sni_bench"
"""In the user's workspace."""

_LOAD = 'load("@sni_rules//sni_rules:defs.bzl", "sni_benchmark_suite")\n'


def write_package(suite: Suite, workspace: Path) -> Path:
    """Writes the package and gives its folder. What is as it has to be is left alone: Bazel builds nothing anew for it.

    Raises OSError.
    """
    folder = hidden(workspace, suite.name)
    wanted = dict(_copies(suite))
    for name, source in wanted.items():
        _copy(source, folder / name)
    models = folder / "models"
    for path in models.iterdir() if models.exists() else ():
        if f"models/{path.name}" not in wanted:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    _write(folder / "BUILD.bazel", build_text(suite).encode())
    return folder


def hidden(workspace: Path, name: str) -> Path:
    """The folder of a suite in a workspace, which no version control sees."""
    folder = workspace / FOLDER / name
    _write(folder / ".gitignore", b"*\n")
    return folder


def target_of(suite: Suite) -> str:
    """The label of the suite."""
    return f"//{FOLDER}/{suite.name}:{suite.name}"


def _copies(suite: Suite) -> Iterator[tuple[str, Path]]:
    """The files of the package, by their names in it, and what they are copies of."""
    for model in suite.models:
        for variant, path in model.variants.items():
            yield _tflite(model, variant), path
        for source in (model.zoo, model.trained):
            if source is not None:
                yield _source(model), source
        if model.data is not None:
            yield _data(model), model.data
        if model.pipeline is not None:
            yield _pipeline(model), model.pipeline


def _tflite(model: Model, variant: str) -> str:
    return f"models/{model.name}_{variant.replace('+', '_').replace(':', '_of_')}.tflite"


def _source(model: Model) -> str:
    source = model.zoo or model.trained
    assert source is not None
    return f"models/{model.name}{source.suffix}" if source.is_file() else f"models/{model.name}_saved_model"


def _data(model: Model) -> str:
    assert model.data is not None
    return f"models/{model.name}_data{model.data.suffix}"


def _pipeline(model: Model) -> str:
    return f"models/{model.name}_pipeline.json"


def _copy(source: Path, target: Path) -> None:
    if source.is_file():
        _write(target, source.read_bytes())
        return
    wanted = {path.relative_to(source): path for path in source.rglob("*") if path.is_file()}
    for name, path in wanted.items():
        _write(target / name, path.read_bytes())
    for path in [path for path in target.rglob("*") if path.is_file() and path.relative_to(target) not in wanted]:
        path.unlink()


def _write(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def build_text(suite: Suite) -> str:
    """The BUILD file, formatted as buildifier would."""
    models: dict[str, object] = {}
    folders = []
    for model in suite.models:
        if model.variants:
            models[model.name] = {variant: _tflite(model, variant) for variant in model.variants}
        elif model.trained is not None and model.trained.is_dir():
            folders.append(model)
            models[model.name] = f":{model.name}_saved_model"
        else:
            models[model.name] = _source(model)
    attributes = {
        "name": suite.name,
        "data": {model.name: _data(model) for model in suite.models if model.data is not None},
        "engines": suite.engines,
        "models": models,
        "options": {options.name: _options(options.copts, options.fpu) for options in suite.options},
        "pipelines": {model.name: _pipeline(model) for model in suite.models if model.pipeline is not None},
        "platforms": [f"@sni_rules//platforms:{platform}" for platform in suite.platforms],
        # Nothing is built where all of a workspace is.
        "tags": ["manual"],
        "variants": suite.variants,
    }
    lines = [f"    {name} = {_starlark(value, 1)},\n" for name, value in attributes.items() if value]
    groups = [_group(model) for model in folders]
    return "\n".join([_LOAD, *groups, f"sni_benchmark_suite(\n{''.join(lines)})\n"])


def _group(model: Model) -> str:
    attributes = {"name": f"{model.name}_saved_model", "tags": ["manual"]}
    lines = [f"    {name} = {_starlark(value, 1)},\n" for name, value in attributes.items()]
    lines.insert(1, f'    srcs = glob(["{_source(model)}/**"]),\n')
    return f"filegroup(\n{''.join(lines)})\n"


def _options(copts: tuple[str, ...], fpu: bool | None) -> Mapping[str, object]:
    return {**({"copts": copts} if copts else {}), **({} if fpu is None else {"fpu": fpu})}


def _starlark(value: object, depth: int) -> str:
    """A value as Starlark writes it."""
    inner, outer = "    " * (depth + 1), "    " * depth
    if isinstance(value, Mapping):
        lines = [f"{inner}{_starlark(key, 0)}: {_starlark(item, depth + 1)},\n" for key, item in value.items()]
        return "{\n" + "".join(lines) + outer + "}" if value else "{}"
    if isinstance(value, (list, tuple)):
        if len(value) == 1:
            return f"[{_starlark(value[0], depth)}]"
        return "[\n" + "".join(f"{inner}{_starlark(item, depth + 1)},\n" for item in value) + outer + "]"
    if isinstance(value, bool):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'

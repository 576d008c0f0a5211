"""The command line: `tflm sources|arena|compile ...`, the steps from a model to a program on TensorFlow Lite Micro."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from absl import flags

from tools.sni import command
from tools.sni.pipeline import read_pipeline
from tools.tflm import arena
from tools.tflm.compiler import compile_model
from tools.tflm.options import TflmOptions
from tools.tflm.sources import sources_of

_NAME = flags.DEFINE_string("name", None, "Prefix of the C names and of the files; a C identifier.")
_PIPELINE = flags.DEFINE_string("pipeline", None, "A JSON file that describes pre- and post-processing.")
_ARENA = flags.DEFINE_string("arena", None, "What `tflm arena` found.")
_ARENA_SIZE = flags.DEFINE_integer("arena_size", None, "Bytes of arena, in place of the smallest number that works.")
_LIBRARY = flags.DEFINE_string("library_version", "unknown", "What the report calls the library's version.")
_TARGET = flags.DEFINE_string("target", "", "The label that messages name.")
_OUT = flags.DEFINE_string("out", ".", "`tflm arena`: the file to write; else the folder, made if it is not there.")

USAGE = """\
usage: tflm sources MODEL.tflite --name NAME --out DIR
       tflm arena PROGRAM --target LABEL [--arena_size BYTES] --out FILE.json
       tflm compile MODEL.tflite --name NAME (--arena FILE.json | --arena_size BYTES) [--pipeline FILE.json]
                    [--library_version TEXT] --out DIR"""


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, 1 when the input cannot be used, 2 when the call is wrong."""
    if len(arguments) != 3 or arguments[1] not in _COMMANDS:
        given = " ".join(arguments[1:]) or "nothing"
        print(f"error: expected a command and its file, found: {given}\n{USAGE}", file=sys.stderr)
        return 2
    if arguments[1] == "compile" and _ARENA.value is None and _ARENA_SIZE.value is None:
        print(f"error: expected --arena or --arena_size, found neither\n{USAGE}", file=sys.stderr)
        return 2
    return command.status_of(lambda: _COMMANDS[arguments[1]](Path(arguments[2])))


def _sources(model: Path) -> None:
    _write(sources_of(model.read_bytes(), model.name, _NAME.value or model.stem))


def _arena(program: Path) -> None:
    found = arena.search(program, _TARGET.value)
    if _ARENA_SIZE.value is not None:
        arena.check_size(found, _ARENA_SIZE.value, _TARGET.value)
    Path(_OUT.value).write_text(found.to_json(), encoding="utf-8")


def _compile(model: Path) -> None:
    pipeline = read_pipeline(Path(_PIPELINE.value)) if _PIPELINE.value else None
    found = arena.from_json(Path(_ARENA.value).read_text(encoding="utf-8")) if _ARENA.value else None
    options = TflmOptions(_NAME.value or model.stem, _ARENA_SIZE.value, _LIBRARY.value)
    _write(compile_model(model.read_bytes(), model.name, options, pipeline, found))


_COMMANDS: Mapping[str, Callable[[Path], None]] = {"sources": _sources, "arena": _arena, "compile": _compile}


def _write(files: Mapping[str, str]) -> None:
    folder = Path(_OUT.value)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def run() -> None:
    """Entry point."""
    command.run(main, USAGE)

"""The command line: `compile` and `inspect`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from absl import flags

from tools.sni import command
from tools.sni.compiler import compile_model
from tools.sni.errors import fail
from tools.sni.external.library import read_library
from tools.sni.inspection import inspect_model
from tools.sni.options import OPTIMISATIONS, PROFILES, ROUNDINGS, Options
from tools.sni.pipeline import read_pipeline

_NAME = flags.DEFINE_string(
    "name", None, "Prefix of the C names and of the files; a C identifier. Default: from the file's name."
)
_PROFILE = flags.DEFINE_string("profile", "c99", f"Kernels to use: {', '.join(PROFILES)}.")
_ROUNDING = flags.DEFINE_string("rounding", "double", f"Rounding of requantisation: {', '.join(ROUNDINGS)}.")
_OPTIMISE = flags.DEFINE_string("optimize", "balanced", f"What to spend flash on: {', '.join(OPTIMISATIONS)}.")
_PIPELINE = flags.DEFINE_string(
    "pipeline", None, "A JSON file that describes pre- and post-processing (docs/pipeline.md)."
)
_KERNELS = flags.DEFINE_multi_string(
    "kernels", [], "A JSON file that describes a kernel of one's own (docs/external_kernels.md); may be repeated."
)
_OUT = flags.DEFINE_string("out", ".", "Folder for the files; made if it is not there.")

USAGE = """\
usage: sni compile MODEL.tflite --name NAME [--profile c99] [--rounding double] [--optimize balanced]
                   [--pipeline FILE.json] [--kernels FILE.json].. --out DIR
       sni inspect MODEL.tflite"""


def main(arguments: list[str]) -> int:
    """Runs one command. Returns the exit status: 0, 1 when the input cannot be compiled, 2 when the call is wrong."""
    commands = {"compile": _compile, "inspect": _inspect}
    if len(arguments) != 3 or arguments[1] not in commands:
        given = " ".join(arguments[1:]) or "nothing"
        print(f"error: expected a command and one model file, found: {given}\n{USAGE}", file=sys.stderr)
        return 2
    return command.status_of(lambda: commands[arguments[1]](_at_callers_place(arguments[2])))


def _compile(model: Path) -> None:
    pipeline_path = _at_callers_place(_PIPELINE.value) if _PIPELINE.value else None
    pipeline = read_pipeline(pipeline_path) if pipeline_path else None
    libraries = tuple(read_library(_at_callers_place(path)) for path in _KERNELS.value)
    options = Options(_NAME.value or model.stem, _PROFILE.value, _ROUNDING.value, _OPTIMISE.value, libraries)
    files = compile_model(_read(model), model.name, options, pipeline)
    folder = _at_callers_place(_OUT.value)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _inspect(model: Path) -> None:
    print(inspect_model(_read(model), model.name), end="")


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise fail(str(path), "is a folder; a .tflite file is needed")
    return path.read_bytes()


def _at_callers_place(path: str) -> Path:
    """A path as the caller meant it: `bazel run` starts programs elsewhere and says where it was called."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / path


def run() -> None:
    """Entry point."""
    command.run(main, USAGE)

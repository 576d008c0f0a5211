"""The command line: `microtvm MODEL.tflite --name NAME [--pipeline FILE.json] --out DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

from absl import flags

from tools.microtvm.memory import within
from tools.sni import command
from tools.sni.pipeline import read_pipeline

_NAME = flags.DEFINE_string("name", None, "Prefix of the C names and of the files; a C identifier.")
_PIPELINE = flags.DEFINE_string("pipeline", None, "A JSON file that describes pre- and post-processing.")
_OUT = flags.DEFINE_string("out", ".", "Folder for the files; made if it is not there.")

MEMORY = 8 << 30
"""Bytes that TVM can have."""

_TOO_MUCH = (
    f"TVM needs more than {MEMORY >> 30} GB of memory to compile it. Its passes copy what several operators read, so "
    "unrolled recurrent networks can grow without bound; sni_model may take it"
)

USAGE = "usage: microtvm MODEL.tflite --name NAME [--pipeline FILE.json] --out DIR"


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, 1 when the input cannot be compiled, 2 when the call is wrong."""
    if len(arguments) != 2:
        given = " ".join(arguments[1:]) or "nothing"
        print(f"error: expected one model file, found: {given}\n{USAGE}", file=sys.stderr)
        return 2
    model = Path(arguments[1])
    return within(MEMORY, lambda: command.status_of(lambda: _compile(model)), f"{model.name}: {_TOO_MUCH}")


def _compile(model: Path) -> None:
    # TVM takes seconds to load: a wrong call must not wait for it.
    from tools.microtvm.compiler import compile_model
    from tools.microtvm.options import TvmOptions

    pipeline = read_pipeline(Path(_PIPELINE.value)) if _PIPELINE.value else None
    files = compile_model(model.read_bytes(), model.name, TvmOptions(_NAME.value or model.stem), pipeline)
    folder = Path(_OUT.value)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def run() -> None:
    """Entry point."""
    command.run(main, USAGE)

"""The command line: `mlf ARCHIVE.tar --name NAME [--model MODEL.tflite] [--pipeline FILE.json] --out DIR ...`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from absl import flags

from tools.microtvm.mlf.compiler import ArchiveOptions, compile_archive
from tools.sni import command
from tools.sni.pipeline import read_pipeline

_NAME = flags.DEFINE_string("name", None, "Prefix of the C names and of the files; a C identifier.")
_MODEL = flags.DEFINE_string(
    "model", None, "The .tflite that the archive was made from: tells shapes and quantisation."
)
_PIPELINE = flags.DEFINE_string("pipeline", None, "A JSON file that describes pre- and post-processing.")
_OUT = flags.DEFINE_string("out", ".", "Folder for the generated files; made if it is not there.")
_SOURCES = flags.DEFINE_string("sources", None, "Folder for the archive's C sources.")
_HEADERS = flags.DEFINE_string("headers", None, "Folder for the archive's headers.")

USAGE = """\
usage: mlf ARCHIVE.tar --name NAME [--model MODEL.tflite] [--pipeline FILE.json]
           --out DIR --sources DIR --headers DIR"""


def main(arguments: list[str]) -> int:
    """Returns the exit status: 0, 1 when the input cannot be used, 2 when the call is wrong."""
    if len(arguments) != 2 or not _SOURCES.value or not _HEADERS.value:
        given = " ".join(arguments[1:]) or "nothing"
        print(f"error: expected one archive, --sources and --headers, found: {given}\n{USAGE}", file=sys.stderr)
        return 2
    return command.status_of(lambda: _compile(Path(arguments[1])))


def _compile(archive: Path) -> None:
    pipeline = read_pipeline(Path(_PIPELINE.value)) if _PIPELINE.value else None
    model = (Path(_MODEL.value).read_bytes(), Path(_MODEL.value).name) if _MODEL.value else None
    options = ArchiveOptions(_NAME.value or archive.stem)
    files = compile_archive(archive.read_bytes(), archive.name, options, pipeline, model)
    _write(Path(_OUT.value), {name: text.encode() for name, text in files.generated.items()})
    _write(Path(_SOURCES.value), files.sources)
    _write(Path(_HEADERS.value), files.headers)


def _write(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, contents in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(contents)


def run() -> None:
    """Entry point."""
    command.run(main, USAGE)

"""`convert MODEL --variant V --out FILE.tflite [--variant V2 --out FILE2.tflite].. [--report FILE.json]`

MODEL is a .keras or .h5 file, or a SavedModel, a folder. Exit status: 0; 1 when the model or the data cannot be used; 2
when the command line cannot.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import app, flags

from tools.convert import generated, representative
from tools.convert.convert import Data, convert_all
from tools.convert.problem import ConvertError
from tools.convert.report import to_json, to_markdown
from tools.convert.variants import ACCEPTED

_VARIANT = flags.DEFINE_multi_string("variant", [], f"What to make: {ACCEPTED}. May be repeated.")
_OUT = flags.DEFINE_multi_string("out", [], "The .tflite file to write, one for each variant.")
_REPRESENTATIVE_DATA = flags.DEFINE_string(
    "representative_data",
    None,
    f"Typical inputs, for the variants that quantise activations: {representative.FORMATS}.",
)
_GENERATED_DATA = flags.DEFINE_string(
    "generated_data", None, f"In the place of representative data, inputs from a generator: {generated.FORMS}."
)
_EVALUATION_DATA = flags.DEFINE_string(
    "evaluation_data", None, "Inputs that were held out, to compare variants on: as representative data."
)
_REPORT = flags.DEFINE_string("report", None, "A .json file to write: the error of each variant.")
_TABLE = flags.DEFINE_string("table", None, "A .md file to write: the same for people.")


def _usage_error(message: str) -> int:
    print(f"error: {message}\nusage: {__doc__.splitlines()[0].strip('`')}", file=sys.stderr)
    return 2


def _parse(argv: Sequence[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(_usage_error(str(error)))


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def main(argv: Sequence[str]) -> int:
    """The command; argv[1:] are the arguments that are no flags."""
    if len(argv) != 2:
        return _usage_error(f"one model expected, found {len(argv) - 1}: {' '.join(argv[1:])}")
    if not _OUT.value:
        return _usage_error("--out: no file given")
    variants = _VARIANT.value or ["basic"]
    if len(variants) != len(_OUT.value):
        return _usage_error(f"--out: {len(_OUT.value)} files for {len(variants)} variants; give one for each")
    if _REPRESENTATIVE_DATA.value and _GENERATED_DATA.value:
        return _usage_error("--representative_data and --generated_data: give one of the two")
    data = Data(_path(_REPRESENTATIVE_DATA.value), _GENERATED_DATA.value, _path(_EVALUATION_DATA.value))
    try:
        reports = bool(_REPORT.value or _TABLE.value)
        conversion = convert_all(Path(argv[1]), variants, data, evaluate=reports)
        for variant, out in zip(variants, _OUT.value, strict=True):
            Path(out).write_bytes(conversion.models[variant])
        for path, render in ((_REPORT.value, to_json), (_TABLE.value, to_markdown)):
            if path:
                Path(path).write_text(render(conversion), encoding="utf-8")
    except ConvertError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or _OUT.value[0]}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    app.run(main, flags_parser=_parse)

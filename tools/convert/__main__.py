"""`convert MODEL.keras --variant V [--representative_data D] --out FILE.tflite`

Exit status: 0; 1 when the model or the data cannot be used; 2 when the command line cannot.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from absl import app, flags

from tools.convert import representative
from tools.convert.convert import convert
from tools.convert.problem import ConvertError
from tools.convert.variants import VARIANTS

_VARIANT = flags.DEFINE_enum(
    "variant", "basic", list(VARIANTS), "; ".join(f"{name}: {variant.summary}" for name, variant in VARIANTS.items())
)
_REPRESENTATIVE_DATA = flags.DEFINE_string(
    "representative_data",
    None,
    f"Typical inputs, for the variants that quantise activations: {representative.FORMATS}.",
)
_OUT = flags.DEFINE_string("out", None, "The .tflite file to write.")


def _usage_error(message: str) -> int:
    print(f"error: {message}\nusage: {__doc__.splitlines()[0].strip('`')}", file=sys.stderr)
    return 2


def _parse(argv: Sequence[str]) -> list[str]:
    try:
        return flags.FLAGS(argv)
    except flags.Error as error:
        sys.exit(_usage_error(str(error)))


def main(argv: Sequence[str]) -> int:
    """The command; argv[1:] are the arguments that are no flags."""
    if len(argv) != 2:
        return _usage_error(f"one model expected, found {len(argv) - 1}: {' '.join(argv[1:])}")
    if not _OUT.value:
        return _usage_error("--out: no file given")
    data = Path(_REPRESENTATIVE_DATA.value) if _REPRESENTATIVE_DATA.value else None
    try:
        converted = convert(Path(argv[1]), _VARIANT.value, data)
        Path(_OUT.value).write_bytes(converted)
    except ConvertError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename or _OUT.value}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    app.run(main, flags_parser=_parse)

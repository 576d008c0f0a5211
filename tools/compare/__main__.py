"""compare COMMAND ...

    compare measure --platform NAME --program FILE --size FILE --report FILE --out CELL     one engine on one platform
    compare table CELL... --json FILE --markdown FILE                                       all of them
    compare check CELL... [--limit KEY=RATIO]...                                            0 if all ratios are kept

The first cell of a platform is what the others are compared with.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.compare.cell import Cell, CompareError, measured
from tools.compare.table import Row, exceeded, read_limits, rows_of, to_json, to_markdown


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="compare", description="Engines side by side.")
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("measure")
    measure.add_argument("--platform", required=True)
    for name in ("program", "size", "report", "out"):
        measure.add_argument(f"--{name}", type=Path, required=True)
    table = commands.add_parser("table")
    table.add_argument("--json", type=Path, required=True)
    table.add_argument("--markdown", type=Path, required=True)
    check = commands.add_parser("check")
    check.add_argument("--limit", action="append", default=[])
    for command in (table, check):
        command.add_argument("cells", nargs="+", type=Path)
    return parser


def _rows(paths: Sequence[Path]) -> list[Row]:
    return rows_of([Cell.from_json(path.read_text(encoding="utf-8")) for path in paths])


def _read(path: Path) -> dict[str, object]:
    return json.loads(path.read_text(encoding="utf-8"))


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Exit status: 0; 1 where something cannot be measured or a limit is exceeded."""
    arguments = _parser().parse_args(argv)
    try:
        if arguments.command == "measure":
            program = arguments.program.absolute()
            cell = measured(program, arguments.platform, _read(arguments.size), _read(arguments.report))
            arguments.out.write_text(cell.to_json(), encoding="utf-8")
            return 0
        rows = _rows(arguments.cells)
        if arguments.command == "table":
            arguments.json.write_text(to_json(rows), encoding="utf-8")
            arguments.markdown.write_text(to_markdown(rows), encoding="utf-8")
            return 0
        print(to_markdown(rows))
        found = exceeded(read_limits(dict(limit.rsplit("=", 1) for limit in arguments.limit), rows), rows)
    except CompareError as error:
        print("\n".join(f"error: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return 1
    for line in found:
        print(f"error: {line}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

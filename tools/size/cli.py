"""What linked programs cost: `size COMMAND ...`

    size model NAME IMAGE EMPTY --objdump OBJDUMP [--report JSON] --json FILE --text FILE   one model, from two images
    size program ELF [--function NAME]... [--objdump OBJDUMP] [--json FILE]   a whole program; prints a table
    size check SIZE.json --target LABEL --limit KIND=BYTES... --stamp FILE    against a budget
    size compare --row TARGET PLATFORM SIZE.json... --json FILE --text FILE   several in one table

Exit status: 0; 1 where a file cannot be used or a budget is exceeded; 2 where the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.size import budget
from tools.size.measure import measure_model, measure_program
from tools.size.problem import SizeError
from tools.size.report import comparison_json, comparison_text, from_json, to_json, to_text


def _path(text: str) -> Path:
    """A path as the user of `bazel run` means it."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="size", description="What linked programs cost: flash, RAM, stack.")
    commands = parser.add_subparsers(dest="command", required=True)

    model = commands.add_parser("model", help="one model, from an image that calls it and the same without it")
    model.add_argument("name", help="the prefix of the model's C names")
    model.add_argument("image", type=Path)
    model.add_argument("empty", type=Path)
    model.add_argument("--objdump", required=True)
    model.add_argument("--json", type=Path, required=True)
    model.add_argument("--text", type=Path, required=True)
    model.add_argument("--report", type=Path, help="the compiler's report, for stacks that only a measurement tells")

    program = commands.add_parser("program", help="a whole program")
    program.add_argument("program", type=_path)
    program.add_argument("--function", action="append", default=[], help="whose stack is bounded; main by default")
    program.add_argument("--objdump", default="objdump", help="the one of the compiler that made the program")
    program.add_argument("--json", type=Path)

    check = commands.add_parser("check", help="against a budget")
    check.add_argument("size", type=Path)
    check.add_argument("--target", required=True)
    check.add_argument("--limit", action="append", default=[], type=_limit)
    check.add_argument("--stamp", type=Path, required=True)

    compare = commands.add_parser("compare", help="several in one table")
    compare.add_argument("--row", action="append", default=[], nargs=3, metavar=("TARGET", "PLATFORM", "SIZE"))
    compare.add_argument("--json", type=Path, required=True)
    compare.add_argument("--text", type=Path, required=True)
    return parser


def _limit(text: str) -> tuple[str, int]:
    kind, _, number = text.partition("=")
    if kind not in budget.KINDS or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} (KIND=BYTES, where KIND is one of: {', '.join(budget.KINDS)})")
    return kind, int(number)


def _run(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "model":
            measured = _measured(arguments.report) if arguments.report else {}
            size = measure_model(arguments.name, arguments.image, arguments.empty, arguments.objdump, measured)
            arguments.json.write_text(to_json(size), encoding="utf-8")
            arguments.text.write_text(to_text(size), encoding="utf-8")
        case "program":
            size = measure_program(arguments.program, arguments.function or ["main"], arguments.objdump)
            if arguments.json:
                arguments.json.write_text(to_json(size), encoding="utf-8")
            else:
                print(to_text(size), end="")
        case "check":
            size = from_json(arguments.size.read_text(encoding="utf-8"))
            budget.check(size, dict(arguments.limit), arguments.target)
            budget.write_stamp(arguments.stamp)
        case "compare":
            rows = [(t, p, from_json(Path(path).read_text(encoding="utf-8"))) for t, p, path in arguments.row]
            text = comparison_text(rows)
            arguments.json.write_text(comparison_json(rows), encoding="utf-8")
            arguments.text.write_text(text, encoding="utf-8")
            print(text, end="")


def _measured(report: Path) -> Mapping[str, int]:
    """The stack that an interpreter was seen to take, by the model's function."""
    stack = json.loads(report.read_text(encoding="utf-8")).get("interpreter", {}).get("stack", {})
    return {{"setup": "init"}.get(part, part): taken for part, taken in stack.items()}


def main(argv: Sequence[str] | None = None) -> int:
    """The command; argv are its arguments."""
    try:
        _run(_parser().parse_args(argv))
    except SizeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0

"""Prints what every int8 model costs on every platform.

    ./bazelw run //tools/bench/figures:platforms
    ./bazelw run //tools/bench/figures:platforms -- --write docs/figures.md    the table in the documentation as well

A model counts as an image that calls it, less the same image without it. Instructions are those of one inference: of
QEMU's guests exactly, on x86-64 as callgrind counts them. The stack is measured by painting it.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_HERE = Path("tools/bench/figures")
SIZES, SMALL_SIZES, LIMITED_SIZES = (_HERE / f"{name}_details" for name in ("sizes", "small_sizes", "limited_sizes"))
"""Folders of sizes, by platform and target: of models, of these for size, and of those for size that a test limits."""

_BEGIN, _END = "<!-- figures -->\n", "<!-- end of figures -->\n"


@dataclass(frozen=True)
class Row:
    """A model on a platform. instructions: of one inference; None where they cannot be counted. The rest is in bytes;
    small: flash at -Os. bound: None where there is none."""

    model: str
    platform: str
    instructions: int | None
    flash: int
    small: int
    ram: int
    bound: int | None
    measured: int


def probe(model: str, platform: str) -> Path:
    """The program that measures the model, or the script that runs it under an emulator."""
    plain = _HERE / f"{model}_probe_{platform}"
    emulated = plain.with_name(f"{plain.name}_emulated")
    return emulated if emulated.exists() else plain


def run(model: str, platform: str, *arguments: str) -> dict[str, int | None]:
    """What the probe of the model prints."""
    command = [probe(model, platform), *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def measured_stack(model: str, platform: str) -> int:
    """How deep the deepest of the model's functions got."""
    return max(filter(None, run(model, platform).values()))


def instructions(model: str, platform: str, name: str) -> int | None:
    """Instructions of one inference. name: the prefix of the model's functions."""
    if not platform.startswith("x86_64"):
        return run(model, platform, "bench")["instructions"]
    if shutil.which("valgrind") is None:
        return None
    with tempfile.NamedTemporaryFile() as out:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={out.name}",
            f"--toggle-collect={name}_invoke",
        ]
        subprocess.run([*command, probe(model, platform), "bench"], check=True, capture_output=True)
        counted = re.search(r"^(?:totals|summary): (\d+)", Path(out.name).read_text(), re.MULTILINE)
    return int(counted[1]) if counted else None


def size_name(model: str) -> str:
    """The name of the target whose size is the model's."""
    return "ais_int8_model" if model == "ais" else model


def _order(platform: str) -> tuple[int, int]:
    """Processors of Linux first, then the Cortex-M by their numbers."""
    number = re.search(r"cortex_m(\d+)", platform)
    return (3, int(number[1])) if number else (["x86_64", "x86_64_v3"].index(platform) if platform[0] == "x" else 2, 0)


def sizes_in(folder: Path) -> dict[tuple[str, str], dict]:
    """By target and platform; none where there is no such folder."""
    return {
        (path.name.removesuffix(".json"), path.relative_to(folder).parts[0]): json.loads(path.read_text())
        for path in folder.rglob("*.json")
    }


def rows() -> Iterable[Row]:
    """The figures of all models and platforms."""
    sizes, smalls = sizes_in(SIZES), sizes_in(SMALL_SIZES)
    found = {(name.removesuffix("_small"), platform) for name, platform in smalls}
    for model, platform in sorted(found, key=lambda key: (key[0], _order(key[1]))):
        size = sizes[size_name(model), platform]
        yield Row(
            model,
            platform,
            instructions(model, platform, size["name"]),
            size["flash"],
            smalls[f"{model}_small", platform]["flash"],
            size["ram"],
            size["stack"],
            measured_stack(model, platform),
        )


def markdown(found: Sequence[Row]) -> str:
    """The rows as a table."""
    lines = [
        "| model | platform | instructions | flash | flash, `-Os` | RAM | stack bound | stack measured |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in found:
        figures = (row.instructions, row.flash, row.small, row.ram, row.bound, row.measured)
        cells = ["-" if figure is None else f"{figure:,}" for figure in figures]
        lines.append(f"| {row.model} | `{row.platform}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="What every int8 model costs on every platform.")
    parser.add_argument("--write", metavar="FILE", help="put the table between the marks of this page as well")
    arguments = parser.parse_args()
    try:
        text = markdown(list(rows()))
    except subprocess.CalledProcessError as error:
        print(
            f"error: {' '.join(map(str, error.cmd))}: exit status {error.returncode}\n{error.stderr}", file=sys.stderr
        )
        return 1
    print(text, end="")
    if arguments.write:
        page = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", ".")) / arguments.write
        before, mark, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
        if not mark or _END not in rest:
            print(f"error: {arguments.write}: no place for the table (lines {_BEGIN!r} and {_END!r})", file=sys.stderr)
            return 1
        page.write_text(before + mark + text + _END + rest.partition(_END)[2], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Instructions of each layer of a model, on an emulated platform.

    ./bazelw run //tools/kit:layers -- --platform=cortex_m4 MODEL.tflite [--flags=-Os]

One inference on random inputs; the same program, input and flags give the same counts on any machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.kit.kit import BuildError, Kit, executed
from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.options import Options

NAME = "model"
_MEASURING = ("sni_board_", "sni_clock_", "sni_counter_", "extended", "measure", "sample", "scaled")
"""The runner's own functions that are executed while it measures; and on Linux, the system calls by which it does."""
_SYSTEM_CALLS = ("_", "read", "write", "clock_gettime")


@dataclass(frozen=True)
class Profile:
    """functions: executed instructions of an inference, by function, the measuring itself left out.

    counted: what the program's own counter gives for it. layers: of the compiler's report.
    """

    functions: Mapping[str, int]
    counted: int
    layers: tuple[Mapping[str, object], ...]


def profiled(kit: Kit, files: Mapping[str, str], folder: Path, flags: tuple[str, ...] = ()) -> Profile:
    """Builds the runner around a compiled model (named NAME) and runs it. Raises BuildError, CalledProcessError."""
    program = kit.build(files, NAME, folder, flags)
    bench = ("bench", "--iterations=1", "--warmup=0")
    counted = subprocess.run(kit.command(program, *bench, counting=True), check=True, capture_output=True, text=True)
    out = folder / "profile"
    subprocess.run(kit.command(program, *bench, profile=out), check=True, capture_output=True)
    counts = executed(out.read_text(encoding="utf-8"), kit.functions(program))
    measuring = _MEASURING if kit.semihosting else _MEASURING + _SYSTEM_CALLS
    own = {name: count for name, count in counts.items() if not name.startswith(measuring) or "mem" in name}
    report = json.loads(files[f"{NAME}_report.json"])
    return Profile(own, json.loads(counted.stdout)["instructions"]["min"], tuple(report["layers"]))


def rows(profile: Profile) -> list[tuple[str, ...]]:
    """A table: each layer, then whatever else was executed."""
    lines = [("function", "operator", "instructions", "MACs", "per MAC")]
    rest = dict(profile.functions)
    for layer in profile.layers:
        count, macs = rest.pop(str(layer["function"]), 0), int(str(layer["macs"]))
        ratio = f"{count / macs:.2f}" if macs else "-"
        lines.append((str(layer["function"]), str(layer["operator"]), f"{count:,}", f"{macs:,}", ratio))
    lines += [(name, "", f"{count:,}", "", "") for name, count in sorted(rest.items(), key=lambda item: -item[1])]
    lines.append(("the whole inference", "", f"{profile.counted:,}", "", ""))
    return lines


def main() -> int:
    kits = {
        Path(path).name.removesuffix("_runner.json"): path for path in sys.argv[1:] if path.endswith("_runner.json")
    }
    parser = argparse.ArgumentParser(prog="layers")
    parser.add_argument("model", type=Path)
    parser.add_argument("--platform", choices=sorted(kits), default="cortex_m4")
    parser.add_argument("--flags", default="", help="compiler flags, after all others")
    options = parser.parse_args([argument for argument in sys.argv[1:] if argument not in kits.values()])
    kit = Kit.read(Path(kits[options.platform]))
    if missing := kit.missing():
        print(f"error: not on PATH: {', '.join(missing)}", file=sys.stderr)
        return 1
    path = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / options.model
    try:
        files = compile_model(path.read_bytes(), path.name, Options(NAME))
        with tempfile.TemporaryDirectory() as folder:
            profile = profiled(kit, files, Path(folder), tuple(options.flags.split()))
    except (BuildError, CompileError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        return 1
    print("\n".join(table(rows(profile), right=(2, 3, 4))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

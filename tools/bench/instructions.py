"""Counts what models cost on this machine: instructions per inference, exactly, and bytes of flash.

    ./bazelw run //tools/bench:instructions -- MODEL.tflite ...

Each model is compiled to C, the C with `gcc -O3` for each set of flags, and one inference is counted by callgrind; the
same program, input and flags give the same count on any machine. Flash is text and data of the linked program less
those of the same program without the model: the weights, the code, and what of libc and libm the model needs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from absl import app, flags

from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.options import Options

_FLAGS = flags.DEFINE_multi_string(
    "flags", ["", "-march=x86-64-v3"], "Compiler flags after -O3; repeat for several rows."
)
_CC = flags.DEFINE_string("cc", "gcc", "The C compiler.")

_MAIN = """
#include "m.h"
static m_state state;
int main(void) {{
  m_init(&state);
  for (int i = 0; i < {elements}; ++i) {input}(&state)[i] = ({type})(i % 13 - 6);
  m_invoke(&state);
  return *(const char *){output}(&state) == 77;
}}
"""
_EMPTY = "static volatile int x; int main(void) { return x; }\n"


@dataclass(frozen=True)
class Cost:
    """instructions: of one inference. flash: bytes. macs: multiply-accumulates of one inference."""

    instructions: int
    flash: int
    macs: int


def measure(model: Path, compiler: str, flags_of_build: Sequence[str]) -> Cost:
    """The cost of a model built with some flags. Raises CompileError, or CalledProcessError if a tool fails."""
    files = compile_model(model.read_bytes(), model.name, Options("m"))
    header = files["m.h"]
    ends = re.findall(r"^(?:const )?(\w+) \*(m_(?:in|out)put\w*)\(", header, re.MULTILINE)
    (kind, input_), (_, output) = next(e for e in ends if "input" in e[1]), next(e for e in ends if "output" in e[1])
    elements = int(re.search(r"_INPUT(?:_0)?_ELEMENTS (\d+)", header)[1])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text)
        (folder / "main.c").write_text(_MAIN.format(elements=elements, input=input_, output=output, type=kind))
        (folder / "empty.c").write_text(_EMPTY)
        common = [compiler, "-std=c99", "-O3", *flags_of_build, "-ffunction-sections", "-Wl,--gc-sections", "-static"]
        subprocess.run([*common, "main.c", "m.c", "-lm", "-o", "program"], cwd=folder, check=True)
        subprocess.run([*common, "empty.c", "-lm", "-o", "empty"], cwd=folder, check=True)
        count = [
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--toggle-collect=m_invoke",
            "./program",
        ]
        # valgrind passes the program's exit status on, and it means nothing here.
        log = subprocess.run(count, cwd=folder, check=False, capture_output=True, text=True).stderr
        collected = re.search(r"Collected : (\d+)", log)
        if collected is None:
            raise subprocess.CalledProcessError(1, count, stderr=log)
        flash = _image(folder / "program") - _image(folder / "empty")
    return Cost(int(collected[1]), flash, int(re.search(r"M_MACS (\d+)", header)[1]))


def _image(program: Path) -> int:
    """Bytes of text, read-only data and initialised data."""
    text, data = (
        subprocess.run(["size", program], check=True, capture_output=True, text=True).stdout.splitlines()[1].split()[:2]
    )
    return int(text) + int(data)


def main(arguments: list[str]) -> int:
    """Prints a table of all models and flags; exit status 1 where something could not be measured."""
    missing = [tool for tool in (_CC.value, "valgrind", "size") if not shutil.which(tool)]
    if missing or len(arguments) < 2:
        problem = f"not on PATH: {', '.join(missing)}" if missing else "expected one .tflite file or more"
        print(f"error: {problem}\nusage: instructions MODEL.tflite ...", file=sys.stderr)
        return 2
    rows = [("model", "flags", "instructions", "MACs", "per MAC", "flash")]
    status = 0
    for argument in arguments[1:]:
        model = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / argument
        for given in _FLAGS.value:
            try:
                cost = measure(model, _CC.value, given.split())
            except (CompileError, OSError, subprocess.CalledProcessError) as error:
                print(f"error: {model.name}: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
                status = 1
                break
            ratio = f"{cost.instructions / cost.macs:.3f}" if cost.macs else "-"
            flags_text = f"-O3 {given}".strip()
            rows.append((model.name, flags_text, f"{cost.instructions:,}", f"{cost.macs:,}", ratio, f"{cost.flash:,}"))
    print("\n".join(table(rows, right=(2, 3, 4, 5))))
    return status


if __name__ == "__main__":
    app.run(main)

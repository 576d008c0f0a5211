"""Runs models on an emulated Cortex-M4 and counts: instructions of each layer, exactly, and bytes of flash.

    ./bazelw run //tools/bench/cortex_m:layers -- MODEL.tflite .. [--profile dsp] [--optimize speed]

Each model is compiled to C, the C by arm-none-eabi-gcc to an image for QEMU's mps2-an386, and a plugin counts the
guest's instructions; the same image and input give the same counts on any machine. Flash is text and data of the image
less those of the same image without the model.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from absl import app, flags

from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.options import Options

_PROFILE = flags.DEFINE_string("profile", "c99", "Kernel profile.")
_OPTIMISE = flags.DEFINE_string("optimize", "balanced", "What to spend flash on.")
_LEVEL = flags.DEFINE_string("level", "-O3", "Optimisation flags of the C compiler.")
_TOTALS = flags.DEFINE_bool("totals", False, "One line for each model instead of one for each layer.")

HERE = Path(__file__).parent
TOOLS = ("arm-none-eabi-gcc", "arm-none-eabi-nm", "arm-none-eabi-size", "gcc", "qemu-system-arm")
CORE = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")

_EMPTY = "int main(void) { return 0; }\n"
_MAIN = """
#include <string.h>
#include "m.h"
void host_print(const char *text);
static m_state state;
static const union { unsigned char bytes[%(bytes)d]; uint64_t aligned; } inputs[] = {
#include "inputs.inc"
};
/* Where the count of the last layer ends. */
__attribute__((noinline)) void after_invoke(void) { __asm__ volatile("" ::: "memory"); }
static void print(const void *data, size_t bytes) {
  char line[3] = "00";
  for (const unsigned char *b = data; bytes > 0; --bytes, ++b) {
    line[0] = "0123456789abcdef"[*b >> 4];
    line[1] = "0123456789abcdef"[*b & 15];
    host_print(line);
  }
  host_print("\\n");
}
int main(void) {
  m_init(&state);
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; ++i) {
    memcpy(%(input)s(&state), inputs[i].bytes, %(bytes)d);
    m_invoke(&state);
    after_invoke();
    print(%(output)s(&state), M_OUTPUT%(suffix)s_ELEMENTS * sizeof *%(output)s(&state));
  }
  return 0;
}
"""


@dataclass(frozen=True)
class LayerCount:
    """name: operator and kernel. instructions: of one inference; for the part outside of all layers, its calls."""

    name: str
    instructions: int
    macs: int
    outputs: int


@dataclass(frozen=True)
class Measured:
    """layers: in order, last what invoke itself takes. flash: bytes. outputs: of each input, as bytes."""

    layers: tuple[LayerCount, ...]
    flash: int
    constants: int
    arena: int
    outputs: tuple[bytes, ...]

    @property
    def instructions(self) -> int:
        return sum(layer.instructions for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)


def missing_tools() -> list[str]:
    """The programs that a measurement needs and this machine lacks."""
    return [tool for tool in TOOLS if not shutil.which(tool)]


@functools.cache
def plugin() -> Path:
    """The plugin, built once for this process."""
    folder = tempfile.TemporaryDirectory(prefix="sni_plugin_")
    plugin.keep = folder  # type: ignore[attr-defined]  # the folder goes when this does
    library = Path(folder.name) / "layer_counts.so"
    _run(["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", HERE / "layer_counts.c", "-o", library])
    return library


def measure(files: Mapping[str, str], inputs: Sequence[bytes] = (), level: Sequence[str] = ("-O3",)) -> Measured:
    """Runs a generated model named m, with one input and one output to show, on each of `inputs`; zeros without any.

    Raises CalledProcessError if a tool fails or the program does.
    """
    header, report = files["m.h"], json.loads(files["m_report.json"])
    ends = re.findall(r"^(?:const )?\w+ \*(m_(?:in|out)put\w*)\(", header, re.MULTILINE)
    input_, output = next(e for e in ends if "input" in e), next(e for e in ends if "output" in e)
    first = report["inputs"][0]
    size = math.prod(first["shape"]) * np.dtype(first["dtype"]).itemsize
    inputs = list(inputs) or [bytes(size)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in files.items():
            (folder / file).write_text(text)
        values = {"input": input_, "output": output, "bytes": size, "suffix": "_0" if output.endswith("_0") else ""}
        (folder / "main.c").write_text(_MAIN % values)
        (folder / "empty.c").write_text(_EMPTY)
        (folder / "inputs.inc").write_text("".join(f"{{{{{', '.join(map(str, row))}}}}},\n" for row in inputs))
        flags_of_build = ["-std=gnu99", *CORE, "-ffunction-sections", "-fdata-sections", "-nostartfiles"]
        link = [f"-T{HERE / 'memory.ld'}", "-Wl,--gc-sections", HERE / "start.c", "-lm"]
        _run(["arm-none-eabi-gcc", *flags_of_build, *level, "-c", "m.c", "-o", "m.o"], folder)
        _run(["arm-none-eabi-gcc", *flags_of_build, "-O2", "main.c", "m.o", *link, "-o", "program"], folder)
        _run(["arm-none-eabi-gcc", *flags_of_build, "-O2", "empty.c", *link, "-o", "empty"], folder)
        marks = _marks(folder / "program")
        command = [
            *("qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"),
            *("-semihosting-config", "enable=on,target=native", "-kernel", "program"),
            *("-plugin", ",".join([str(plugin()), *(f"mark={address:#x}" for address in marks)])),
        ]
        done = _run(command, folder)
        counts = {int(a, 16): int(n) for a, n in re.findall(r"count 0x([0-9a-f]+) (\d+)", done.stderr)}
        lines = [line for line in done.stderr.splitlines() if re.fullmatch(r"(?:[0-9a-f]{2})+", line)]
        flash = _image(folder / "program", inputs) - _image(folder / "empty", ())
    by_name = {name: counts[address] for address, name in marks.items()}
    layers = _layers(report, by_name, len(inputs))
    return Measured(layers, flash, report["constant_bytes"], report["arena"]["bytes"], tuple(map(bytes.fromhex, lines)))


def _layers(report: Mapping, counts: Mapping[str, int], runs: int) -> tuple[LayerCount, ...]:
    layers = []
    for layer in report["layers"]:
        outputs = sum(math.prod(tensor["shape"]) for tensor in layer["writes"])
        name = f"{layer['operator']} {layer['kernel']}"
        layers.append(LayerCount(name, counts.get(layer["function"], 0) // runs, layer["macs"], outputs))
    return (*layers, LayerCount("the calls", counts["m_invoke"] // runs, 0, 0))


def _marks(program: Path) -> dict[int, str]:
    """Addresses of invoke, of the layers, and of what is called after them."""
    found = {}
    for line in _run(["arm-none-eabi-nm", program]).stdout.splitlines():
        address, kind, name = line.split()[-3:]
        # Compilers append how they changed a function: `.constprop.0`.
        name = name.split(".")[0]
        if kind in "tT" and re.fullmatch(r"m_\d+_\w+|m_invoke|after_invoke", name):
            found[int(address, 16) & ~1] = name
    return found


def _image(program: Path, inputs: Sequence[bytes]) -> int:
    """Bytes of text, read-only data and initialised data, less those of the inputs."""
    text, data = _run(["arm-none-eabi-size", program]).stdout.splitlines()[1].split()[:2]
    return int(text) + int(data) - sum(-(-len(row) // 8) * 8 for row in inputs)


def _run(command: Sequence[str | Path], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(c) for c in command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    return done


def rows_of(measured: Measured) -> list[tuple[str, ...]]:
    """A row for each layer, and one for all."""
    everything = LayerCount("all", measured.instructions, measured.macs, 0)
    return [
        (
            layer.name,
            f"{layer.macs:,}",
            f"{layer.instructions:,}",
            f"{layer.instructions / layer.macs:.3f}" if layer.macs else "-",
            f"{layer.instructions / layer.outputs:.1f}" if layer.outputs else "-",
        )
        for layer in (*measured.layers, everything)
    ]


def main(arguments: list[str]) -> int:
    """Prints a table for each model; exit status 1 where something could not be measured."""
    missing = missing_tools()
    if missing or len(arguments) < 2:
        problem = f"not on PATH: {', '.join(missing)}" if missing else "expected one .tflite file or more"
        print(f"error: {problem}\nusage: layers MODEL.tflite ...", file=sys.stderr)
        return 2
    status = 0
    for argument in arguments[1:]:
        model = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / argument
        try:
            files = compile_model(
                model.read_bytes(), model.name, Options("m", _PROFILE.value, optimise=_OPTIMISE.value)
            )
            measured = measure(files, level=_LEVEL.value.split())
        except (CompileError, OSError, subprocess.CalledProcessError) as error:
            print(f"error: {model.name}: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
            status = 1
            continue
        print(
            f"{model.name}: {measured.instructions:,} instructions; flash {measured.flash:,} bytes, "
            f"{measured.constants:,} of them constants; arena {measured.arena:,} bytes"
        )
        if not _TOTALS.value:
            head = ("layer", "MACs", "instructions", "per MAC", "per output")
            print("\n".join(table([head, *rows_of(measured)], right=(1, 2, 3, 4))))
    return status


if __name__ == "__main__":
    app.run(main)

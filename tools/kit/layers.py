"""Counts what models cost on a platform: instructions of each layer, exactly, and bytes of flash.

    ./bazelw run //tools/kit:layers -- MODEL.tflite .. [--platform cortex_m4] [--profile dsp] [--optimize speed]
    python -m tools.kit.layers MODEL.tflite .. [--flags=-Os] [--totals]

One inference on random inputs; the same program, input and flags give the same counts on any machine. Programs of other
processors run under QEMU. Flash is text and data of the image less those of the same image around a model that does
nothing. Requantisation are the instructions that come from functions with such names, which compilers inline.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tools.kit.building import BuildError, Interface, build, build_empty, image_bytes, interface_of
from tools.kit.counting import Counts, counting, functions, inlined_from, missing, read
from tools.kit.served import EndedError, Served
from tools.kit.table import Platform, platform, platform_names
from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.options import OPTIMISATIONS, PROFILES, Options

NAME = "model"
FLAGS = ("-std=c99", "-O3")
"""As the rules compile a model."""

REQUANTISATION = re.compile(r"sni_\w*(requantise|output|scale|saturate|clamp|round)")
"""The names of the functions that bring sums to the output's type."""


@dataclass(frozen=True)
class LayerCount:
    """function: of the layer; `the calls` for what is executed before the first. instructions: of one inference.

    requantising: those of them that bring sums to the output's type. outputs: elements.
    """

    function: str
    operator: str
    kernel: str
    macs: int
    outputs: int
    instructions: int
    requantising: int


@dataclass(frozen=True)
class Measured:
    """layers: in order. flash, constants, arena: bytes."""

    layers: tuple[LayerCount, ...]
    flash: int
    constants: int
    arena: int

    @property
    def instructions(self) -> int:
        return sum(layer.instructions for layer in self.layers)

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def requantising(self) -> int:
        return sum(layer.requantising for layer in self.layers)


def interface(files: Mapping[str, str]) -> Interface:
    """The interface of a compiled model named NAME."""
    report = json.loads(files[f"{NAME}_report.json"])
    sizes = (
        [_elements(end) * np.dtype(end["dtype"]).itemsize for end in report[kind]] for kind in ("inputs", "outputs")
    )
    return interface_of(files[f"{NAME}.h"], NAME, *sizes)


def random_inputs(files: Mapping[str, str]) -> list[bytes]:
    """The same for every platform and profile: integers over the whole range of their type, floats about 0."""
    rng = np.random.default_rng(0)
    return [_drawn(end, rng) for end in json.loads(files[f"{NAME}_report.json"])["inputs"]]


def _drawn(end: Mapping, rng: np.random.Generator) -> bytes:
    dtype = np.dtype(end["dtype"])
    if np.issubdtype(dtype, np.floating):
        return rng.normal(0, 1, _elements(end)).astype(dtype).tobytes()
    low, high = (0, 1) if dtype == np.bool_ else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return rng.integers(low, high, _elements(end), endpoint=True).astype(dtype).tobytes()


def measure(
    files: Mapping[str, str], on: Platform, flags: Sequence[str] = FLAGS, inputs: Sequence[bytes] = ()
) -> Measured:
    """Runs a compiled model named NAME once. Raises BuildError, EndedError."""
    report, ends = json.loads(files[f"{NAME}_report.json"]), interface(files)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Debugging information tells where inlined instructions come from, and changes none. Of variables it need say
        # nothing, which is most of what it takes.
        program = build(on, files, ends, folder, [*flags, "-g1"])
        flash = image_bytes(on, program) - image_bytes(on, build_empty(on, ends, folder))
        marks = _marks(functions(on, program), [layer["function"] for layer in report["layers"]])
        served = Served(counting(on, program, list(marks.values()), folder / "profile"), ends)
        served.initialise()
        served.run(*random_inputs(files))
        served.end()
        counts = read(on, program, marks, folder / "profile")
        requantising = _requantising(on, program, counts)
    layers = [
        LayerCount(
            layer["function"],
            layer["operator"],
            layer["kernel"],
            layer["macs"],
            sum(_elements(tensor) for tensor in layer["writes"]),
            counts.total(layer["function"]),
            requantising[layer["function"]],
        )
        for layer in report["layers"]
        if layer["function"] in marks
    ]
    calls = sum(counts.total(function) for function in ("served_invoke", f"{NAME}_invoke"))
    layers.append(LayerCount("the calls", "", "", 0, 0, calls, 0))
    return Measured(tuple(layers), flash, report["constant_bytes"], report["arena"]["bytes"])


def _marks(found: Mapping[str, int], layers: Sequence[str]) -> dict[str, int]:
    """The functions that counts are for: from the first to the last is an inference."""
    wanted = ("served_invoke", f"{NAME}_invoke", *layers, "served_end")
    return {name: found[name] for name in wanted if name in found}


def _requantising(on: Platform, program: Path, counts: Counts) -> Counter[str]:
    """Instructions of each layer that come from a function of REQUANTISATION."""
    addresses = sorted({address for of in counts.of.values() for address in of})
    chains = dict(zip(addresses, inlined_from(on, program, addresses), strict=True))
    return Counter(
        {
            function: sum(n for address, n in of.items() if any(map(REQUANTISATION.match, chains[address])))
            for function, of in counts.of.items()
        }
    )


def _elements(tensor: Mapping) -> int:
    return math.prod(tensor["shape"])


HEAD = ("function", "kernel", "MACs", "instructions", "per MAC", "per output", "requantising")
RIGHT = (2, 3, 4, 5, 6)
"""The columns of numbers."""


def rows(measured: Measured) -> list[tuple[str, ...]]:
    """A row for each layer, and one for the whole inference."""
    everything = LayerCount(
        "the whole inference", "", "", measured.macs, 0, measured.instructions, measured.requantising
    )
    return [
        (
            layer.function.removeprefix(f"{NAME}_"),
            layer.kernel,
            f"{layer.macs:,}",
            f"{layer.instructions:,}",
            f"{layer.instructions / layer.macs:.3f}" if layer.macs else "-",
            f"{layer.instructions / layer.outputs:.1f}" if layer.outputs else "-",
            f"{layer.requantising / layer.instructions:.0%}" if layer.requantising else "-",
        )
        for layer in (*measured.layers, everything)
    ]


def main() -> int:
    """Prints a table for each model; exit status 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="layers", description="What models cost on a platform, by layer.")
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL.tflite")
    parser.add_argument("--platform", choices=platform_names(), default="cortex_m4")
    parser.add_argument("--profile", choices=list(PROFILES), default="c99")
    parser.add_argument("--optimize", choices=list(OPTIMISATIONS), default="balanced", help="what to spend flash on")
    parser.add_argument("--flags", default="", help="compiler flags, after -O3")
    parser.add_argument("--stepped", action="store_true", help="count on this processor, in single steps")
    parser.add_argument("--totals", action="store_true", help="one line for each model instead of one for each layer")
    given = parser.parse_args()
    on = platform(given.platform)
    on = replace(on, counter=()) if given.stepped else on
    if lacking := missing(on):
        print(f"error: not on PATH: {', '.join(lacking)}", file=sys.stderr)
        return 1
    status = 0
    for argument in given.models:
        path = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / argument
        try:
            options = Options(NAME, given.profile, optimise=given.optimize)
            files = compile_model(path.read_bytes(), path.name, options)
            measured = measure(files, on, (*FLAGS, *given.flags.split()))
        except (BuildError, CompileError, EndedError, OSError) as error:
            print(f"error: {path.name}: {error}", file=sys.stderr)
            status = 1
            continue
        print(
            f"{path.name} on {on.name}: {measured.instructions:,} instructions, {measured.macs:,} MACs, flash "
            f"{measured.flash:,} bytes ({measured.constants:,} of constants), arena {measured.arena:,} bytes"
        )
        if not given.totals:
            print("\n".join(table([HEAD, *rows(measured)], right=RIGHT)))
    return status


if __name__ == "__main__":
    sys.exit(main())

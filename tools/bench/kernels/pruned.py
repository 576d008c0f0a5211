"""What pruned and clustered weights are worth: instructions and flash of models beside their dense selves.

    ./bazelw run //tools/bench/kernels:pruned -- MODEL.tflite .. [--platform cortex_m4] [--platform x86_64] [--layers]
    ./bazelw run //tools/bench/kernels:pruned -- MODEL.tflite .. --levels

The weights of each FULLY_CONNECTED and 1x1 CONV_2D are pruned by magnitude (50% and 80% of them, wherever they are; two
of each four; in blocks of 4 x 4) or clustered to 16 values, layer by layer. Dense is the same model unchanged, by the
same compiler for the same platform: cortex_m4 with the profile dsp, others with c99. Counts are exact; see
tools/kit/layers.py.

--levels: the profile x86 on each level that this processor has, beside its own dense kernels on the same level. What is
above AVX2 is counted in single steps. Wall times are medians of one core, all variants of a model in turns.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tests.support.model_writer import write_tflite
from tests.support.pruned import KINDS, with_weights
from tests.support.x86 import levels
from tools.bench.kernels.turns import in_turns, native, on_level
from tools.kit.building import BuildError, missing_tools
from tools.kit.layers import FLAGS, HEAD, NAME, RIGHT, Measured, measure, rows
from tools.kit.served import EndedError
from tools.kit.table import Platform, platform, platform_names
from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.importers.tflite import read_tflite
from tools.sni.options import OPTIMISATIONS, PROFILES, Options

_COLUMNS = ("model", "platform", "optimize", "weights", "instructions", "ratio", "flash", "ratio")
_LEVEL_COLUMNS = ("model", "level", "optimize", "weights", "instructions", "ratio", "flash", "ratio", "us", "ratio")
_EMULATED = 2
"""The highest level of x86-64 that QEMU has."""

_TURNS = 200


def variants(model: bytes) -> dict[str, bytes]:
    """The model as it is, and with changed weights."""
    graph = read_tflite(model, "the model")
    changed = {name: write_tflite(with_weights(graph, change)) for name, change in KINDS.items()}
    return {"dense": model, **changed}


def measured(model: bytes, on: Platform, profile: str, optimise: str, flags: Sequence[str]) -> Measured:
    """Of one variant. Raises BuildError, CompileError, EndedError."""
    files = compile_model(model, "model.tflite", Options(NAME, profile, optimise=optimise))
    return measure(files, on, (*FLAGS, *flags))


def on_levels(stem: str, models: Mapping[str, bytes], optimise: str, flags: Sequence[str]) -> list[tuple[str, ...]]:
    """A row for each level of this processor and variant, of which the first is dense."""
    on, found = platform("x86_64"), []
    with tempfile.TemporaryDirectory() as name:
        libraries = {}
        for number, (variant, model) in enumerate(models.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            files = compile_model(model, "model.tflite", Options("m", "x86", optimise=optimise))
            libraries[variant] = native(files, flags, folder)
        for level in (level for level in levels() if level):
            counted = on if level <= _EMULATED else replace(on, counter=())
            held = (*flags, f"-DSNI_X86_LEVEL={level}")
            sizes = {name: measured(model, counted, "x86", optimise, held) for name, model in models.items()}
            engines = {name: on_level(library, level) for name, library in libraries.items()}
            times = {name: statistics.median(turns) for name, turns in in_turns(engines, _TURNS).items()}
            for variant, now in sizes.items():
                dense = sizes["dense"]
                cells = [f"{now.instructions:,}", f"{now.instructions / dense.instructions:.3f}"]
                cells += [f"{now.flash:,}", f"{now.flash / dense.flash:.2f}"]
                cells += [f"{1e6 * times[variant]:.2f}", f"{times[variant] / times['dense']:.2f}"]
                found.append((stem, str(level), optimise, variant, *cells))
    return found


def main() -> int:
    """Prints the table; exit status 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="pruned", description="What pruned and clustered weights are worth.")
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL.tflite")
    parser.add_argument("--platform", action="append", choices=platform_names(), help="cortex_m4 and x86_64 by default")
    parser.add_argument("--profile", choices=list(PROFILES), help="instead of the above")
    parser.add_argument(
        "--optimize", action="append", choices=list(OPTIMISATIONS), help="balanced and speed by default"
    )
    parser.add_argument("--weights", action="append", choices=list(KINDS), help="all kinds by default")
    parser.add_argument("--flags", default="", help="compiler flags, after -O3")
    parser.add_argument("--layers", action="store_true", help="a table of layers for each variant as well")
    parser.add_argument("--levels", action="store_true", help="the profile x86 on each level of this processor")
    given = parser.parse_args()
    if given.levels:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    platforms = [platform(name) for name in given.platform or ("cortex_m4", "x86_64")]
    if missing := sorted({tool for on in platforms for tool in missing_tools(on)}):
        print(f"error: not on PATH: {', '.join(missing)}", file=sys.stderr)
        return 1
    wanted = {"dense", *(given.weights or KINDS)}
    found: list[tuple[str, ...]] = [_LEVEL_COLUMNS if given.levels else _COLUMNS]
    for argument in given.models:
        path = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / argument
        try:
            models = {name: model for name, model in variants(path.read_bytes()).items() if name in wanted}
            if given.levels:
                for optimise in given.optimize or ("balanced", "speed"):
                    found += on_levels(path.stem, models, optimise, given.flags.split())
                continue
            for on in platforms:
                profile = given.profile or ("dsp" if on.name == "cortex_m4" else "c99")
                for optimise in given.optimize or ("balanced", "speed"):
                    dense = None
                    for name, model in models.items():
                        now = measured(model, on, profile, optimise, given.flags.split())
                        dense = dense or now
                        figures = ((now.instructions, dense.instructions), (now.flash, dense.flash))
                        cells = [cell for figure, of in figures for cell in (f"{figure:,}", f"{figure / of:.2f}")]
                        found.append((path.stem, on.name, optimise, name, *cells))
                        if given.layers:
                            print("\n".join([" ".join(found[-1]), *table([HEAD, *rows(now)], right=RIGHT), ""]))
        except (BuildError, CompileError, EndedError, OSError) as error:
            print(f"error: {path.name}: {error}", file=sys.stderr)
            return 1
    print("\n".join(table(found, right=range(4, len(found[0])))))
    return 0


if __name__ == "__main__":
    sys.exit(main())

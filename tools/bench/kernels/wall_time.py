"""Wall time of models on this machine beside LiteRT's XNNPACK: one thread, one core, in turns, medians.

    ./bazelw run //tools/bench/kernels:wall_time -- [--level 4 --level 2] [--profile x86] MODEL.tflite ...

Each model is compiled to C, the C with `gcc -O3`, and run on each level of x86-64 that the machine has: 0, portable C;
1, SSE4.1; 2, AVX2; 3, AVX-VNNI; 4, AVX-512 VNNI. The same model runs under LiteRT in the same process; what a call from
Python takes, as an empty model shows it, is taken off. Engines take turns of a millisecond, and the median of a model's
turns counts; `best` is the fastest turn, which other programs on the machine disturb least.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ai_edge_litert.interpreter import Interpreter

from tests.support.model_writer import write_tflite
from tests.support.models import chain, quantised, tensor
from tests.support.x86 import levels
from tools.bench.kernels.turns import Run, in_turns, native, on_level
from tools.sni.compiler import compile_model
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.ir import DType
from tools.sni.options import PROFILES, Options


def xnnpack(model: bytes) -> Run:
    """The model under LiteRT, whose default for a CPU is XNNPACK."""
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    invoke = interpreter._interpreter.Invoke  # the method that invoke() calls, for less of Python in the figure

    def run(runs: int) -> float:
        start = time.perf_counter()
        for _ in range(runs):
            invoke()
        return time.perf_counter() - start

    return run


def empty_call() -> float:
    """Seconds that a call of LiteRT from Python takes by itself."""
    x = tensor("x", DType.INT8, (1, 12), quantised(0.1))
    y = tensor("y", DType.INT8, (12, 1), quantised(0.1))
    run = xnnpack(write_tflite(chain([("RESHAPE", [x], [y], {"new_shape": (12, 1)})])))
    return min(run(1000) for _ in range(20)) / 1000


def micros(
    model: Path, profile: str, wanted: Sequence[int], flags: Sequence[str], turns: int
) -> dict[str, tuple[float, float]]:
    """Microseconds of an inference, the median and the best: of `XNNPACK`, then for each level, or the profile's."""
    with tempfile.TemporaryDirectory() as folder:
        files = compile_model(model.read_bytes(), model.name, Options("m", profile))
        library = native(files, flags, Path(folder))
        engines = {f"{profile}, level {level}": on_level(library, level) for level in wanted} or {profile: library.run}
        taken = in_turns({"XNNPACK": xnnpack(model.read_bytes()), **engines}, turns)
    call = {"XNNPACK": empty_call()}
    return {
        name: (1e6 * (statistics.median(times) - call.get(name, 0)), 1e6 * (min(times) - call.get(name, 0)))
        for name, times in taken.items()
    }


def rows(model: Path, profile: str, wanted: Sequence[int], flags: Sequence[str], turns: int) -> list[tuple[str, ...]]:
    """A row of the table for each engine."""
    found = []
    figures_of = micros(model, profile, wanted, flags, turns)
    for name, figures in figures_of.items():
        ratios = [figure / peer for figure, peer in zip(figures, figures_of["XNNPACK"], strict=True)]
        found.append(
            (model.stem, name, *(f"{figure:,.2f}" for figure in figures), *(f"{ratio:.2f}" for ratio in ratios))
        )
    return found


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Wall time of models beside LiteRT's XNNPACK.")
    parser.add_argument("models", nargs="+", metavar="MODEL.tflite")
    parser.add_argument("--profile", default="x86", choices=list(PROFILES))
    parser.add_argument("--level", type=int, action="append", help="a level of x86-64; the machine's by default, all")
    parser.add_argument("--flags", default="", help="further flags for the C compiler")
    parser.add_argument("--turns", type=int, default=100)
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)), help="the core to run on")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.cpu})
    here = [level for level in levels() if arguments.level is None or level in arguments.level]
    found = [("model", "engine", "median us", "best us", "ratio", "ratio of best")]
    status = 0
    for argument in arguments.models:
        model = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / argument
        wanted = here if arguments.profile == "x86" else []
        try:
            found += rows(model, arguments.profile, wanted, arguments.flags.split(), arguments.turns)
        except (CompileError, OSError, subprocess.CalledProcessError) as error:
            print(f"error: {model.name}: {error}", file=sys.stderr)
            status = 1
    print("\n".join(table(found, right=(2, 3, 4, 5))))
    return status


if __name__ == "__main__":
    sys.exit(main())

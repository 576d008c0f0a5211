"""Measures what it takes to make C of models on this machine, and to compile it: processor time and peak memory.

    ./bazelw run //tools/bench/figures:generation                     models of 1, 10 and 50 MB of weights that it makes
    ./bazelw run //tools/bench/figures:generation -- MODEL.tflite ... these models

Times are of a process from its start to its end, Python's imports and all that GCC calls included. Memory is that of
the largest process among them; less than this program itself needs, about 45 MB, cannot be told.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from absl import app, flags

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.emit.report import table
from tools.sni.ir import DType

_MEGABYTES = flags.DEFINE_list("megabytes", ["1", "10", "50"], "Weights of the models that it makes.")
_CC = flags.DEFINE_string("cc", "gcc", "The C compiler.")


@dataclass(frozen=True)
class Cost:
    """seconds: of processor time. megabytes: resident in memory at the peak."""

    seconds: float
    megabytes: float


def cost(command: Sequence[str | Path], folder: Path) -> Cost:
    """Runs a command and waits for it. Raises CalledProcessError where it fails."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, cwd=folder, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def make(path: Path, megabytes: int, dtype: DType) -> None:
    """Writes a network with a fully connected layer for each megabyte of random weights."""
    rng = np.random.default_rng(megabytes)
    width = 1024 if dtype is DType.INT8 else 512
    integer = dtype is DType.INT8
    values = [tensor(f"t{i}", dtype, (1, width), quantised(0.1) if integer else None) for i in range(megabytes + 1)]
    layers = []
    for number, (x, y) in enumerate(itertools.pairwise(values)):
        drawn = rng.integers(-127, 128, (width, width)) if integer else rng.normal(0, 1, (width, width))
        weights = constant(f"w{number}", dtype, drawn, quantised(0.001) if integer else None)
        layers.append(("FULLY_CONNECTED", [x, weights], [y], {"fused_activation_function": "RELU"}))
    path.write_bytes(write_tflite(chain(layers)))


def models(paths: Sequence[Path], folder: Path) -> Iterator[tuple[str, Path]]:
    """Names for people, and files."""
    yield from ((path.name, path) for path in paths)
    for dtype, name in () if paths else ((DType.INT8, "int8"), (DType.FLOAT32, "float")):
        for megabytes in _MEGABYTES.value:
            path = folder / "made.tflite"
            # In a process of its own: the kernel counts what this one holds as its children's memory too.
            maker = multiprocessing.Process(target=make, args=(path, int(megabytes), dtype))
            maker.start()
            maker.join()
            yield f"{megabytes} MB {name}", path


def row(name: str, model: Path, folder: Path) -> tuple[str, ...]:
    """A row of the table. folder: for the generated files."""
    compiled = [sys.executable, "-m", "tools.sni", "compile", model, "--name", "m", "--out", "."]
    generation = cost(compiled, folder)
    compilation = cost([_CC.value, "-std=c99", "-O2", "-c", "m.c", "-o", "m.o"], folder)
    text = (folder / "m_weights.h").stat().st_size
    cells = (f"{c:.1f} s" if i % 2 == 0 else f"{c:,.0f} MB" for i, c in enumerate(_numbers(generation, compilation)))
    return name, *cells, f"{text / 1e6:,.1f} MB"


def _numbers(*costs: Cost) -> Iterator[float]:
    for one in costs:
        yield from (one.seconds, one.megabytes)


def main(arguments: list[str]) -> None:
    """arguments: as absl leaves them, the models behind the program's name."""
    paths = [Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), path).resolve() for path in arguments[1:]]
    rows = [("weights", "compiler", "memory", "C compiler", "memory", "m_weights.h")]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for name, model in models(paths, Path(folder)):
            try:
                rows.append(row(name, model, Path(folder)))
            except subprocess.CalledProcessError as error:
                why = f"{error.cmd[0]} ended with status {error.returncode}"
                print(f"error: {name}: left out, for {why}", file=sys.stderr)
                failed = True
    print("\n".join(table(rows)))
    sys.exit(failed)


if __name__ == "__main__":
    app.run(main)

"""Wall time of several engines on this machine, in turns, so that what disturbs one disturbs the others."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_DRIVER = """
#include <time.h>
#include "m.h"
static union { m_state state; char lines[sizeof(m_state) + 64]; } of __attribute__((aligned(64)));
void start(void) { m_init(&of.state); }
void level(int32_t level) { (void)level; %s }
double run(int runs) {
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (int i = 0; i < runs; ++i) m_invoke(&of.state);
  clock_gettime(CLOCK_MONOTONIC, &to);
  return (double)(to.tv_sec - from.tv_sec) + 1e-9 * (double)(to.tv_nsec - from.tv_nsec);
}
"""
_SET_LEVEL = "of.state.level = level;"
_TURN = 1e-3
"""Seconds that an engine runs before the next one does."""

Run = Callable[[int], float]
"""From a number of inferences to the seconds they took."""


def native(files: Mapping[str, str], flags: Sequence[str], folder: Path) -> ctypes.CDLL:
    """A compiled model named `m` as a library with the functions above."""
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "driver.c").write_text(_DRIVER % (_SET_LEVEL if "int32_t level;" in files["m.h"] else ""))
    command = ["gcc", "-std=gnu99", "-O3", *flags, "-ffp-contract=off", "-shared", "-fPIC", "driver.c", "m.c", "-lm"]
    subprocess.run([*command, "-o", "m.so"], cwd=folder, check=True)
    library = ctypes.CDLL(str(folder / "m.so"))
    library.run.restype = ctypes.c_double
    library.start()
    return library


def in_turns(engines: Mapping[str, Run], turns: int) -> dict[str, list[float]]:
    """Seconds of an inference, in each turn of each engine."""
    runs = {}
    for name, run in engines.items():
        run(3)
        runs[name] = max(1, round(_TURN / max(1e-9, min(run(1) for _ in range(5)))))
    taken: dict[str, list[float]] = {name: [] for name in engines}
    for _ in range(turns):
        for name, run in engines.items():
            taken[name].append(run(runs[name]) / runs[name])
    return taken


def on_level(library: ctypes.CDLL, level: int) -> Run:
    def run(runs: int) -> float:
        library.level(level)
        return library.run(runs)

    return run

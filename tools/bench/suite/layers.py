"""A cell's network layer by layer: kernels, flash and memory from its reports, instructions by counting them."""

from __future__ import annotations

import math
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tools.bench.suite.results import Buffer, Layer
from tools.compare.program import asked
from tools.kit.building import BuildError
from tools.kit.counting import COMPILER, counting, functions, read
from tools.kit.table import Platform, platform, platform_names, table

ONE_INFERENCE = ("bench", "--iterations=1", "--warmup=0")
_ENDS = ("sni_clock_ns", "sni_counter_read")
"""What the runner calls next when an inference is done."""


def known_platform(name: str) -> Platform | None:
    """A platform of ours by its name."""
    return platform(name) if name in platform_names() or name in table().ALIASES else None


def counted(program: Path, on: Platform, name: str, layers: list[str]) -> tuple[Mapping, dict[str, int]] | None:
    """What a program's benchmark of one inference prints, and its instructions by function: layers, and their caller.

    name: prefix of the network's functions. layers: functions; those that a compiler has made a part of their caller
    are not among the results. None where this machine cannot count. Raises ProgramError if the program fails.
    """
    emulator = on.emulator or on.counter
    if not emulator or not all(shutil.which(tool) for tool in (COMPILER, emulator[0])):
        return None
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "profile"
        try:
            found = functions(on, program)
            wanted = ("sni_engine_invoke", f"{name}_invoke", *layers, *_ENDS)
            marks = {function: found[function] for function in wanted if function in found}
            printed = asked(counting(on, program, list(marks.values()), out, on.counting, ONE_INFERENCE))
            counts = read(on, program, marks, out)
        except (BuildError, OSError):
            return None
    return printed, {function: counts.total(function) for function in marks if function not in _ENDS}


def layers_of(report: Mapping, size: Mapping, name: str, instructions: Mapping[str, int]) -> tuple[Layer, ...]:
    """The layers of a network. report, size: JSON of its compiler and of the size tool. name: prefix of functions."""
    # Both name a layer by its number and then some more, which need not be the same.
    flash = {part["name"].partition("_")[0]: part["flash"] for part in size["parts"]}
    return tuple(
        Layer(
            name=_short(layer["function"], name),
            operator=layer["operator"],
            kernel=layer.get("kernel", ""),
            reason=layer.get("reason", ""),
            macs=layer["macs"],
            instructions=instructions.get(layer["function"]),
            flash=flash.get(f"layer {_short(layer['function'], name).partition('_')[0]}"),
            ram=sum(map(_bytes, (*layer["reads"], *layer["writes"]))),
        )
        for layer in report["layers"]
    )


def _short(function: str, name: str) -> str:
    return re.sub(rf"^{re.escape(name)}_", "", function)


def _bytes(tensor: Mapping) -> int:
    return math.prod(tensor["shape"]) * np.dtype(tensor["dtype"]).itemsize


def buffers_of(report: Mapping) -> tuple[Buffer, ...]:
    """The arena's map: tensors, and what kernels need for themselves."""
    last = max(len(report["layers"]) - 1, 0)
    tensors = [
        Buffer(p["tensor"], p["offset"], p["bytes"], max(p["first_step"], 0), min(p["last_step"], last))
        for p in report["placements"]
    ]
    scratch = [Buffer(s["name"], s["offset"], s["bytes"], s["step"], s["step"]) for s in report["scratch"]]
    return (*tensors, *scratch)

"""One engine on one platform: what its program says of itself, how it runs, and what it computes."""

from __future__ import annotations

import base64
import json
import math
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from tools.compare.program import ProgramError, asked, outputs_of, real, run

SAMPLES = 16
"""Inferences whose outputs are compared."""

_TIMEOUT = 600


class CompareError(Exception):
    """Says what could not be measured, in the user's words."""


@dataclass(frozen=True)
class Output:
    """The values of an output for all samples. values: as numbers, real ones where the output is quantised."""

    bits: str
    values: tuple[float, ...]


@dataclass(frozen=True)
class Cell:
    """instructions, ns: of one inference, the median; instructions are None where nothing can count them.

    setup_ns: of the engine's first initialisation. flash, ram, stack, arena, constants: bytes; stack is None where it
    has no bound. notes: sentences that belong beside the figures.
    """

    engine: str
    version: str
    platform: str
    instructions: int | None
    ns: int
    setup_ns: int
    flash: int
    ram: int
    stack: int | None
    arena: int
    constants: int
    macs: int
    checksum: str
    outputs: tuple[Output, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> Cell:
        read = json.loads(text)
        outputs = tuple(Output(o["bits"], tuple(o["values"])) for o in read.pop("outputs"))
        return Cell(**{**read, "notes": tuple(read["notes"]), "outputs": outputs})


def measured(program: Path, platform: str, size: Mapping[str, object], report: Mapping[str, object]) -> Cell:
    """Runs a program of the runner. program: itself, or the script that runs it under an emulator.

    size, report: what the size tool and the compiler say of its model. Raises CompareError.
    """
    try:
        return _measured(program, platform, size, report)
    except ProgramError as error:
        raise CompareError(str(error)) from None


def _measured(program: Path, platform: str, size: Mapping[str, object], report: Mapping[str, object]) -> Cell:
    info = asked([program, "info"], _TIMEOUT)
    bench = asked([program, "bench", "--iterations=3", "--warmup=1"], _TIMEOUT)
    counted = bench["instructions"]
    outputs = outputs_of(program, _samples(info["inputs"]), info["outputs"], _TIMEOUT)
    return Cell(
        engine=bench["engine"],
        version=bench["version"],
        platform=platform,
        instructions=counted["p50"] if counted else _counted_by_valgrind(program),
        ns=bench["time_ns"]["p50"],
        setup_ns=bench["setup_ns"],
        flash=int(str(size["flash"])),
        ram=int(str(size["ram"])),
        stack=None if size["stack"] is None else int(str(size["stack"])),
        arena=bench["arena_bytes"],
        constants=bench["constant_bytes"],
        macs=bench["macs"],
        checksum=bench["checksum"],
        outputs=tuple(map(_output, outputs, info["outputs"])),
        notes=tuple(str(note) for note in report.get("notes", ())),
    )


def _samples(inputs: Sequence[Mapping[str, object]]) -> list[np.ndarray]:
    """The same random inputs for every engine, of shape [SAMPLES, elements] each: any integers, floats in [-1, 1)."""
    rng = np.random.default_rng(1)
    rows = [[_drawn(tensor, rng) for tensor in inputs] for _ in range(SAMPLES)]
    return [np.stack(values) for values in zip(*rows, strict=True)]


def _drawn(tensor: Mapping[str, object], rng: np.random.Generator) -> np.ndarray:
    dtype, count = np.dtype(str(tensor["dtype"])), math.prod(tensor["shape"])
    if np.issubdtype(dtype, np.floating):
        return rng.uniform(-1, 1, count).astype(dtype)
    if dtype == np.bool_:
        return rng.integers(0, 2, count).astype(dtype)
    limits = np.iinfo(dtype)
    return rng.integers(limits.min, limits.max, count, dtype, endpoint=True)


def _output(stored: np.ndarray, tensor: Mapping) -> Output:
    values = real(stored, tensor.get("scale"), tensor.get("zero_point"))
    return Output(base64.b64encode(stored.tobytes()).decode(), tuple(values.reshape(-1).tolist()))


def _counted_by_valgrind(program: Path) -> int | None:
    """Instructions of one inference on the machine itself, where its kernel lets nobody count."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.NamedTemporaryFile() as out:
        run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out.name}",
                "--toggle-collect=sni_engine_invoke",
                program,
                "bench",
                "--iterations=1",
                "--warmup=0",
            ],
            seconds=_TIMEOUT,
        )
        found = re.search(r"^(?:totals|summary): (\d+)", Path(out.name).read_text(), re.MULTILINE)
    return int(found[1]) if found else None

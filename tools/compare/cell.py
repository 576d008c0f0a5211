"""One engine on one platform: what its program says of itself, how it runs, and what it computes."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

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
    info = json.loads(_run([program, "info"]))
    bench = json.loads(_run([program, "bench", "--iterations=3", "--warmup=1"]))
    counted = bench["instructions"]
    samples = _samples(info["inputs"])
    raw = _run([program, "stream", "--in=tensor", "--out=tensor", "--quiet"], samples)
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
        outputs=_outputs(raw, info["outputs"]),
        notes=tuple(str(note) for note in report.get("notes", ())),
    )


def _run(command: Sequence[str | Path], data: bytes = b"") -> bytes:
    try:
        done = subprocess.run(
            [str(part) for part in command], input=data, capture_output=True, timeout=_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise CompareError(f"{' '.join(map(str, command))}: not done after {_TIMEOUT} s") from None
    except OSError as error:
        raise CompareError(f"{command[0]}: cannot be run here ({error.strerror})") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise CompareError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{said}")
    return done.stdout


def _samples(inputs: Sequence[Mapping[str, object]]) -> bytes:
    """The same random inputs for every engine, as the runner takes tensors: any integers, floats in [-1, 1)."""
    rng = np.random.default_rng(1)
    rows = []
    for _ in range(SAMPLES):
        for tensor in inputs:
            dtype, shape = np.dtype(str(tensor["dtype"])), [int(n) for n in tensor["shape"]]
            if np.issubdtype(dtype, np.floating):
                rows.append(rng.uniform(-1, 1, shape).astype(dtype).tobytes())
            elif dtype == np.bool_:
                rows.append(rng.integers(0, 2, shape).astype(dtype).tobytes())
            else:
                limits = np.iinfo(dtype)
                rows.append(rng.integers(limits.min, limits.max, shape, dtype, endpoint=True).tobytes())
    return b"".join(rows)


def _outputs(raw: bytes, outputs: Sequence[Mapping[str, object]]) -> tuple[Output, ...]:
    kinds = [
        (np.dtype(str(tensor["dtype"])), int(np.prod([int(n) for n in tensor["shape"]])), tensor) for tensor in outputs
    ]
    frame = sum(dtype.itemsize * elements for dtype, elements, _ in kinds)
    if len(raw) != frame * SAMPLES:
        raise CompareError(f"{len(raw)} bytes of outputs, where {SAMPLES} inferences make {frame * SAMPLES}")
    rows = np.frombuffer(raw, np.uint8).reshape(SAMPLES, frame)
    made, at = [], 0
    for dtype, elements, tensor in kinds:
        part = np.ascontiguousarray(rows[:, at : at + dtype.itemsize * elements])
        at += dtype.itemsize * elements
        values = part.view(dtype).astype(np.float64)
        if scale := float(str(tensor.get("scale") or 0)):
            values = (values - int(str(tensor.get("zero_point") or 0))) * scale
        made.append(Output(base64.b64encode(part.tobytes()).decode(), tuple(values.reshape(-1).tolist())))
    return tuple(made)


def _counted_by_valgrind(program: Path) -> int | None:
    """Instructions of one inference on the machine itself, where its kernel lets nobody count."""
    if shutil.which("valgrind") is None:
        return None
    with tempfile.NamedTemporaryFile() as out:
        _run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={out.name}",
                "--toggle-collect=sni_engine_invoke",
                program,
                "bench",
                "--iterations=1",
                "--warmup=0",
            ]
        )
        found = re.search(r"^(?:totals|summary): (\d+)", Path(out.name).read_text(), re.MULTILINE)
    return int(found[1]) if found else None

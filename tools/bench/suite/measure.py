"""Measures a cell: everything in its Figures, from its program and what Bazel made beside it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tools.bench.suite.accuracy import error_of, expected_of, tflm_outputs, weights_of
from tools.bench.suite.layers import ONE_INFERENCE, buffers_of, counted, known_platform, layers_of
from tools.bench.suite.reference import ReferenceError
from tools.bench.suite.results import EdgeMark, Error, Figures, Wall
from tools.bench.suite.samples import stored_in
from tools.compare.program import ProgramError, asked, outputs_of, real
from tools.size.elf import Image, read_image
from tools.size.problem import SizeError
from tools.sni.errors import CompileError

VERSION = "1"
"""Of how cells are measured: figures of another one are not taken over."""

_WALL_NS = 1_000_000_000
"""How long inferences are timed, about."""


@dataclass(frozen=True)
class Files:
    """What Bazel made of a cell.

    program: the ELF file. run: it, or the script that runs it under an emulator. base: the same program with no
    network. c_name: prefix of the network's functions. reference: the folder of the networks it is compared with.
    """

    program: Path
    run: Path
    base: Path
    model: Path
    report: Path
    size: Path
    c_name: str
    emulated: bool
    reference: Path | None

    @property
    def fingerprint(self) -> str:
        """SHA-256 over everything that the figures come from, but for the tools that measure."""
        found = hashlib.sha256()
        compared = [self.reference / name for name in ("float.tflite", "ranges.tflite")] if self.reference else []
        for path in (self.program, self.base, self.model, self.report, self.size, *compared):
            found.update(hashlib.sha256(path.read_bytes() if path.exists() else b"").digest())
        return found.hexdigest()


def files_of(folder: Path, reference: Path | None) -> Files:
    """A cell whose target has put its files into a folder."""
    cell = json.loads((folder / "cell.json").read_text(encoding="utf-8"))
    return Files(
        program=folder / cell["program"],
        run=folder / cell["run"],
        base=folder / "base",
        model=folder / "model.tflite",
        report=folder / "report.json",
        size=folder / "size.json",
        c_name=cell["c_name"],
        emulated=cell["emulated"],
        reference=reference,
    )


def measured(files: Files, platform: str, command: str, build_s: float | None) -> Figures:
    """Runs a cell. platform: its name. command: what runs it by hand. Raises ProgramError."""
    report, size = (json.loads(path.read_text(encoding="utf-8")) for path in (files.report, files.size))
    info, on = asked([files.run, "info"]), known_platform(platform)
    functions = [layer["function"] for layer in report["layers"]]
    found = counted(files.program, on, files.c_name, functions) if on is not None else None
    bench, counts = found or (asked([files.run, *ONE_INFERENCE]), {})
    instructions = bench["instructions"]["p50"] if bench["instructions"] else sum(counts.values()) or None
    error, exact, notes = _compared(files, info)
    return Figures(
        engine_version=bench["version"],
        instructions=instructions,
        wall=None if files.emulated else _wall(files.run),
        flash=size["flash"],
        ram=size["ram"],
        stack=size["stack"],
        arena=bench["arena_bytes"],
        constants=bench["constant_bytes"],
        weights=weights_of(files.model),
        macs=bench["macs"],
        error=error,
        exact=exact,
        edgemark=_edgemark(files),
        build_s=build_s,
        program=hashlib.sha256(files.program.read_bytes()).hexdigest(),
        command=command,
        notes=(*report["notes"], *notes),
        layers=layers_of(report, size, files.c_name, counts),
        buffers=buffers_of(report),
        fingerprint=files.fingerprint,
    )


def _wall(program: Path) -> Wall:
    """One inference tells how many to time."""
    first = asked([program, *ONE_INFERENCE])["time_ns"]["p50"]
    iterations = min(max(_WALL_NS // max(first, 1), 20), 10_000)
    warmup = max(iterations // 10, 1)
    taken = asked([program, "bench", f"--iterations={iterations}", f"--warmup={warmup}"])["time_ns"]
    return Wall(taken["p50"], taken["p90"], taken["p99"])


def _compared(files: Files, info: Mapping) -> tuple[Error | None, bool | None, list[str]]:
    """The error against the float network, whether bits are TensorFlow Lite Micro's, and notes on both."""
    try:
        expected = expected_of(files.reference, files.model)
    except CompileError as error:
        return None, None, [f"outputs are not compared: {error}"]
    inputs = stored_in(expected.inputs, info["inputs"])
    outputs = outputs_of(files.run, inputs, info["outputs"])
    numbers = [
        real(values, tensor["scale"], tensor["zero_point"])
        for values, tensor in zip(outputs, info["outputs"], strict=True)
    ]
    _check(numbers, expected.outputs)
    notes = [expected.reason] if expected.reason else []
    error = None
    if expected.outputs is not None and all(np.isfinite(values).all() for values in expected.outputs):
        error = error_of(numbers, expected.outputs)
    elif expected.outputs is not None:
        notes.append("outputs are not compared: those of the float network are not finite")
    try:
        exact, note = _exact(outputs, tflm_outputs(files.model, inputs))
        return error, exact, notes + note
    except ReferenceError as refused:
        return error, None, [*notes, f"bits are not compared: TensorFlow Lite Micro does not run it: {refused}"]


def _check(numbers: Sequence[np.ndarray], expected: Sequence[np.ndarray] | None) -> None:
    if expected is not None and [values.shape for values in numbers] != [values.shape for values in expected]:
        shapes = [[values.shape[1] for values in side] for side in (numbers, expected)]
        raise ProgramError("check", f"outputs of {shapes[0]} elements, where the float network has {shapes[1]}")
    finite = expected is None or all(np.isfinite(values).all() for values in expected)
    if finite and not all(np.isfinite(values).all() for values in numbers):
        raise ProgramError("check", "outputs are not finite, and the float network's are")


def _exact(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> tuple[bool, list[str]]:
    """Whether all bits are the same; of floats that are not, how far apart they are."""
    pairs = [(a, b.astype(a.dtype)) for a, b in zip(ours, theirs, strict=True)]
    if all(a.tobytes() == b.tobytes() for a, b in pairs):
        return True, []
    if not all(np.issubdtype(a.dtype, np.floating) for a, _ in pairs):
        return False, []
    largest = max(float(np.abs(b).max(initial=0)) for _, b in pairs)
    apart = max(float(np.abs(a.astype(np.float64) - b).max(initial=0)) for a, b in pairs)
    return False, [f"floats within {apart / largest if largest else 0:.1e} of TensorFlow Lite Micro's largest"]


def _edgemark(files: Files) -> EdgeMark | None:
    try:
        program, base = (_text_and_bss(read_image(path)) for path in (files.program, files.base))
    except SizeError:
        return None
    return EdgeMark(program[0], program[1], program[0] - base[0], program[1] - base[1])


def _text_and_bss(image: Image) -> tuple[int, int]:
    """As `size` prints them: text has the constants in it."""
    text = sum(section.size for section in image.sections if not section.writable)
    return text, sum(section.size for section in image.sections if not section.initialised)


def taken_over(figures: Figures, build_s: float | None, command: str) -> Figures:
    """Figures of an earlier run, of the same program."""
    return replace(figures, build_s=figures.build_s if build_s is None else build_s, command=command)

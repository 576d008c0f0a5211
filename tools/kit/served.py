"""A compiled model as a running program of a platform, under its emulator: it is started once and serves all runs.

The program is serve.c; outside of Bazel too, it is built with what platforms/table.bzl says of the platform.
"""

from __future__ import annotations

import contextlib
import functools
import re
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools.kit.kit import run
from tools.kit.table import ROOT, Platform

_SYSTEM = ("board", "faults", "semihosting", "startup", "syscalls")
"""The files of platforms/cortex_m."""


class EndedError(Exception):
    """A program that ended where an answer was expected, with what it said."""


@dataclass(frozen=True)
class End:
    """An input or output of a model. bytes: of its tensor."""

    function: str
    bytes: int


@dataclass(frozen=True)
class Interface:
    """What of a generated model its caller knows. name: prefix of its functions. state: bytes that it may write."""

    name: str
    state: int
    inputs: tuple[End, ...]
    outputs: tuple[End, ...]

    @property
    def header(self) -> str:
        """served.h."""
        lines = [
            f'#define SERVED_HEADER "{self.name}.h"',
            f"#define SERVED_STATE {self.name}_state",
            f"#define SERVED_STATE_BYTES {self.state}u",
            f"#define SERVED_INIT {self.name}_init",
            f"#define SERVED_INVOKE {self.name}_invoke",
        ]
        for kind, ends in (("INPUTS", self.inputs), ("OUTPUTS", self.outputs)):
            parts = ", ".join(f"{{(void*){end.function}(state), {end.bytes}u}}" for end in ends)
            lines.append(f"#define SERVED_{kind}(state) {parts}")
        return "\n".join(lines) + "\n"


def ends(name: str, kind: str, sizes: Sequence[int]) -> tuple[End, ...]:
    """The accessors of a model's `input` or `output`s, whose tensors have these bytes."""
    numbered = len(sizes) > 1
    return tuple(End(f"{name}_{kind}" + (f"_{i}" if numbered else ""), size) for i, size in enumerate(sizes))


def state_bytes(header: str, name: str) -> int:
    """What a model may write: its arena, in whole eights. header: the generated one's text."""
    arena = re.search(rf"^#define {name.upper()}_ARENA_BYTES (\d+)$", header, re.MULTILINE)
    return -(-int(arena[1]) // 8) * 8


@functools.cache
def system(platform: Platform) -> tuple[str, ...]:
    """What is linked to every program: start-up code and console, compiled once for this process; nothing on Linux."""
    if not platform.bare_metal:
        return ()
    keep = tempfile.TemporaryDirectory(prefix="sni_system_")
    weakref.finalize(system, keep.cleanup)
    folder = ROOT / "platforms/cortex_m"
    flags = ["-std=gnu99", "-Os", *platform.copts, *(f"-D{define}" for define in platform.defines), "-I", ROOT]
    objects = [Path(keep.name) / f"{part}.o" for part in _SYSTEM]
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda part, made: run([platform.compiler, *flags, "-c", folder / f"{part}.c", "-o", made]),
                _SYSTEM,
                objects,
            )
        )
    return (*map(str, objects), f"-T{folder / 'qemu.ld'}")


def build(
    platform: Platform, files: Mapping[str, str], interface: Interface, folder: Path, flags: Sequence[str]
) -> Path:
    """The program around a model. files: what compile_model gave; flags: for its C, after the platform's.

    Raises BuildError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {**files, "served.h": interface.header}.items():
        (folder / file).write_text(text, encoding="utf-8")
    name, program = interface.name, folder / "served.elf"
    sources = [f"{name}.c", ROOT / "tools/kit/serve.c"]
    run([platform.compiler, *platform.copts, *flags, "-I.", "-c", *sources], folder)
    objects = [f"{name}.o", "serve.o"]
    run([platform.compiler, *platform.linkopts, *objects, *system(platform), "-lm", "-o", program.name], folder)
    return program


def command(platform: Platform, program: Path, *arguments: str) -> list[str]:
    """What runs a program. arguments: further ones of the emulator."""
    emulator = [*platform.emulator, *arguments]
    if not platform.bare_metal:
        return [*emulator, str(program)]
    return [*emulator, "-semihosting-config", f"enable=on,target=native,arg={program.name}", "-kernel", str(program)]


class Served:
    """A running program. It ends when this object is no more."""

    def __init__(self, command: Sequence[str], interface: Interface) -> None:
        self._interface = interface
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen(command, **pipes)
        self.end = weakref.finalize(self, _end, self._process)

    def initialise(self, byte: int = 0) -> None:
        """Begins anew, in a state whose bytes all held `byte`."""
        self._send(b"i" + bytes([byte]))

    def run(self, *inputs: bytes) -> tuple[bool, list[bytes]]:
        """One inference: whether the model has written behind its state, and the outputs."""
        assert [len(value) for value in inputs] == [end.bytes for end in self._interface.inputs]
        self._send(b"r" + b"".join(inputs))
        written = self._receive(1) != b"\0"
        return written, [self._receive(end.bytes) for end in self._interface.outputs]

    def _send(self, data: bytes) -> None:
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def _receive(self, count: int) -> bytes:
        data = self._process.stdout.read(count)
        if len(data) < count:
            self._fail()
        return data

    def _fail(self) -> None:
        self._process.stdin.close()
        said = self._process.stderr.read().decode(errors="replace")
        raise EndedError(f"the program ended with status {self._process.wait()}\n{said}")


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(BrokenPipeError):
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()
    process.stderr.close()

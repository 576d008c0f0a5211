"""Builds C into programs for the platforms of platforms/table.bzl, without Bazel: models that it does not know, too."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kit.table import ROOT, Platform

SYSTEM = ("board", "faults", "semihosting", "startup", "syscalls")
"""The files of platforms/cortex_m."""


class BuildError(Exception):
    """A compiler or linker that failed, with its own words."""


def run(command: Sequence[str | Path], folder: Path | None = None, given: str | None = None) -> str:
    """What a tool prints, called in a folder with an input. Raises BuildError."""
    words = [str(part) for part in command]
    done = subprocess.run(words, cwd=folder, input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(words)}\n{done.stderr}")
    return done.stdout


def missing_tools(platform: Platform) -> list[str]:
    """What it takes to build and run for a platform, and this machine lacks."""
    return [tool for tool in (platform.compiler, *platform.emulator[:1]) if not shutil.which(tool)]


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


def interface_of(header: str, name: str, inputs: Sequence[int], outputs: Sequence[int]) -> Interface:
    """The interface of a model. header: the generated one's text; inputs, outputs: bytes of their tensors."""
    arena = re.search(rf"^#define {name.upper()}_ARENA_BYTES (\d+)$", header, re.MULTILINE)
    # A state is as long as its arena, in whole eights, and its level.
    state = -(-int(arena[1]) // 8) * 8 + (8 if has_level(header) else 0)
    return Interface(name, state, _ends(f"{name}_input", inputs), _ends(f"{name}_output", outputs))


def has_level(header: str) -> bool:
    """Whether a level stands behind the arena: which of its variants a layer runs."""
    return "  int32_t level;" in header


def _ends(function: str, sizes: Sequence[int]) -> tuple[End, ...]:
    if len(sizes) == 1:
        return (End(function, sizes[0]),)
    return tuple(End(f"{function}_{number}", size) for number, size in enumerate(sizes))


@functools.cache
def system(platform: Platform) -> tuple[str, ...]:
    """What is linked to every program: start-up code and console, compiled once for this process; nothing on Linux."""
    if not platform.bare_metal:
        return ()
    folder, sources = scratch("system"), ROOT / "platforms/cortex_m"
    flags = ["-std=gnu99", "-Os", *platform.copts, *_defines(platform), "-I", ROOT]
    run([platform.compiler, *flags, "-c", *(sources / f"{part}.c" for part in SYSTEM)], folder)
    return (*(str(folder / f"{part}.o") for part in SYSTEM), f"-T{sources / 'qemu.ld'}")


def _defines(platform: Platform) -> list[str]:
    return [f"-D{define}" for define in platform.defines]


def scratch(name: str) -> Path:
    """A new folder for this process, removed at its end."""
    folder = tempfile.TemporaryDirectory(prefix=f"sni_{name}_")
    weakref.finalize(scratch, folder.cleanup)
    return Path(folder.name)


def write(files: Mapping[str, str], folder: Path) -> Path:
    """Writes files into a folder and gives the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def build(
    platform: Platform, files: Mapping[str, str], interface: Interface, folder: Path, flags: Sequence[str]
) -> Path:
    """The program around a model. files: what compile_model gave; flags: for its C, after the platform's.

    Raises BuildError.
    """
    write({**files, "served.h": interface.header}, folder)
    sources = [f"{interface.name}.c", ROOT / "tools/kit/serve.c"]
    run([platform.compiler, *platform.copts, *flags, *_defines(platform), "-I.", "-I", ROOT, "-c", *sources], folder)
    return _link(platform, [f"{interface.name}.o", "serve.o"], folder / "served.elf")


def build_empty(platform: Platform, interface: Interface, folder: Path) -> Path:
    """The same program with a model that does nothing. `build` comes first."""
    functions = ("SERVED_INIT", "SERVED_INVOKE", *(end.function for end in (*interface.inputs, *interface.outputs)))
    # Of no type in particular, so the model's header is left out.
    lines = ['#include "served.h"', *(f"void *{function}(void *state) {{ return state; }}" for function in functions)]
    write({"empty.c": "\n".join(lines) + "\n"}, folder)
    run([platform.compiler, *platform.copts, "-Os", "-I.", "-c", "empty.c"], folder)
    return _link(platform, ["empty.o", "serve.o"], folder / "empty.elf")


def image_bytes(platform: Platform, program: Path) -> int:
    """Bytes of text, read-only data and initialised data."""
    text, data = run([tool(platform, "size"), program]).splitlines()[1].split()[:2]
    return int(text) + int(data)


def tool(platform: Platform, name: str) -> str:
    """A tool of the platform's compiler, as `nm`."""
    return platform.compiler.removesuffix("gcc") + name


def _link(platform: Platform, objects: Sequence[str], program: Path) -> Path:
    run([platform.compiler, *platform.linkopts, *objects, *system(platform), "-lm", "-o", program.name], program.parent)
    return program

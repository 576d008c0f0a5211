"""The platforms of platforms/table.bzl, for tools and tests that build and run programs without Bazel.

The table is Starlark, and what it uses of it is Python too: it is executed as it is.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).absolute().parents[2]
"""Of the workspace, or of the runfiles."""


@dataclass(frozen=True)
class Platform:
    """How C becomes a program for a platform, and what runs it.

    profile: the kernels made for its processor. compiler: GCC's command. copts, linkopts: flags of the processor and of
    the platform. emulator: its command, empty where programs run as they are. counting: its further arguments for exact
    times. counter: what emulates programs that run as they are so that their instructions can be counted, empty where
    nothing does. defines: of the board. bare_metal: programs are kernel images that talk by semihosting.
    """

    name: str
    profile: str
    compiler: str
    copts: tuple[str, ...]
    linkopts: tuple[str, ...]
    emulator: tuple[str, ...] = ()
    counting: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    bare_metal: bool = False


def _fail(message: str) -> None:
    raise ValueError(message)


@functools.cache
def table() -> SimpleNamespace:
    """What platforms/table.bzl defines, by its names."""
    path = ROOT / "platforms/table.bzl"
    names = {"struct": SimpleNamespace, "fail": _fail, "Label": str}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return SimpleNamespace(**names)


def platform_names() -> list[str]:
    """Every platform's name, without aliases."""
    return [*table().LINUX, *table().BARE_METAL]


def platform(name: str) -> Platform:
    """A platform by its name or an alias. Raises ValueError, with the names there are."""
    rows = table()
    name = rows.ALIASES.get(name, name)
    profile = rows.platform_profile(name)
    copts, linkopts = tuple(rows.platform_copts(name)), tuple(rows.platform_linkopts(name))
    if name in rows.LINUX:
        row, linkopts = rows.LINUX[name], (*linkopts, "-static")
        emulator, counter = tuple(row.emulator), tuple(row.counter)
        return Platform(name, profile, row.compiler, copts, linkopts, emulator, counter=counter)
    machine = rows.BARE_METAL[name].emulated
    return Platform(
        name,
        profile,
        rows.BARE_METAL_COMPILER,
        copts,
        (*linkopts, *rows.board_linkopts(machine)),
        (*rows.BARE_METAL_EMULATOR, machine.machine),
        counting=tuple(rows.COUNTING_ARGUMENTS),
        defines=tuple(rows.board_defines(machine)),
        bare_metal=True,
    )

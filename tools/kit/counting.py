"""Counts the instructions of a program between functions of it, by their addresses: exactly, and the same on every run.

By QEMU, by a plugin where it emulates a machine and by its log where it emulates a process; or, where no emulator knows
the processor's instructions, by single steps on this one (platforms/counter).
"""

from __future__ import annotations

import bisect
import functools
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.kit.building import missing_tools, run, scratch, tool
from tools.kit.served import command
from tools.kit.table import ROOT, Platform

COMPILER = "gcc"
"""Of this machine, for the counters."""


def missing(platform: Platform) -> list[str]:
    """What it takes to count on a platform, and this machine lacks."""
    return missing_tools(platform) + [tool for tool in (COMPILER, *platform.counter[:1]) if not shutil.which(tool)]


@dataclass(frozen=True)
class Counts:
    """Executed instructions by the function that was arrived at last, of those asked for, and by their addresses."""

    of: Mapping[str, Counter[int]]

    def total(self, function: str) -> int:
        return self.of.get(function, Counter()).total()


@functools.cache
def counters() -> Path:
    """A folder with the counters `counted`, `stepped` and `libprofile.so`, built once for this process."""
    folder, sources = scratch("counters"), ROOT / "platforms/counter"
    base = [COMPILER, "-std=gnu99", "-O2", "-I", ROOT, sources / "profile.c"]
    for name in ("counted", "stepped"):
        run([*base, sources / f"{name}.c", "-o", folder / name])
    run([*base, "-shared", "-fPIC", sources / "profile_plugin.c", "-o", folder / "libprofile.so"])
    return folder


def functions(platform: Platform, program: Path) -> dict[str, int]:
    """The addresses of a program's functions; without what compilers append where they changed one: `.constprop.0`.

    Parts that they moved away for being rarely executed, `.cold`, are no functions.
    """
    found = {}
    for line in run([tool(platform, "nm"), "--defined-only", program]).splitlines():
        # Few symbols have no name.
        address, kind, name = (*line.split(maxsplit=2), "")[:3]
        # $a, $t and $d tell code from data. The lowest bit of an address says that the code is Thumb.
        if kind in "tTwW" and not name.startswith("$") and not name.endswith(".cold"):
            thumb = 1 if platform.compiler.startswith("arm") else 0
            found[name.split(".")[0]] = int(address, 16) & ~thumb
    return found


def counting(
    platform: Platform,
    program: Path,
    marks: Sequence[int],
    out: Path,
    arguments: Sequence[str] = (),
    words: Sequence[str] = (),
) -> list[str]:
    """What runs a program and writes to `out` how often its blocks are executed, for `read`.

    arguments: further ones of a board's emulator. words: the program's own.
    """
    folder = counters()
    if platform.bare_metal:
        named = ",".join(f"mark={mark:#x}" for mark in marks)
        plugin = ["-plugin", f"{folder / 'libprofile.so'},out={out},{named}"]
        return command(platform, program, [*arguments, *plugin], words)
    emulator = platform.emulator or platform.counter
    counter = folder / ("counted" if emulator else "stepped")
    named = [f"--mark={mark:#x}" for mark in marks]
    return [str(counter), f"--profile={out}", *named, *emulator, str(program), *words]


def read(platform: Platform, program: Path, marks: Mapping[str, int], out: Path) -> Counts:
    """What was counted. marks: functions and their addresses, those of `counting`."""
    names = {address: name for name, address in marks.items()}
    addresses = code_addresses(platform, program)
    counts: dict[str, Counter[int]] = {}
    for line in out.read_text(encoding="utf-8").splitlines():
        mark, start, length, executions = line.split()
        first = bisect.bisect_left(addresses, int(start, 16))
        of = counts.setdefault(names[int(mark, 16)], Counter())
        for address in addresses[first : first + int(length)]:
            of[address] += int(executions)
    return Counts(counts)


def code_addresses(platform: Platform, program: Path) -> list[int]:
    """The addresses of a program's instructions, in order."""
    listing = run([tool(platform, "objdump"), "-d", "--no-show-raw-insn", program])
    return [int(match, 16) for match in re.findall(r"^ *([0-9a-f]+):\t", listing, re.MULTILINE)]


def inlined_from(platform: Platform, program: Path, addresses: Sequence[int]) -> list[tuple[str, ...]]:
    """For each address the functions it comes from, those that were inlined into others first: for builds with -g."""
    given = "".join(f"{address:#x}\n" for address in addresses)
    found: list[list[str]] = []
    lines = run([tool(platform, "addr2line"), "-a", "-i", "-f", "-e", program], given=given).splitlines()
    at = 0
    while at < len(lines):
        if lines[at].startswith("0x"):
            found.append([])
            at += 1
        else:
            found[-1].append(lines[at])
            at += 2
    return [tuple(names) for names in found]

"""Builds and runs a model for a platform outside of Bazel's actions, with the commands that Bazel would use.

For models that are no input of the build, as optional ones beside the workspace. The commands are those of a
program_kit (kit.bzl).
"""

from __future__ import annotations

import bisect
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class BuildError(Exception):
    """A compiler or linker that failed, with its own words."""


@dataclass(frozen=True)
class Function:
    """A function of a program, from its address to the next one's."""

    address: int
    name: str


@dataclass(frozen=True)
class Kit:
    """The commands for one platform; paths in them are relative to the root of the runfiles.

    compile, link: the compiler and its flags. libraries: what is linked behind the program's objects.
    emulator: its command, empty where programs run as they are. counter: what counts instructions, beside it; plugin:
    what profiles, within it.
    """

    compile: tuple[str, ...]
    link: tuple[str, ...]
    libraries: tuple[str, ...]
    emulator: tuple[str, ...]
    semihosting: bool
    counter: str | None
    plugin: str | None

    @staticmethod
    def read(path: Path) -> Kit:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Kit(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})

    def missing(self) -> list[str]:
        """The commands that this machine lacks."""
        return [tool for tool in {self.compile[0], *self.emulator[:1]} if not shutil.which(tool)]

    def build(self, files: Mapping[str, str], name: str, folder: Path, flags: Sequence[str] = ()) -> Path:
        """The program around a compiled model. files: what compile_model gave; flags: after all others.

        Raises BuildError.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
        objects = []
        for source in (f"{name}.c", f"{name}_engine.c"):
            objects.append(folder / f"{source}.o")
            run([*self.compile, *flags, "-I.", "-c", folder / source, "-o", objects[-1]])
        program = folder / f"{name}.elf"
        # The system's part comes first among the libraries, and is what refers to main().
        run(
            [
                *self.link,
                *flags,
                *objects,
                "-Wl,--start-group",
                *self.libraries,
                "-Wl,--end-group",
                "-lm",
                "-o",
                program,
            ]
        )
        return program

    def command(self, program: Path, *arguments: str, counting: bool = False, profile: Path | None = None) -> list[str]:
        """What runs a program. counting: so that its counter of instructions works; profile: a file for `executed`."""
        if not self.semihosting:
            prefix = [self.counter] if (counting or profile) and self.counter else []
            prefix += [f"--profile={profile}"] if profile else []
            return [*prefix, *self.emulator, str(program), *arguments]
        prefix = []
        if profile:
            toggle = next(s.address for s in self.functions(program) if s.name == "sni_board_instructions")
            prefix = ["-plugin", f"{self.plugin},out={profile},toggle={toggle:#x}"]
        given = ",".join(f"arg={argument.replace(',', ',,')}" for argument in (program.name, *arguments))
        semihosting = ["-semihosting-config", f"enable=on,target=native,{given}", "-kernel", str(program)]
        return [*self.emulator, *prefix, *semihosting]

    def functions(self, program: Path) -> list[Function]:
        """The functions of a program, in the order of their addresses, as the toolchain's `nm` tells them."""
        nm = self.compile[0].removesuffix("gcc") + "nm"
        listed = run([nm, "--numeric-sort", "--defined-only", program]).splitlines()
        symbols = [line.split(maxsplit=2) for line in listed]
        # The lowest bit of an address says that the code is Thumb. $a, $t and $d tell code from data.
        return [
            Function(int(address, 16) & ~1, name)
            for address, kind, name in symbols
            if kind in "tTwW" and not name.startswith("$")
        ]


def executed(profile: str, functions: Sequence[Function]) -> dict[str, int]:
    """Executed instructions of each function.

    profile: lines `ADDRESS INSTRUCTIONS EXECUTIONS`, as libprofile.so and counted write them. What lies before the
    first function counts for "".
    """
    starts = [function.address for function in functions]
    counts: Counter[str] = Counter()
    for line in profile.splitlines():
        address, instructions, executions = line.split()
        at = bisect.bisect_right(starts, int(address, 16)) - 1
        counts[functions[at].name if at >= 0 else ""] += int(instructions) * int(executions)
    return dict(counts)


def run(command: Sequence[str | Path], folder: Path | None = None) -> str:
    """What a tool prints, called in a folder. Raises BuildError."""
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(map(str, command))}\n{done.stderr}")
    return done.stdout

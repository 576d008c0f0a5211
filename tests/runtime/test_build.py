"""What the runner is made of: C without warnings, without a heap, and with no more of libc than a bare machine has."""

import re
import shutil
from pathlib import Path

import pytest

from tests.runtime import harness
from tests.runtime.harness import PLATFORMS, RUNTIME, SMALL, command

COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
LEVELS = ["-O0", "-O2"]
"""Beside -Os, which the tests of object files use, on every platform."""


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("level", LEVELS)
def test_it_compiles_without_a_warning(compiler: str, level: str) -> None:
    assert harness.objects("linux", compiler, (level,))


@pytest.mark.parametrize("compiler", COMPILERS)
def test_it_compiles_with_other_limits(compiler: str) -> None:
    assert harness.objects("linux", compiler, ("-O2", *SMALL))


def test_headers_stand_alone(tmp_path: Path) -> None:
    for header in sorted(RUNTIME.glob("*.h")):
        source = tmp_path / "alone.c"
        source.write_text(f'#include "{header}"\n#include "{header}"\n', encoding="utf-8")
        command("gcc", *harness.WARNINGS, "-Wno-pedantic", "-I.", "-fsyntax-only", source)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_engine_interface_is_for_cxx_too(tmp_path: Path) -> None:
    engine = tmp_path / "engine.cc"
    engine.write_text(
        '#include "sni_rules/runtime/engine.h"\n#include "sni_rules/runtime/tensor.h"\n'
        "bool sni_engine_init(void*) { return true; }\n"
        "std::size_t used() { return sni_dtype_bytes(SNI_INT8); }\n".replace("std::", ""),
        encoding="utf-8",
    )
    made = tmp_path / "engine.o"
    command("g++", "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-I.", "-c", engine, "-o", made)
    assert re.search(r"T sni_engine_init$", command("nm", made), re.MULTILINE)


CORE = {"bcmp", "memchr", "memcmp", "memcpy", "memmove", "memset", "strchr", "strcmp", "strlen"}
PLATFORM = {
    "io_posix": {"memset", "read", "write", "poll", "sigaction", "strerror", "__errno_location"},
    "io_stdio": {"getc", "ferror", "fwrite", "fflush", "stdin", "stdout", "stderr"},
    "clock_posix": {"clock_gettime"},
    "clock_stdc": {"clock"},
    "counter_linux": {"memset", "syscall", "read", "write", "close", "getenv", "strtol", "__isoc23_strtol"},
    "counter_none": set(),
}


@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_needs_little_of_libc_and_no_heap(compiler: str, platform: str) -> None:
    for made in harness.objects(platform, compiler, ("-Os",)):
        undefined = {line.split()[-1] for line in command("nm", "-u", made).splitlines() if line}
        foreign = {name for name in undefined if not name.startswith(("sni_", "_GLOBAL_", "__stack_chk"))}
        # The library's headers may rename what they declare.
        assert {name.removeprefix("_IO_") for name in foreign} <= PLATFORM.get(made.stem, CORE), made


@pytest.mark.parametrize("platform", PLATFORMS)
def test_only_main_holds_memory_of_its_own(platform: str) -> None:
    for made in harness.objects(platform, "gcc", ("-Os",)):
        symbols = re.findall(r"^\S+ ([bBdDC]) (\S+)$", command("nm", made), re.MULTILINE)
        names = {name.split(".")[0] for kind, name in symbols}
        # Where code is position-independent, constant tables of addresses lie in .data, to be relocated.
        source = (RUNTIME / f"{made.stem}.c").read_text(encoding="utf-8")
        tables = set(re.findall(r"static const (?:\w+ |char\* const )(\w+)\[", source))
        assert names - tables <= ({"room", "out", "log"} if made.stem == "main" else set()), made

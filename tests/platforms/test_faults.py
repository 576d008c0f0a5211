"""Faults end the run, with a report of which it was, where and why."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

PROGRAMS = {
    Path(path).name.removeprefix("faults_").removesuffix("_emulated"): path for path in os.environ["PROGRAMS"].split()
}
V6 = ("cortex_m0",)


def run(platform: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PROGRAMS[platform], *arguments], capture_output=True, text=True, check=False, timeout=60)


def fault(platform: str, *which: str) -> str:
    done = run(platform, *which)
    assert done.returncode == 134, done.stderr
    assert "no fault" not in done.stdout
    assert done.stderr.startswith("\nfault: ")
    assert re.search(r"^  sp: 0x[0-9a-f]{8}  exc_return: 0x[0-9a-f]{8}$", done.stderr, re.MULTILINE)
    return done.stderr


@pytest.mark.parametrize("platform", PROGRAMS)
def test_without_a_fault_nothing_is_said(platform: str) -> None:
    done = run(platform)
    assert (done.returncode, done.stdout, done.stderr) == (0, "no fault\n", "")


@pytest.mark.parametrize("platform", PROGRAMS)
def test_an_address_without_memory(platform: str) -> None:
    said = fault(platform, "address", "f0000000")
    assert said.startswith("\nfault: bus fault\n  because: precise data bus error\n  address: 0xf0000000\n  pc: 0x")


@pytest.mark.parametrize("platform", PROGRAMS)
def test_an_undefined_instruction_and_where_it_is(platform: str) -> None:
    said = fault(platform, "instruction")
    assert said.startswith("\nfault: usage fault\n  because: undefined instruction\n  pc: 0x")
    assert int(re.search(r"pc: 0x(\w+)", said)[1], 16) > 0


@pytest.mark.parametrize("platform", [p for p in PROGRAMS if p not in V6])
def test_a_division_by_zero(platform: str) -> None:
    assert "\n  because: division by zero\n" in fault(platform, "division")


@pytest.mark.parametrize("platform", [p for p in PROGRAMS if p in V6])
def test_an_unaligned_access_where_the_core_has_none(platform: str) -> None:
    assert "\n  because: unaligned access\n" in fault(platform, "alignment")


@pytest.mark.parametrize("platform", PROGRAMS)
def test_a_stack_that_overflows(platform: str) -> None:
    assert "\n  because: stack overflow\n" in fault(platform, "stack")


def test_an_emulator_that_is_missing_is_named_with_its_package() -> None:
    done = subprocess.run(
        ["/bin/bash", PROGRAMS["cortex_m4"]], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 127
    assert done.stderr.startswith(
        "error: qemu-system-arm is not on PATH, and runs the programs of this platform "
        "(on Debian and Ubuntu: apt-get install qemu-system-arm); the program itself is "
    )
    assert done.stderr.endswith("faults_cortex_m4\n")


def test_an_empty_argument_is_refused() -> None:
    done = run("cortex_m4", "")
    assert (done.returncode, done.stderr) == (2, "error: an empty argument cannot be passed by semihosting\n")

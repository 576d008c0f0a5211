"""Sets of compiler options: flags of the network's code, and processors with and without a floating-point unit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

HERE = Path("tests/bench/suite")
_SOFT, _HARD = 0x200, 0x400
"""Of an ELF file's flags: how its functions pass floats (ELF for the Arm Architecture, EF_ARM_ABI_FLOAT_..)."""


def cell(options: str, platform: str) -> Path:
    return HERE / f"flags_dense_basic_sni_{options}_{platform}"


def test_the_cells_are_in_order() -> None:
    suite = json.loads((HERE / "flags.json").read_text())
    assert [(at["platform"], at["options"]) for at in suite["cells"]] == [
        ("cortex_m4", "-O2"),
        ("cortex_m4", "-Os, soft float"),
        ("x86_64", "-O2"),
        ("x86_64", "-Os, soft float"),
    ]


@pytest.mark.parametrize(("options", "flag"), [("O2", _HARD), ("Os__soft_float", _SOFT)])
def test_floating_point_units(options: str, flag: int) -> None:
    program = (cell(options, "cortex_m4") / "program.elf").read_bytes()
    assert int.from_bytes(program[36:40], "little") & (_SOFT | _HARD) == flag


def test_flags_reach_the_network() -> None:
    sizes = [json.loads((cell(options, "x86_64") / "size.json").read_text()) for options in ("O2", "Os__soft_float")]
    assert sizes[1]["flash"] < sizes[0]["flash"]

"""The stack that the analysis finds in machine code against what GCC says that it has reserved (-fstack-usage)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.size.compiled import TARGETS, build, compile_object, write_model
from tools.size.disassembly import disassemble
from tools.size.elf import read_image
from tools.size.stack import StackAnalysis

_MAIN = """
#include "m.h"
static m_state state;
int main(void) { m_init(&state); m_invoke(&state); return 0; }
"""


@pytest.mark.parametrize(
    ("model", "level"),
    [
        ("dense_int8", "-O0"),
        ("dense_int8", "-O2"),
        ("ais_float32", "-O3"),
        ("kws_ref_model", "-Os"),
        ("vww_96_int8", "-O3"),
    ],
)
@pytest.mark.parametrize("target_name", TARGETS)
def test_own_frames_are_those_of_the_compiler(model: str, target_name: str, level: str, tmp_path: Path) -> None:
    target = TARGETS[target_name]
    if target.tool("gcc") is None:
        pytest.skip(f"needs {target.tools}gcc")
    folder = write_model(model, tmp_path)
    # The red zone lies below what the compiler counts as the frame.
    extra = ("-mno-red-zone",) if target_name.startswith("x86") else ()
    made = compile_object(target, folder / "m.c", (level, "-fstack-usage", *extra))
    (folder / "main.c").write_text(_MAIN)
    bare = ("--specs=nosys.specs",) if target.tools == "arm-none-eabi-" else ("-static",)
    program = folder / "program.elf"
    build(
        [target.tool("gcc"), *target.flags, folder / "main.c", made, "-Wl,--emit-relocs", *bare, "-lm", "-o", program]
    )
    image = read_image(program)
    analysis = StackAnalysis(image, disassemble(program, str(target.tool("objdump"))))
    said = [line.split("\t") for line in made.with_suffix(".su").read_text().splitlines()]
    compared = 0
    for place, size, kind in said:
        name = place.rpartition(":")[2]
        if kind != "static" or image.function_named(name) is None:
            continue
        found = analysis.frame(name) + (8 if target_name.startswith("x86") else 0)
        # GCC's figure leaves out what rounding the stack pointer down for aligned vectors may take.
        assert 0 <= found - int(size) <= (32 if target_name == "x86_64_v3" else 0), name
        compared += 1
    assert compared >= 3

"""Sizes of images that are really linked: what they are, and that the parts make up the whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.size.compiled import TARGETS, build, compile_object, write_model
from tools.size.cli import main
from tools.size.elf import read_image
from tools.size.measure import Size, measure_model
from tools.size.report import from_json

_IMAGE = """
#include "m.h"
static m_state sni_size_state;
int main(void) { m_init(&sni_size_state); m_invoke(&sni_size_state); return 0; }
"""
_EMPTY = "int main(void) { return 0; }\n"


def images(model: str, target_name: str, folder: Path) -> tuple[Path, Path]:
    """An image that calls the model, and the same without it."""
    target = TARGETS[target_name]
    if target.tool("gcc") is None:
        pytest.skip(f"needs {target.tools}gcc")
    made = compile_object(target, write_model(model, folder) / "m.c", ("-Os", "-ffunction-sections"))
    link = [target.tool("gcc"), *target.flags, "-Wl,--gc-sections", "-Wl,--emit-relocs"]
    link += ["-nostartfiles", "-Wl,-e,main"] if target.tools == "arm-none-eabi-" else ["-static"]
    paths = []
    for name, text, objects in (("image", _IMAGE, [made]), ("empty", _EMPTY, [])):
        (folder / f"{name}.c").write_text(text)
        paths.append(folder / f"{name}.elf")
        build([*link, folder / f"{name}.c", *objects, "-lm", "-o", paths[-1]])
    return paths[0], paths[1]


def measured(model: str, target_name: str, folder: Path) -> Size:
    image, empty = images(model, target_name, folder)
    return measure_model("m", image, empty, str(TARGETS[target_name].tool("objdump")))


@pytest.mark.parametrize("target_name", ["x86_64", "armv7l", "cortex_m0", "cortex_m4"])
@pytest.mark.parametrize("model", ["dense_int8", "dense_float"])
def test_the_parts_make_up_the_whole(model: str, target_name: str, tmp_path: Path) -> None:
    size = measured(model, target_name, tmp_path)
    assert sum(part.flash for part in size.parts) == sum(flash for _, flash, _ in size.sections) == size.flash
    assert sum(part.ram for part in size.parts) == sum(ram for _, _, ram in size.sections) == size.ram
    parts = {part.name: part for part in size.parts}
    assert {"layer 0_fully_connected", "layer 1_fully_connected", "model", "state"} <= set(parts)
    assert abs(parts.get("(no name)", parts["state"]).flash) < 800
    # 8 x 16 weights of one or four bytes, 16 biases if they are not all zero, and what requantisation needs.
    width = 4 if model == "dense_float" else 1
    layer = parts["layer 0_fully_connected"]
    assert 128 * width <= layer.flash - layer.code <= 128 * width + 64 + 16 * 5 + 8
    assert 0 < layer.code < 1200


def test_totals_are_those_of_binutils(tmp_path: Path) -> None:
    image, _ = images("dense_int8", "x86_64", tmp_path)
    said = subprocess.run(["size", image], check=True, capture_output=True, text=True).stdout.splitlines()[1].split()
    text, data, bss = map(int, said[:3])
    read = read_image(image)
    assert read.flash == text + data
    assert read.ram == data + bss


def test_ram_is_the_state(tmp_path: Path) -> None:
    size = measured("dense_int8", "cortex_m4", tmp_path)
    assert [part.ram for part in size.parts if part.ram] == [size.ram]


def test_without_objdump_the_stack_is_unknown_and_the_rest_is_not(tmp_path: Path) -> None:
    image, empty = images("dense_int8", "x86_64", tmp_path)
    size = measure_model("m", image, empty, "pdp11-objdump")
    assert size.flash > 0
    assert size.stack.deepest is None
    assert size.stack.reason == (
        "pdp11-objdump: cannot be run: No such file or directory (the stack bound needs the objdump of the C toolchain)"
    )


def test_an_objdump_of_another_machine_is_named(tmp_path: Path) -> None:
    image, empty = images("dense_int8", "cortex_m4", tmp_path)
    reason = measure_model("m", image, empty, "/bin/false").stack.reason
    assert reason == "/bin/false: failed (it must know the machine of image.elf)"


def test_the_commands_measure_models_and_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image, empty = images("dense_int8", "x86_64", tmp_path)
    out = [tmp_path / "size.json", tmp_path / "size.txt"]
    command = ["model", "m", str(image), str(empty), "--objdump", "objdump"]
    assert main([*command, "--json", str(out[0]), "--text", str(out[1])]) == 0
    assert out[1].read_text().startswith("m: flash ")
    assert from_json(out[0].read_text()).stack.deepest is not None
    assert main(["program", str(image), "--function", "m_invoke", "--function", "m_init"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("image.elf: flash ")
    assert "\nm_invoke " in printed


def test_a_measured_stack_stands_for_a_bound_that_there_is_not(tmp_path: Path) -> None:
    """Of a call through a pointer nothing is known; the other functions keep their bounds."""
    (tmp_path / "m.c").write_text(
        "extern void (*volatile m_next)(void); void (*volatile m_next)(void);\n"
        "void m_init(void) { m_next(); }\nvoid m_invoke(void) { m_next(); }\nint m_push(int x) { return x + 1; }\n"
        "int main(void) { m_init(); m_invoke(); return m_push(0); }\n",
        encoding="utf-8",
    )
    build(["gcc", "-static", "-O1", "-fno-inline", tmp_path / "m.c", "-o", tmp_path / "m"])
    (tmp_path / "report.json").write_text('{"interpreter": {"stack": {"setup": 700, "invoke": 300}}}', encoding="utf-8")
    files = ["--json", str(tmp_path / "size.json"), "--text", str(tmp_path / "size.txt")]
    command = ["model", "m", *[str(tmp_path / "m")] * 2, "--objdump", "objdump", *files]
    assert main(command) == 0
    assert from_json((tmp_path / "size.json").read_text(encoding="utf-8")).stack.deepest is None
    assert main([*command, "--report", str(tmp_path / "report.json")]) == 0
    stack = from_json((tmp_path / "size.json").read_text(encoding="utf-8")).stack
    assert stack.bounds["m_init"].path == (("m_init, as measured", 700),)
    assert stack.bounds["m_push"].bytes < 64
    assert stack.deepest == stack.bounds["m_init"]


def test_an_object_file_is_no_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images("dense_int8", "x86_64", tmp_path)
    assert main(["program", str(tmp_path / "m.o")]) == 1
    assert "error: m.o: not linked, its type is ET_REL (give a program)" in capsys.readouterr().err

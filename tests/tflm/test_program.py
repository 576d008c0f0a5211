"""The rest of the program: what is generated around the interpreter, its report, its messages and the command."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.native import build, write
from tests.tflm import stub
from tools.sni.compiler import compile_model as compile_with_sni
from tools.sni.errors import CompileError
from tools.sni.importers.tflite import read_tflite
from tools.sni.options import Options
from tools.sni.pipeline import read_pipeline
from tools.tflm.arena import Found, check_size, from_json, search
from tools.tflm.compiler import compile_model
from tools.tflm.options import TflmOptions
from tools.tflm.sources import SUFFIXES, bound_of_object, sources_of

TESTDATA = Path("tests/testdata")
FOUND = Found(needed=1616, used=1200, interpreter=400, tries=9, stack={"setup": 300, "invoke": 200})
IDENTITY = re.compile(r"^ \* Made by .*$|^#if \w+_BUILD != .*$|^    \.(engine|version|options) = .*$", re.MULTILINE)
"""Lines of the glue that tell who made the code."""


def both(name: str = "dense_int8", **options: object) -> tuple[dict[str, str], dict[str, str]]:
    """Files for TFLM and by our compiler, with the tests' pipeline."""
    model = (TESTDATA / f"{name}.tflite").read_bytes()
    pipeline = read_pipeline(TESTDATA / "dense_pipeline.json")
    tflm = compile_model(model, f"{name}.tflite", TflmOptions("model", **options), pipeline, FOUND)
    return dict(tflm), dict(compile_with_sni(model, f"{name}.tflite", Options("model"), pipeline))


def test_the_pipeline_is_the_same_code() -> None:
    def pipeline(files: dict[str, str]) -> str:
        code = files["model.c"]
        return code[code.index("}", code.index("void model_invoke(")) : code.index("void model_init(")]

    tflm, ours = both()
    assert "model_push" in pipeline(tflm)
    assert pipeline(tflm) == pipeline(ours)


def test_the_glue_differs_in_its_maker_and_in_that_setup_can_fail() -> None:
    tflm, ours = both()
    glue = tflm["model_engine.c"]
    assert '.engine = "tflm",' in glue
    ready = "return model_ready((const model_state *)state);"
    assert IDENTITY.sub("", glue).replace(ready, "return true;") == IDENTITY.sub("", ours["model_engine.c"])


def test_the_api_is_the_same() -> None:
    def functions(files: dict[str, str]) -> list[str]:
        return re.findall(r"^[\w *]+\bmodel_\w+\(.*\);$", files["model.h"], re.MULTILINE)

    tflm, ours = both()
    assert [f for f in functions(tflm) if f != "bool model_ready(const model_state *state);"] == functions(ours)


def test_the_report_has_the_same_members_and_the_interpreter_s() -> None:
    tflm, ours = (json.loads(files["model_report.json"]) for files in both(version="90b983c"))
    assert set(ours) - set(tflm) == {"profile", "rounding"}
    assert set(tflm) - set(ours) == {"arena_size", "interpreter"}
    assert (tflm["engine"], tflm["version"]) == ("tflm", "90b983c")
    for member in ("inputs", "outputs", "macs", "model_sha256"):
        assert tflm[member] == ours[member]
    assert tflm["arena"]["bytes"] == tflm["arena"]["lower_bound"] == FOUND.needed
    assert tflm["interpreter"] == {"bytes": FOUND.interpreter, "stack": FOUND.stack}
    assert tflm["constant_bytes"] == (TESTDATA / "dense_int8.tflite").stat().st_size
    assert [layer["operator"] for layer in tflm["layers"]] == [layer["operator"] for layer in ours["layers"]]


def test_the_text_tells_what_was_found() -> None:
    text = both(arena_size=2000)[0]["model_report.txt"]
    assert "arena 2,000 bytes (lower bound 1,616; " in text
    assert "interpreter 400 bytes; stack, measured: 300 bytes to setup, 200 bytes to invoke" in text
    assert "note: the smallest arena was found on the target in 9 tries; 16 bytes less do not work" in text


def test_without_an_emulator_the_report_says_that_nothing_was_looked_for() -> None:
    model = (TESTDATA / "dense_int8.tflite").read_bytes()
    files = compile_model(model, "m.tflite", TflmOptions("m", 4096))
    assert json.loads(files["m_report.json"])["arena"]["bytes"] == 4096
    assert "note: the smallest arena is not known: no emulator for this platform" in files["m_report.txt"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All files for the tests' model, with the stand-in's headers beside them."""
    folder = tmp_path_factory.mktemp("program")
    model = TESTDATA / "dense_int8.tflite"
    write(sources_of(model.read_bytes(), model.name, "model"), folder)
    write(both()[0], folder)
    stub.write(folder)
    return folder


CXX = ("g++", "-std=c++17", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-fno-exceptions", "-fno-rtti")
C = ("gcc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-I.")


def objects(folder: Path, *sources: str) -> list[Path]:
    made = []
    for source in sources:
        made.append(folder / f"{source}.o")
        build([*(CXX if source.endswith(".cc") else C), f"-I{folder}", "-c", folder / source, "-o", made[-1]])
    return made


def test_all_files_compile_without_a_warning(folder: Path) -> None:
    assert len(list(folder.glob("model*"))) >= len(SUFFIXES) + 7
    assert len(objects(folder, "model_tflm.cc", "model_tflite.c", "model_probe.c", "model.c", "model_engine.c")) == 5


def test_the_program_that_looks_for_the_arena_finds_it(folder: Path) -> None:
    made = objects(folder, "model_tflm.cc", "model_tflite.c", "model_probe.c")
    runtime = [Path("sni_rules/runtime") / f"{n}.c" for n in ("checksum", "float_print", "float_tie", "io_posix")]
    runtime += [Path("sni_rules/runtime") / f"{name}.c" for name in ("pow10", "text", "writer")]
    rest = [*Path("sni_rules/probe").glob("*.c"), *runtime, Path("tools/size/probe/probe.c")]
    build(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-I.", *made, *rest, "-o", folder / "probe", "-lm", "-lstdc++"])
    found = search(folder / "probe", "//app:model")
    assert (found.needed, found.used) == (stub.ARENA, stub.USED)
    model = read_tflite((TESTDATA / "dense_int8.tflite").read_bytes(), "dense_int8.tflite")
    assert 0 < found.interpreter <= bound_of_object(model)
    assert 0 < found.stack["invoke"] < 4096
    assert from_json(found.to_json()) == found


def test_an_arena_that_is_too_small_is_told_what_is_needed() -> None:
    check_size(FOUND, 1616, "//app:detector")
    with pytest.raises(CompileError) as caught:
        check_size(FOUND, 1600, "//app:detector")
    assert str(caught.value) == (
        "//app:detector: arena_size = 1600: too small: on this platform the model needs 1616 bytes "
        "(accepted: 1616 or more; without arena_size it gets just as many)"
    )


def program(folder: Path, script: str) -> Path:
    path = folder / "program"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(CompileError) as caught:
        search(program(tmp_path, "echo 'no memory to try arenas in' >&2; exit 1"), "//app:detector")
    message = str(caught.value)
    assert message.startswith("//app:detector: the program that finds the smallest arena ended with status 1; ")
    assert message.endswith("it said:\nno memory to try arenas in")


def test_a_program_that_does_not_run_here(tmp_path: Path) -> None:
    path = program(tmp_path, "")
    path.write_bytes(b"\x7fELF of another machine")
    with pytest.raises(CompileError, match=r"does not run here: Exec format error; accepted: a platform with an emul"):
        search(path, "//app:detector")


def tflm(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.tflm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_refuses_a_small_arena_and_writes_nothing(tmp_path: Path) -> None:
    told = {"arena_bytes": 96, "used_bytes": 90, "object_bytes": 8, "stack_setup": 1, "stack_invoke": None, "tries": 3}
    path = program(tmp_path, f"echo '{json.dumps(told)}'")
    out = tmp_path / "arena.json"
    done = tflm("arena", path, "--target", "//app:x", "--arena_size", "80", "--out", out)
    assert (done.returncode, out.exists()) == (1, False)
    assert done.stderr.startswith("error: //app:x: arena_size = 80: too small: on this platform the model needs 96 ")
    assert tflm("arena", path, "--target", "//app:x", "--arena_size", "96", "--out", out).returncode == 0
    assert from_json(out.read_text(encoding="utf-8")) == Found(96, 90, 8, 3, {"setup": 1})


@pytest.mark.parametrize("arguments", [(), ("make", "m.tflite"), ("compile", "m.tflite"), ("sources",)])
def test_wrong_calls(arguments: tuple[str, ...]) -> None:
    done = tflm(*arguments)
    assert done.returncode == 2
    assert "usage: tflm sources MODEL.tflite" in done.stderr

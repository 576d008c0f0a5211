"""The profile `x86` chooses variants that the processor has, at run time or by what the compiler's flags promise."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tests.support import x86
from tests.support.dense import integer_layer
from tests.support.model_writer import write_tflite
from tests.support.native import WARNINGS, Native, build, write
from tests.support.oracle import Oracle
from tools.sni.compiler import compile_model
from tools.sni.options import Options

MODEL = write_tflite(integer_layer((3, 37, 21)))
NAMES = {0: "portable", 1: "sse41", 2: "avx2", 3: "avxvnni", 4: "avx512"}
OPTIONS = Options("model", "x86")

needs_x86 = pytest.mark.skipif(not x86.flags(), reason="needs an x86-64 with Linux")


@needs_x86
def test_a_state_begins_with_the_highest_level_that_the_processor_has() -> None:
    assert Native(MODEL, options=OPTIONS).level == max(x86.levels())


@needs_x86
@pytest.mark.parametrize("most", [0, 2])
def test_a_build_can_be_held_to_a_level(most: int) -> None:
    native = Native(MODEL, options=OPTIONS, flags=("-O1", f"-DSNI_X86_LEVEL={most}"))
    assert native.level == max(level for level in x86.levels() if level <= most)


def functions(folder: Path, *flags: str) -> set[str]:
    """The levels whose variant of the products is in the object file."""
    write(compile_model(MODEL, "model.tflite", OPTIONS), folder)
    build(["gcc", *WARNINGS, "-O1", *flags, "-c", folder / "model.c", "-o", folder / "model.o"])
    listing = subprocess.run(["nm", folder / "model.o"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"sni_x86_products__\w+?__([a-z0-9]+)$", listing, re.MULTILINE)) & set(NAMES.values())


@needs_x86
@pytest.mark.parametrize(
    ("flags", "least"),
    [
        ((), 0),
        (("-msse4.1",), 1),
        (("-march=x86-64-v3",), 2),
        (("-march=x86-64-v3", "-mavxvnni"), 3),
        (("-march=x86-64-v4", "-mavx512vnni"), 4),
    ],
)
def test_what_the_flags_promise_leaves_out_the_levels_below(tmp_path: Path, flags: tuple[str, ...], least: int) -> None:
    assert functions(tmp_path, *flags) == {name for level, name in NAMES.items() if level >= least}


@needs_x86
def test_a_level_below_what_the_flags_promise_is_not_to_be_had() -> None:
    if 2 not in x86.levels():
        pytest.skip(f"the processor lacks {', '.join(sorted(x86.NEEDS[2] - x86.flags()))}")
    native = Native(MODEL, options=OPTIONS, flags=("-O1", "-march=x86-64-v3", "-DSNI_X86_LEVEL=0"))
    assert native.level == 2
    values = np.random.default_rng(0).integers(-128, 128, (3, 37), np.int8)
    # Also with a level in the state that has no variant: the lowest runs.
    np.testing.assert_array_equal(native.run(values)[0], Oracle(MODEL).run(values)[0])


@pytest.mark.parametrize("compiler", ["arm-linux-gnueabihf-gcc", "arm-none-eabi-gcc"])
def test_another_processor_has_portable_code(tmp_path: Path, compiler: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler} on PATH")
    write(compile_model(MODEL, "model.tflite", OPTIONS), tmp_path)
    build([compiler, *WARNINGS, "-O1", "-c", tmp_path / "model.c", "-o", tmp_path / "model.o"])


def test_avx_vnni_runs_where_avx512_has_its_products(monkeypatch: pytest.MonkeyPatch) -> None:
    files = compile_model(MODEL, "model.tflite", OPTIONS)
    monkeypatch.setattr(x86, "flags", lambda: x86.NEEDS[4])
    assert 3 in x86.levels.__wrapped__()
    changed = x86.runnable(files)["model.c"]
    assert changed != files["model.c"]
    assert 'avxvnni"' not in changed
    assert "dpbusd_avx_epi32" not in changed
    for other in (x86.NEEDS[3], x86.NEEDS[2]):
        monkeypatch.setattr(x86, "flags", lambda other=other: other)
        assert x86.runnable(files) == files


def test_levels_that_the_processor_lacks_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(x86, "flags", lambda: frozenset({"sse4_1", "avx2", "fma"}))
    assert x86.levels.__wrapped__() == (0, 1, 2)
    assert "level 3 is not run: the processor lacks avx_vnni" in capsys.readouterr().out

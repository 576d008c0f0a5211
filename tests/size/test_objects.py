"""What the object files of models refer to: no heap, no streams, and on a Cortex-M0 no floating point for int8."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from tests.size.compiled import INT8, MODELS, TARGETS, compile_object, write_model

_MEMORY = {"memcpy", "memset", "memmove", "memcmp"}
_MATHEMATICS = re.compile(
    r"(exp|exp2|expm1|log|log1p|pow|sqrt|tanh|sin|cos|floor|ceil|round|rint|nearbyint|trunc|fmod|remainder|fabs|fma|"
    r"fmin|fmax|hypot|erf|rsqrt)f"
)
_ARITHMETIC = re.compile(r"__aeabi_\w+|__\w+[sdt]i\d?|__\w+[sd]f\w*|_GLOBAL_OFFSET_TABLE_")
_FLOAT_HELPER = re.compile(r"__aeabi_([fd]|cf|cd|u?[il]2[fd]|h2f|f2h)\w*|__\w*[sd]f\w*")


def undefined(made: Path) -> set[str]:
    with made.open("rb") as file:
        symbols = ELFFile(file).get_section_by_name(".symtab").iter_symbols()
        return {symbol.name for symbol in symbols if symbol["st_shndx"] == "SHN_UNDEF" and symbol.name}


def object_of(model: str, target_name: str, level: str, folder: Path) -> Path:
    target = TARGETS[target_name]
    if target.tool("gcc") is None:
        pytest.skip(f"needs {target.tools}gcc")
    return compile_object(target, write_model(model, folder) / "m.c", (level,))


@pytest.mark.parametrize("target_name", ["x86_64", "armv7l", "cortex_m0", "cortex_m4"])
@pytest.mark.parametrize("model", MODELS)
def test_models_need_nothing_but_memory_functions_and_mathematics(model: str, target_name: str, tmp_path: Path) -> None:
    names = undefined(object_of(model, target_name, "-Os", tmp_path))
    others = {n for n in names - _MEMORY if not _MATHEMATICS.fullmatch(n) and not _ARITHMETIC.fullmatch(n)}
    assert others == set()


@pytest.mark.parametrize("level", ["-Os", "-O3"])
@pytest.mark.parametrize("model", INT8)
def test_int8_models_have_no_floating_point_on_a_cortex_m0(model: str, level: str, tmp_path: Path) -> None:
    names = undefined(object_of(model, "cortex_m0", level, tmp_path))
    assert {name for name in names if _FLOAT_HELPER.fullmatch(name) or _MATHEMATICS.fullmatch(name)} == set()


def test_a_float_helper_would_be_found(tmp_path: Path) -> None:
    names = undefined(object_of("dense_float", "cortex_m0", "-Os", tmp_path))
    assert "__aeabi_fmul" in {name for name in names if _FLOAT_HELPER.fullmatch(name)}
    assert not _FLOAT_HELPER.fullmatch("__aeabi_lmul")
    assert not _FLOAT_HELPER.fullmatch("__aeabi_idiv")

"""Instructions of each layer: by two ways of counting, which have to agree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.kit.kit import BuildError, Function, Kit, executed
from tools.kit.layers import NAME, profiled, rows
from tools.sni.compiler import compile_model
from tools.sni.options import Options

KITS = {Path(path).name.removesuffix("_runner.json"): Path(path) for path in os.environ["KITS"].split()}
MODEL = Path("examples/ais_detector/models/ais_int8.tflite")


def files() -> dict[str, str]:
    return dict(compile_model(MODEL.read_bytes(), MODEL.name, Options(NAME)))


def kit_of(platform: str) -> Kit:
    kit = Kit.read(KITS[platform])
    if missing := kit.missing():
        pytest.skip(f"needs {', '.join(missing)} on PATH")
    return kit


@pytest.mark.parametrize("platform", KITS)
def test_the_functions_add_up_to_what_the_program_itself_counts(platform: str, tmp_path: Path) -> None:
    profile = profiled(kit_of(platform), files(), tmp_path)
    layers = [profile.functions[str(layer["function"])] for layer in profile.layers]
    assert len(layers) == 4
    lanes = 4 if platform == "armv7l" else 1
    assert all(count >= int(str(layer["macs"])) / lanes for count, layer in zip(layers, profile.layers, strict=True))
    # What is executed between reading the counter and calling the model is a handful.
    assert 0 <= profile.counted - sum(profile.functions.values()) <= 20


def test_optimised_for_size_there_are_other_counts_and_the_table_has_every_layer(tmp_path: Path) -> None:
    kit = kit_of("cortex_m0")
    fast, small = (profiled(kit, files(), tmp_path / flag, (flag,)) for flag in ("-O3", "-Os"))
    assert fast.counted != small.counted
    lines = rows(small)
    assert [line[1] for line in lines[1:5]] == ["FULLY_CONNECTED"] * 4
    assert lines[-1][:3] == ("the whole inference", "", f"{small.counted:,}")


def test_blocks_are_counted_for_the_function_that_they_lie_in() -> None:
    functions = [Function(0x100, "a"), Function(0x200, "b")]
    profile = "0x100 3 10\n0x1fe 1 2\n0x200 5 1\n0x40 7 1\n0x900 1 1\n"
    assert executed(profile, functions) == {"a": 32, "b": 6, "": 7}


def test_a_compiler_that_fails_is_quoted(tmp_path: Path) -> None:
    broken = {**files(), f"{NAME}.c": "int x = ;\n"}
    with pytest.raises(BuildError, match=r"model\.c:1:9: error: "):
        kit_of("cortex_m0").build(broken, NAME, tmp_path)

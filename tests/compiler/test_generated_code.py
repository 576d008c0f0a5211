"""The contract of the generated code: clean under every compiler and sanitizer, reentrant, linkable, deterministic."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tests.support.native import PROMISED, WARNINGS, build, compilers, write
from tools.sni.compiler import compile_model
from tools.sni.emit.files import SUFFIXES
from tools.sni.ir import DType, Graph
from tools.sni.options import Options

ROOT = Path(__file__).resolve().parents[2]
INT8, FLOAT = DType.INT8, DType.FLOAT32


def mixed_network() -> Graph:
    """Every operator at least once, float and int8 in one network, two outputs."""
    rng = np.random.default_rng(1)
    x = tensor("x", FLOAT, (1, 12))
    q8 = tensor("q8", INT8, (1, 12), quantised(0.05, 3))
    w = constant("w", INT8, rng.integers(-127, 128, (10, 12)), quantised(0.01))
    b = constant("b", DType.INT32, rng.integers(-500, 500, 10), quantised(0.05 * 0.01))
    h = tensor('h */ "hidden"\n', INT8, (1, 10), quantised(0.04, -8))
    r, r6 = tensor("r", INT8, (1, 10), quantised(0.04, -8)), tensor("r6", INT8, (1, 10), quantised(0.04, -8))
    t, s = tensor("t", INT8, (1, 10), quantised(1 / 128)), tensor("s", INT8, (1, 10), quantised(1 / 256, -128))
    p, v = tensor("p", INT8, (1, 10), quantised(1 / 256, -128)), tensor("v", INT8, (2, 5), quantised(1 / 256, -128))
    f = tensor("f", FLOAT, (1, 10))
    wf, y = constant("wf", FLOAT, rng.normal(0, 1, (35, 10))), tensor("y", FLOAT, (1, 35))
    ft, fs, fp = tensor("ft", FLOAT, (1, 35)), tensor("fs", FLOAT, (1, 35)), tensor("fp", FLOAT, (1, 35))
    return chain(
        [
            ("QUANTIZE", [x], [q8], {}),
            ("FULLY_CONNECTED", [q8, w, b], [h], {}),
            ("RELU", [h], [r], {}),
            ("RELU6", [h], [r6], {}),
            ("TANH", [r], [t], {}),
            ("LOGISTIC", [r6], [s], {}),
            ("SOFTMAX", [t], [p], {"beta": 1.0}),
            ("RESHAPE", [p], [v], {"new_shape": (2, 5)}),
            ("DEQUANTIZE", [s], [f], {}),
            ("FULLY_CONNECTED", [f, wf], [y], {"fused_activation_function": "RELU6"}),
            ("TANH", [y], [ft], {}),
            ("LOGISTIC", [ft], [fs], {}),
            ("SOFTMAX", [fs], [fp], {"beta": 1.0}),
        ]
    )


def other_network() -> Graph:
    """int16 activations."""
    rng = np.random.default_rng(2)
    x = tensor("x", DType.INT16, (1, 12), quantised(0.001))
    w = constant("w", INT8, rng.integers(-127, 128, (8, 12)), quantised(0.01))
    h, s = tensor("h", DType.INT16, (1, 8), quantised(0.0004)), tensor("s", DType.INT16, (1, 8), quantised(2**-15))
    p = tensor("p", DType.INT16, (1, 8), quantised(2**-15))
    b = constant("b", DType.INT64, rng.integers(-500, 500, 8), quantised(0.001 * 0.01))
    return chain(
        [("FULLY_CONNECTED", [x, w, b], [h], {}), ("LOGISTIC", [h], [s], {}), ("SOFTMAX", [s], [p], {"beta": 1.0})]
    )


def files_of(graph: Graph, name: str) -> dict[str, str]:
    return dict(compile_model(write_tflite(graph), f"{name}.tflite", Options(name)))


MAIN = """
#include <stdio.h>
#include <string.h>
#include "mixed.h"
#include "other.h"
static mixed_state a, b;
static other_state c;
int main(void) {
  memset(&a, 0xa5, sizeof a);
  mixed_init(&a);
  mixed_init(&b);
  other_init(&c);
  for (int i = 0; i < 12; ++i) {
    mixed_input(&a)[i] = (float)i * 0.3F - 2.0F;
    mixed_input(&b)[i] = 0.0F;
    other_input(&c)[i] = (int16_t)(i * 1000);
  }
  mixed_invoke(&a);
  mixed_invoke(&b);
  other_invoke(&c);
  for (int i = 0; i < 12; ++i) {
    mixed_input(&b)[i] = (float)i * 0.3F - 2.0F;
  }
  mixed_invoke(&b);
  if (memcmp(mixed_output_0(&a), mixed_output_0(&b), MIXED_OUTPUT_0_ELEMENTS) != 0) return 1;
  if (memcmp(mixed_output_1(&a), mixed_output_1(&b), 4 * MIXED_OUTPUT_1_ELEMENTS) != 0) return 2;
  int sum = 0;
  for (int i = 0; i < OTHER_OUTPUT_ELEMENTS; ++i) sum += other_output(&c)[i];
  printf("%d\\n", sum);
  return 0;
}
"""


@pytest.mark.parametrize("compiler", compilers())
@pytest.mark.parametrize("optimise", ["-O0", "-O3", "-Os"])
def test_two_models_in_one_program_without_warnings_under_the_sanitizers(
    tmp_path: Path, compiler: str, optimise: str
) -> None:
    write(files_of(mixed_network(), "mixed") | files_of(other_network(), "other"), tmp_path)
    (tmp_path / "main.c").write_text(MAIN)
    sources = [tmp_path / name for name in ("main.c", "mixed.c", "other.c")]
    sanitize = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"]
    build([compiler, *WARNINGS, optimise, *sanitize, *sources, "-lm", "-o", tmp_path / "program"])
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert abs(int(done.stdout) - 32768) < 40, "the shares of a softmax add up to one"


def test_both_compilers_were_there() -> None:
    """The promise is GCC and Clang; a machine without one of them must not pass for having tried both."""
    missing = set(PROMISED) - set(compilers())
    if missing:
        pytest.skip(f"not on this machine: {', '.join(sorted(missing))}")


@pytest.mark.parametrize("compiler", compilers())
def test_the_header_can_be_included_from_cxx(tmp_path: Path, compiler: str) -> None:
    write(files_of(mixed_network(), "mixed"), tmp_path)
    (tmp_path / "main.cc").write_text(
        '#include "mixed.h"\n#include "mixed.h"\n'
        "int main() { static mixed_state s; mixed_init(&s); mixed_invoke(&s); return 0; }\n"
    )
    build([compiler, *WARNINGS, "-c", tmp_path / "mixed.c", "-o", tmp_path / "mixed.o"])
    cxx = {"gcc": "g++", "clang": "clang++"}[compiler]
    build(
        [
            cxx,
            "-std=c++11",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Wconversion",
            "-Werror",
            tmp_path / "main.cc",
            tmp_path / "mixed.o",
            "-lm",
            "-o",
            tmp_path / "p",
        ]
    )
    assert subprocess.run([tmp_path / "p"], check=False).returncode == 0


def test_files_of_different_builds_do_not_compile_together(tmp_path: Path) -> None:
    write(files_of(mixed_network(), "mixed"), tmp_path)
    # The same network with another option: the same declarations, so that nothing but the guard can object.
    other = compile_model(write_tflite(mixed_network()), "mixed.tflite", Options("mixed", rounding="single"))
    write({"mixed.h": other["mixed.h"]}, tmp_path)
    done = subprocess.run(["gcc", "-c", "mixed.c"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert '#error "mixed.c and mixed.h come from different builds: make both again"' in done.stderr


def test_no_mutable_global_no_heap_no_libc_beyond_the_contract(tmp_path: Path) -> None:
    write(files_of(mixed_network(), "mixed"), tmp_path)
    build(["gcc", *WARNINGS, "-O2", "-c", tmp_path / "mixed.c", "-o", tmp_path / "mixed.o"])
    symbols = subprocess.run(
        ["nm", tmp_path / "mixed.o"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    by_kind: dict[str, list[str]] = {}
    for line in symbols:
        kind, name = line.split()[-2:]
        by_kind.setdefault(kind, []).append(name)
    assert not set(by_kind) & set("dDbBcC"), "nothing writable"
    assert set(by_kind["T"]) == {"mixed_init", "mixed_input", "mixed_invoke", "mixed_output_0", "mixed_output_1"}
    allowed = {"memcpy", "memset", "memmove", "tanhf", "expf", "fmaf", "_GLOBAL_OFFSET_TABLE_"}
    assert set(by_kind.get("U", [])) <= allowed


def test_weights_are_in_a_file_of_their_own() -> None:
    files = files_of(mixed_network(), "mixed")
    assert "static const int8_t mixed_1_fully_connected_weights[120] = {" in files["mixed_weights.h"]
    assert not re.search(r"const \w+ \w+\[\d+\] = \{", files["mixed.c"])


def test_the_code_says_what_it_is_made_of() -> None:
    files = files_of(mixed_network(), "mixed")
    header, code = files["mixed.h"], files["mixed.c"]
    assert '#define MIXED_MODEL_SHA256 "' in header
    assert '"x" float32[1, 12]' in header
    assert "Operator 1, FULLY_CONNECTED, by fully_connected_int8_rows; 120 multiply-accumulates" in code
    assert '*/ "hidden"' not in code, "a tensor's name cannot end a comment"


def test_the_same_bytes_whatever_the_environment(tmp_path: Path) -> None:
    """Hash seed, folder, locale and time zone leave no trace in the files."""
    model = write_tflite(mixed_network())
    made = []
    for number, extra in enumerate(
        ({"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, {"PYTHONHASHSEED": "2", "LC_ALL": "C"})
    ):
        folder = tmp_path / f"at {number}"
        folder.mkdir()
        (folder / "m.tflite").write_bytes(model)
        code = f"import sys; sys.path[:0] = {[str(ROOT), *sys.path]!r}; from tools.sni.cli import run; run()"
        command = [
            sys.executable,
            "-c",
            code,
            "compile",
            str(folder / "m.tflite"),
            "--name",
            "m",
            "--out",
            str(folder / "out"),
        ]
        subprocess.run(command, check=True, env=os.environ | extra)
        made.append({path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())})
    assert made[0] == made[1]
    assert len(made[0]) == len(SUFFIXES)

"""The C text: clean under every compiler, safe for whatever names people use, the same every time."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.examples import DTYPES, EVERYTHING, track
from tests.pipeline.harness import bound_pipeline, build, compile_and_run, compilers, program_source, run, tensor
from tools.sni.pipeline import BoundPipeline, PipelineCode, render
from tools.sni.pipeline.after.after import Value

STRICT = ("-Wshadow", "-Wsign-conversion", "-Wcast-qual", "-Wfloat-conversion", "-Wdouble-promotion", "-Wundef")
COLUMNS = [
    *("*/ int x;", "/* x", "back\\", "what??/", "int", "unix", "sinf", "state", "row", "detector_input", "Größe in °"),
    *("a b", "a-b", "a_b", "NAN", "memcpy", "input", "_Bool", "previous_d", "%s {{ x }}", '"quoted"', "9", "a,b"),
]
LABELS = ["*/", "/*", "back\\", "??/", "a b", "{% x %}"]


def everything(folder: Path, dtype: str = "int8") -> BoundPipeline:
    """All operations at once."""
    scaling = DTYPES[dtype]
    outputs = [tensor(dtype, 20, *scaling), tensor(dtype, 3, *scaling)]
    return bound_pipeline(folder, EVERYTHING, [tensor(dtype, 20, *scaling)], outputs)


def hostile(folder: Path, dtype: str = "int8") -> BoundPipeline:
    """Names that mean something in C, or nothing at all, in every place where a name can stand."""
    signals = [
        {"name": "float", "op": "difference", "of": COLUMNS[0]},
        {"name": "pipeline", "op": "log", "of": COLUMNS[1]},
        {"name": "newest", "op": "add", "of": ["float", "pipeline"]},
        {"name": "linux", "op": "hypot", "of": [COLUMNS[2], COLUMNS[3]]},
        {"name": "I", "op": "clip", "of": "linux", "min": 0, "max": 1},
        {"name": "detector_push", "op": "sin", "of": "int", "unit": "radians"},
        {"name": "logf", "op": "log", "of": "detector_push", "offset": -1},
    ]
    pipeline = {
        "columns": COLUMNS,
        "signals": signals,
        "features": ["newest", "I", "logf", *COLUMNS[4:]],
        "after": [
            {"name": "init", "op": "reconstruction_error", "metric": "mse", "per_feature": True},
            {"name": "result", "op": "softmax", "output": 1, "hidden": True, "labels": LABELS},
            {"name": "int", "op": "threshold", "of": "init_a b", "above": -1},
            {"name": "p", "op": "threshold", "of": "result_a b", "above": -1e-3},
            {"name": "p2", "op": "threshold", "of": "result_*/", "above": 0.5},
            {"name": "output", "op": "argmax", "output": 1, "labels": LABELS},
            {"name": "q_sum", "op": "softmax"},
            {"name": "q", "op": "softmax"},
            {"name": "quantise", "op": "dequantise"},
            {"name": "i", "op": "argmax"},
            {"name": "h", "op": "dequantise", "hidden": True},
            {"name": "while", "op": "threshold", "of": "h_3", "above": 0},
        ],
    }
    count, scaling = len(pipeline["features"]), DTYPES[dtype]
    outputs = [tensor(dtype, count, *scaling), tensor(dtype, len(LABELS), *scaling)]
    return bound_pipeline(folder, pipeline, [tensor(dtype, count, *scaling)], outputs)


def least(folder: Path, dtype: str = "int8") -> BoundPipeline:
    """One column into a network of one input."""
    pipeline = {"columns": ["a"], "features": ["a"]}
    return bound_pipeline(folder, pipeline, [tensor(dtype, 1, 0.5)], [tensor(dtype, 1, 0.5)])


def single(folder: Path, dtype: str = "int8") -> BoundPipeline:
    """Every step after a network of one output, where loops have one turn or none."""
    pipeline = {
        "columns": ["a"],
        "features": ["a"],
        "after": [
            {"name": "mse", "op": "reconstruction_error", "metric": "mse"},
            {"name": "mae", "op": "reconstruction_error", "metric": "mae", "per_feature": True, "steps": 1},
            {"name": "y", "op": "dequantise"},
            {"name": "high", "op": "threshold", "of": "y", "above": 0.5},
            {"name": "p", "op": "softmax"},
            {"name": "class", "op": "argmax"},
        ],
    }
    return bound_pipeline(folder, pipeline, [tensor(dtype, 1, 0.5)], [tensor(dtype, 1, 0.5)])


def spectral(folder: Path, dtype: str = "int8") -> BoundPipeline:
    """Every window feature, of windows that overlap, and of names that mean something in C."""
    pipeline = {
        "columns": ["float", "*/ int x;"],
        "signals": [{"name": "newest", "op": "difference", "of": "float"}],
        "window": {"length": 32, "stride": 5},
        "window_features": [
            {"name": "work", "op": "fft_magnitude", "of": ["newest", "*/ int x;"], "window_function": "blackman"},
            {"name": "int", "op": "percentile", "of": "work", "q": 90, "parts": 4},
            {"name": "input", "op": "energy", "of": "newest", "parts": 3, "whole": False},
            {"name": "x", "op": "std", "of": "work"},
            {"name": "y", "op": "log", "of": "work", "offset": 0.5},
            {"name": "i", "op": "standardise", "of": "int", "mean": [1, 2, 3, 4, 5], "std": 2},
            {"name": "sum", "op": "slice", "of": "y", "start": 3, "length": 7},
        ],
        "features": ["i", "input", "x", "sum", "float"],
        "after": [{"name": "e", "op": "reconstruction_error", "metric": "mae", "per_feature": True}],
    }
    network = tensor(dtype, 5 + 3 + 1 + 7 + 32, *DTYPES[dtype])
    return bound_pipeline(folder, pipeline, [network], [network])


PIPELINES = [everything, hostile, least, single, spectral]


@pytest.mark.parametrize("compiler", compilers())
@pytest.mark.parametrize(("level", "dtype"), [("-O0", "int8"), ("-O3", "int16"), ("-O2", "float32"), ("-Os", "uint8")])
@pytest.mark.parametrize("make", PIPELINES)
def test_no_warnings(tmp_path: Path, make, level: str, dtype: str, compiler: str) -> None:
    build(tmp_path, program_source([(make(tmp_path, dtype), "detector")]), compiler, [level, *STRICT])


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
@pytest.mark.parametrize("make", PIPELINES)
def test_header_is_cpp_too(tmp_path: Path, make, compiler: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"needs {compiler}")
    code = render(make(tmp_path), "detector")
    header = [f"#include <{name}>" for name in sorted(code.header_includes)]
    header += ['extern "C" {', code.macros, code.state_struct]
    header += ["typedef struct detector_state { detector_pipeline pipeline; } detector_state;", code.declarations, "}"]
    use = "float f(detector_state &s) { float row[DETECTOR_VALUES] = {}, result[DETECTOR_RESULTS];"
    use += " detector_push(&s, row); detector_result(&s, result); return result[0]; }"
    (tmp_path / "use.cc").write_text("\n".join([*header, use, ""]), encoding="utf-8")
    command = [compiler, "-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-c", "use.cc"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_no_globals_and_only_two_public_names(tmp_path: Path) -> None:
    """The only symbols are functions; what is not the API is static."""
    code = render(everything(tmp_path), "detector")
    source = program_source([(everything(tmp_path), "detector")], main=False)
    (tmp_path / "model.c").write_text(source, encoding="utf-8")
    subprocess.run(["gcc", "-std=c99", "-O0", "-c", "model.c"], cwd=tmp_path, check=True)
    symbols = subprocess.run(["nm", "model.o"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    kinds = {line.split()[-1]: line.split()[-2] for line in symbols.splitlines()}
    assert {name for name, kind in kinds.items() if kind == "T"} == {"detector_push", "detector_result"}
    assert not {name for name, kind in kinds.items() if kind in "bBdDC"}
    static = re.findall(r"^static [\w ]+ \*?(\w+)\(", code.definitions, re.MULTILINE)
    assert static
    assert all(name.startswith("detector_pipeline") for name in static)


def test_two_pipelines_in_one_program(tmp_path: Path) -> None:
    """Each gives what it gives alone, when rows go to both in turn; so do two streams of one pipeline."""
    first = everything(tmp_path)
    text = {"columns": ["a", "b", "c", "d"], "features": ["a", "b", "c", "d"], "window": {"length": 3}}
    second = bound_pipeline(tmp_path, text, [tensor("int16", 12, 0.1)], [tensor("int16", 3, 0.1)])
    rows, other = track(30), track(30, seed=2)
    alone = [
        compile_and_run(tmp_path, first, rows),
        compile_and_run(tmp_path, second, rows),
        compile_and_run(tmp_path, first, other),
    ]
    program = build(tmp_path, program_source([(first, "one"), (second, "two"), (first, "one")]))
    together = run(program, [first, second, first], [rows, rows, other])
    for expected, actual in zip(alone, together, strict=True):
        for left, right in zip(expected, actual, strict=True):
            assert (left is None) == (right is None)
            if left is not None:
                np.testing.assert_array_equal(left.input, right.input)
                np.testing.assert_array_equal(left.result, right.result)


@pytest.mark.parametrize("make", PIPELINES)
def test_text_is_tidy(tmp_path: Path, make) -> None:
    code = render(make(tmp_path), "detector")
    for text in (code.state_struct, code.macros, code.declarations, code.definitions):
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert not text.startswith("\n")
        assert "\n\n\n" not in text
        assert "{\n\n" not in text
        assert not re.search(r"[ \t]$", text, re.MULTILINE)
        assert not set("\t\r") & set(text)


def test_deterministic(tmp_path: Path) -> None:
    """The same text in another process, whatever the order of its hashes."""
    everything(tmp_path)
    script = (
        "import sys; from pathlib import Path; from tests.pipeline.test_render import everything; "
        "from tools.sni.pipeline import render; c = render(everything(Path(sys.argv[1])), 'detector'); "
        "sys.stdout.write(c.state_struct + c.macros + c.declarations + c.definitions)"
    )
    texts = set()
    for seed in ("0", "1", "2"):
        command = [sys.executable, "-c", script, str(tmp_path)]
        path = ":".join([str(Path.cwd()), *sys.path])
        done = subprocess.run(
            command, env={"PYTHONHASHSEED": seed, "PYTHONPATH": path}, check=True, capture_output=True, text=True
        )
        texts.add(done.stdout)
    assert len(texts) == 1
    assert len(texts.pop()) > 1000


def test_metadata(tmp_path: Path) -> None:
    pipeline = {
        "columns": ["id", "time", "b", "unread", "a"],
        "key": "id",
        "echo": ["time", "id"],
        "signals": [{"name": "s", "op": "log", "of": "a"}],
        "features": ["s", "b"],
        "after": [{"name": "class", "op": "argmax", "labels": ["k", "l"]}],
    }
    code = render(bound_pipeline(tmp_path, pipeline, [tensor("int8", 2)], [tensor("int8", 2)]), "x")
    assert code.columns == ("id", "time", "b", "unread", "a")
    assert code.values == (2, 4)
    assert code.key_column == 0
    assert code.echo == (1, 0)
    assert code.results == (Value("class", "label", ("k", "l")),)
    assert code.header_includes == {"stdbool.h", "stdint.h"}
    assert "row[0]  b\n *   row[1]  a\n" in code.declarations
    assert "result[0]  class: 0 k, 1 l\n" in code.declarations
    assert render(least(tmp_path), "x").key_column == -1


@pytest.mark.parametrize(("length", "stride"), list(itertools.product([1, 3], [1, 2])))
def test_macros(tmp_path: Path, length: int, stride: int) -> None:
    pipeline = {"columns": ["a", "b", "c"], "features": ["c", "a"], "window": {"length": length, "stride": stride}}
    code = render(bound_pipeline(tmp_path, pipeline, [tensor("int8", 2 * length)], [tensor("int8", 5)]), "some_model")
    assert dict(re.findall(r"#define (\w+) (\d+)", code.macros)) == {
        "SOME_MODEL_VALUES": "2",
        "SOME_MODEL_FEATURES": "2",
        "SOME_MODEL_WINDOW_LENGTH": str(length),
        "SOME_MODEL_WINDOW_STRIDE": str(stride),
        "SOME_MODEL_RESULTS": "5",
    }


def test_long_lists_are_cut_in_comments(tmp_path: Path) -> None:
    names = [f"mel_{i}" for i in range(128)]
    pipeline = {"columns": names, "features": names, "window": {"length": 5}}
    code = render(bound_pipeline(tmp_path, pipeline, [tensor("int8", 640)], [tensor("int8", 640)]), "x")
    assert "/* 5 rows of 128: mel_0 to mel_127 */" in code.state_struct
    assert "result[0] to result[639]  output_0 to output_639\n" in code.declarations
    assert "row[127]  mel_127\n" in code.declarations


def test_names_of_the_accessors(tmp_path: Path) -> None:
    names = ["first_of", "second_of"]
    code = render(everything(tmp_path), "detector", input_function="input_of", output_functions=names)
    assert "= input_of(state);" in code.definitions
    assert "= first_of(state);" in code.definitions
    assert "= second_of(state);" in code.definitions
    assert "detector_input" not in code.definitions
    assert "detector_output" not in code.definitions


def test_math_is_included_only_where_it_is_used(tmp_path: Path) -> None:
    """The files of test_no_warnings include just what the code asks for, so that nothing is missing either."""
    assert "math.h" not in render(least(tmp_path, "float32"), "x").includes
    assert "math.h" in render(least(tmp_path, "int8"), "x").includes
    assert "math.h" in render(hostile(tmp_path, "float32"), "x").includes


def test_unread_outputs_are_left_alone(tmp_path: Path) -> None:
    after = [{"name": "y", "op": "dequantise", "output": 1}]
    pipeline = {"columns": ["a"], "features": ["a"], "after": after}
    bound = bound_pipeline(tmp_path, pipeline, [tensor("int8", 1)], [tensor("int8", 4), tensor("int8", 2)])
    code: PipelineCode = render(bound, "detector")
    assert "detector_output_0" not in code.definitions
    assert "detector_output_1(state)" in code.definitions


def test_state_is_no_larger_than_needed(tmp_path: Path) -> None:
    """A window of one row that nobody looks back at is not kept; any other is, in the input's type."""
    assert "window" not in render(least(tmp_path), "detector").state_struct
    assert "int16_t window[20];" in render(everything(tmp_path, "int16"), "detector").state_struct

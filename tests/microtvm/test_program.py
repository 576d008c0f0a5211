"""The rest of the program: pipeline, glue, report, messages and the command."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, single, tensor
from tools.microtvm.compiler import compile_model
from tools.microtvm.options import TvmOptions
from tools.sni.compiler import compile_model as compile_with_sni
from tools.sni.errors import CompileError
from tools.sni.ir import DType
from tools.sni.options import Options
from tools.sni.pipeline import read_pipeline

WORKSPACE = Path(__file__).parents[2]
TESTDATA = WORKSPACE / "tests" / "testdata"
FLOAT, INT8 = DType.FLOAT32, DType.INT8
IDENTITY = re.compile(r"^ \* Made by .*$|^#if \w+_BUILD != .*$|^    \.(engine|version|options) = .*$", re.MULTILINE)
"""Lines of the glue that tell who made the code."""


def both(name: str) -> tuple[dict[str, str], dict[str, str]]:
    """Files by TVM and by our compiler, with the tests' pipeline."""
    model = (TESTDATA / f"{name}.tflite").read_bytes()
    pipeline = read_pipeline(TESTDATA / "dense_pipeline.json")
    tvm = compile_model(model, f"{name}.tflite", TvmOptions("model"), pipeline)
    return dict(tvm), dict(compile_with_sni(model, f"{name}.tflite", Options("model"), pipeline))


def test_the_pipeline_is_the_same_code() -> None:
    def pipeline(files: dict[str, str]) -> str:
        code = files["model.c"]
        return code[code.index("}", code.index("void model_invoke(")) :]

    tvm, ours = both("dense_int8")
    assert "model_push" in pipeline(tvm)
    assert pipeline(tvm) == pipeline(ours)


def test_the_glue_differs_in_nothing_but_its_maker() -> None:
    tvm, ours = both("dense_int8")
    assert '.engine = "microtvm",' in tvm["model_engine.c"]
    assert tvm["model_engine.c"] != ours["model_engine.c"]
    assert IDENTITY.sub("", tvm["model_engine.c"]) == IDENTITY.sub("", ours["model_engine.c"])


def test_the_api_is_the_same() -> None:
    def functions(files: dict[str, str]) -> list[str]:
        return re.findall(r"^[\w *]+\bmodel_\w+\(.*\);$", files["model.h"], re.MULTILINE)

    tvm, ours = both("dense_int8")
    assert len(functions(tvm)) == 6
    assert functions(tvm) == functions(ours)


def test_the_report_has_the_same_members() -> None:
    tvm, ours = (json.loads(files["model_report.json"]) for files in both("dense_int8"))
    assert set(ours) - set(tvm) == {"profile", "rounding"}
    assert set(tvm) - set(ours) == {"target"}
    assert (tvm["engine"], ours["engine"]) == ("microtvm", "sni")
    assert tvm["version"].startswith("0.")
    for member in ("inputs", "outputs", "macs", "model_sha256"):
        assert tvm[member] == ours[member]
    assert tvm["constant_bytes"] == sum(layer["constant_bytes"] for layer in tvm["layers"])
    placed = [place["offset"] + place["bytes"] for place in tvm["placements"]]
    assert max(placed) <= tvm["arena"]["bytes"]


def test_the_report_tells_how_quantised_models_are_imported() -> None:
    tvm, _ = both("dense_int8")
    note = "this TVM imports quantised models as dequantise, float32, quantise"
    assert note in json.loads(tvm["model_report.json"])["notes"][0]
    assert f"note: {note}" in tvm["model_report.txt"]


def test_the_report_of_a_float_model_has_no_such_note() -> None:
    tvm, _ = both("dense_float")
    assert json.loads(tvm["model_report.json"])["notes"] == []


def messages(call: Callable[[], object]) -> list[str]:
    with pytest.raises(CompileError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


def problems_of(model: bytes, name: str = "model", pipeline: Path | None = None) -> list[str]:
    read = read_pipeline(pipeline) if pipeline else None
    return messages(lambda: compile_model(model, "model.tflite", TvmOptions(name), read))


UNKNOWN = "DYNAMIC_UPDATE_SLICE"
"""An operator that we compile, and TVM does not."""


def unknown_to_tvm(softmax: float | None = None) -> bytes:
    """Its network, with a softmax of this beta before it."""
    x, y, z = (tensor(name, FLOAT, (1, 4)) for name in "xyz")
    first = ("EXP", [x], [y], {}) if softmax is None else ("SOFTMAX", [x], [y], {"beta": softmax})
    update = constant("update", FLOAT, np.ones((1, 2)))
    start = constant("start", DType.INT32, np.array([0, 1]))
    return write_tflite(chain([first, (UNKNOWN, [y, update, start], [z], {})]))


def test_an_operator_that_tvm_does_not_know() -> None:
    assert problems_of(unknown_to_tvm()) == [
        f"model.tflite: operator 1 {UNKNOWN}: TVM's TFLite importer does not know this operator; sni_model may take it"
    ]


def test_operators_that_tvm_takes_in_float_only() -> None:
    q = quantised(0.1)
    tensors = [tensor(f"t{i}", INT8, shape, q) for i, shape in enumerate([(2, 3), (3, 2), (2, 3)])]
    axes = constant("axes", DType.INT32, np.array([1, 0]))
    layers = [("TRANSPOSE", [a, axes], [b], {}) for a, b in itertools.pairwise(tensors)]
    assert problems_of(write_tflite(chain(layers))) == [
        "model.tflite: operator 0 TRANSPOSE (and 1 more of its kind): TVM's TFLite importer takes this operator in "
        "float32 only; sni_model may take it"
    ]


def test_int8_weights_on_float_activations() -> None:
    x, y = tensor("x", FLOAT, (1, 4)), tensor("y", FLOAT, (1, 3))
    weights = constant("w", INT8, np.ones((3, 4)), quantised(0.1))
    (message,) = problems_of(write_tflite(single("FULLY_CONNECTED", [x, weights, None], [y])))
    assert message == (
        "model.tflite: operator 0 FULLY_CONNECTED: int8 weights on float activations (dynamic range quantisation), "
        "which TVM's TFLite importer does not take; accepted: float32 throughout, or activations quantised too; "
        "sni_model may take it"
    )


def test_an_operator_that_would_need_tvm_s_runtime() -> None:
    x, y = tensor("x", FLOAT, (1, 4)), tensor("y", FLOAT, (1, 4))
    axis = constant("axis", DType.INT32, np.array(1))
    model = write_tflite(single("CUMSUM", [x, axis], [y], exclusive=False, reverse=False))
    assert problems_of(model) == [
        "model.tflite: TVM has no loops for relax.cumsum and would call its runtime for it; "
        "use sni_model for this network"
    ]


def test_what_tvm_would_pass_over_in_silence() -> None:
    x, y = tensor("x", FLOAT, (1, 4)), tensor("y", FLOAT, (1, 4))
    assert problems_of(write_tflite(single("SOFTMAX", [x], [y], beta=0.5))) == [
        "model.tflite: operator 0 SOFTMAX: beta is 0.5, which TVM's TFLite importer ignores; accepted: 1; "
        "sni_model takes it"
    ]


def test_a_type_that_tvm_changes() -> None:
    x, y = tensor("x", FLOAT, (1, 4)), tensor("y", DType.INT32, (1,))
    model = write_tflite(single("ARG_MAX", [x, constant("axis", DType.INT32, np.array(1))], [y]))
    (message,) = problems_of(model)
    assert message.startswith('model.tflite: TVM imports "y" int32[1] as "alloc')
    assert message.endswith("int64[1]; use sni_model for this network")


def test_all_problems_at_once() -> None:
    found = problems_of(unknown_to_tvm(softmax=2.0), "3d", TESTDATA / "dense_pipeline.json")
    for part in ("--name", "SOFTMAX", UNKNOWN, "dense_pipeline.json"):
        assert any(part in message for message in found)


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.microtvm", *arguments], cwd=WORKSPACE, capture_output=True, text=True, check=False
    )


def test_the_command_writes_all_files(tmp_path: Path) -> None:
    done = command(str(TESTDATA / "dense_float.tflite"), "--name", "dense", "--out", str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    suffixes = (".c", ".h", "_arena.svg", "_engine.c", "_report.json", "_report.txt", "_weights.h")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"dense{suffix}" for suffix in suffixes]


def test_the_command_fails_without_a_traceback(tmp_path: Path) -> None:
    model = tmp_path / "model.tflite"
    model.write_bytes(unknown_to_tvm())
    done = command(str(model), "--name", "m", "--out", str(tmp_path / "out"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: model.tflite: operator 1 {UNKNOWN}: TVM's TFLite importer does not know this operator; "
        "sni_model may take it\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [(), ("a.tflite", "b.tflite"), ("--no_such_flag",)])
def test_wrong_calls(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage: microtvm MODEL.tflite" in done.stderr


def test_a_missing_file() -> None:
    done = command("none.tflite", "--name", "m")
    assert (done.returncode, done.stderr) == (1, "error: none.tflite: No such file or directory\n")

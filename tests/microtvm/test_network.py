"""TVM's code against TensorFlow Lite Micro, and against what the generated code promises."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tvm
from tvm import te

from tests.support.convolutions import FLOATS, conv, depthwise
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, per_channel, quantised, single, tensor
from tests.support.native import WARNINGS, Native, build, scratch, write
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tests.support.random_network import RandomNetwork
from tools.microtvm import kernels
from tools.microtvm.compiler import compile_model
from tools.microtvm.kernels import Work, functions_of
from tools.microtvm.options import TvmOptions
from tools.sni.compiler import compile_model as compile_with_sni
from tools.sni.ir import DType, Graph
from tools.sni.options import Options
from tools.testing.shared import shared_path

WORKSPACE = Path(__file__).parents[2]
AIS = WORKSPACE / "examples" / "ais_detector" / "models"
CHECKED = ("-O2", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all")
FLOAT, INT8 = DType.FLOAT32, DType.INT8


def native(model: bytes, flags: Sequence[str] = CHECKED, compiler: str = "gcc") -> Native:
    return Native(model, options=TvmOptions("model"), flags=flags, compiler=compiler, compile=compile_model)


def pairs(model: bytes, runs: int = 5) -> list[tuple[np.ndarray, np.ndarray]]:
    """Outputs of TVM's code and of TFLM for random and extreme inputs."""
    ours = native(model)
    theirs = Oracle(model, len(ours.inputs), len(ours.outputs))
    rng = np.random.default_rng(1)
    given = zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in ours.inputs), strict=True)
    return [pair for values in given for pair in zip(ours.run(*values), theirs.run(*values), strict=True)]


def dense(dtype: DType) -> Graph:
    """Two fully connected layers and a softmax."""
    rng = np.random.default_rng(2)
    relu = {"fused_activation_function": "RELU"}
    if dtype is FLOAT:
        x, h, y, p = (tensor(n, FLOAT, (1, size)) for n, size in (("x", 9), ("h", 16), ("y", 5), ("p", 5)))
        w1, w2 = (constant(n, FLOAT, rng.normal(0, 1, shape)) for n, shape in (("w1", (16, 9)), ("w2", (5, 16))))
        b1, b2 = (constant(n, FLOAT, rng.normal(0, 1, size)) for n, size in (("b1", 16), ("b2", 5)))
    else:
        x, h = tensor("x", INT8, (1, 9), quantised(0.05, -3)), tensor("h", INT8, (1, 16), quantised(0.04, -128))
        y, p = tensor("y", INT8, (1, 5), quantised(0.06, 4)), tensor("p", INT8, (1, 5), quantised(1 / 256, -128))
        scales = rng.uniform(0.005, 0.02, 16)
        w1 = constant("w1", INT8, rng.integers(-127, 128, (16, 9)), per_channel(scales))
        b1 = constant("b1", DType.INT32, rng.integers(-300, 300, 16), per_channel([0.05 * s for s in scales]))
        w2 = constant("w2", INT8, rng.integers(-127, 128, (5, 16)), quantised(0.01))
        b2 = constant("b2", DType.INT32, rng.integers(-300, 300, 5), quantised(0.04 * 0.01))
    return chain(
        [
            ("FULLY_CONNECTED", [x, w1, b1], [h], relu),
            ("FULLY_CONNECTED", [h, w2, b2], [y], {}),
            ("SOFTMAX", [y], [p], {"beta": 1.0}),
        ]
    )


FLOAT_NETWORKS = {
    "dense": dense(FLOAT),
    "conv": conv((1, 7, 6, 3), (3, 3), 12, types=FLOATS, stride=(2, 1), activation="RELU6").graph(),
    "depthwise": depthwise((1, 6, 6, 5), (3, 2), 2, types=FLOATS).graph(),
    "branches": RandomNetwork(5, FLOAT).graph,
}


@pytest.mark.parametrize("name", FLOAT_NETWORKS)
def test_float_networks_give_what_tflm_gives(name: str) -> None:
    graph = without_beta(FLOAT_NETWORKS[name])
    for ours, theirs in pairs(write_tflite(graph)):
        assert_close(ours, theirs)


def without_beta(graph: Graph) -> Graph:
    """Softmax as TVM can import it."""
    ops = tuple(
        replace(op, attributes={**op.attributes, "beta": 1.0}) if op.kind == "SOFTMAX" else op for op in graph.ops
    )
    return replace(graph, ops=ops)


@pytest.mark.parametrize("seed", range(4))
def test_random_float_networks_give_what_tflm_gives(seed: int) -> None:
    for ours, theirs in pairs(write_tflite(without_beta(RandomNetwork(seed, FLOAT).graph))):
        assert_close(ours, theirs)


def test_quantised_networks_are_within_two_steps_of_tflm() -> None:
    for ours, theirs in pairs(write_tflite(dense(INT8)), runs=20):
        assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_the_example_s_float_model_gives_tflm_s_bits() -> None:
    for ours, theirs in pairs((AIS / "ais_float32.tflite").read_bytes()):
        np.testing.assert_array_equal(ours, theirs)


def test_the_example_s_int8_model_is_within_two_steps() -> None:
    for ours, theirs in pairs((AIS / "ais_int8.tflite").read_bytes(), runs=20):
        assert np.abs(ours.astype(int) - theirs).max() <= 2


@pytest.mark.parametrize(("file", "steps"), [("ad01_fp32", 0), ("ad01_int8", 2), ("kws_ref_model", 32)])
def test_mlperf_tiny_is_within_the_documented_steps(file: str, steps: int) -> None:
    """steps: of the output's scale, 1/256 for the softmax of keyword spotting; for float the contract of the design."""
    model = shared_path(f"models/mlperf_tiny/{file}.tflite").read_bytes()
    for ours, theirs in pairs(model):
        if steps:
            assert np.abs(ours.astype(int) - theirs).max() <= steps
        else:
            assert_close(ours, theirs)


def test_tensors_of_the_same_name_are_told_apart() -> None:
    x, y, z = (tensor("same", FLOAT, (1, 4)) for _ in range(3))
    network = chain([("ABS", [x], [y], {}), ("EXP", [y], [z], {})])
    for ours, theirs in pairs(write_tflite(network)):
        assert_close(ours, theirs)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("dtype", [FLOAT, INT8])
def test_the_code_is_c99_without_warnings(compiler: str, dtype: DType) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"needs {compiler}")
    native(write_tflite(dense(dtype)), ("-O3",), compiler)


def test_the_code_calls_nothing_but_the_c_library() -> None:
    files = compile_model(write_tflite(dense(INT8)), "model.tflite", TvmOptions("model"))
    folder = write(files, scratch() / "symbols")
    build(["gcc", *WARNINGS, "-O2", "-c", folder / "model.c", "-o", folder / "model.o"])
    listed = subprocess.run(["nm", "--undefined-only", folder / "model.o"], capture_output=True, text=True, check=True)
    called = {line.split()[-1] for line in listed.stdout.splitlines()}
    assert called <= {"expf", "nearbyintf", "memcpy", "memset", "_GLOBAL_OFFSET_TABLE_"}


def test_no_writable_data() -> None:
    files = compile_model(write_tflite(dense(FLOAT)), "model.tflite", TvmOptions("model"))
    folder = write(files, scratch() / "data")
    build(["gcc", *WARNINGS, "-O2", "-c", folder / "model.c", "-o", folder / "model.o"])
    listed = subprocess.run(["nm", folder / "model.o"], capture_output=True, text=True, check=True)
    assert not [line for line in listed.stdout.splitlines() if line.split()[-2] in "BbDdC"]


def test_the_same_bytes_from_every_process() -> None:
    """Seeds of Python's hashes differ from one process to the next, and TVM's addresses do."""
    script = (
        "import hashlib, pathlib, sys; from tools.microtvm.compiler import compile_model; "
        "from tools.microtvm.options import TvmOptions; model = pathlib.Path(sys.argv[1]).read_bytes(); "
        "files = compile_model(model, 'model.tflite', TvmOptions('model')); "
        "print(hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest())"
    )
    model = AIS / "ais_int8.tflite"
    digests = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join([str(WORKSPACE), *sys.path])}
        command = [sys.executable, "-c", script, str(model)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        digests.add(done.stdout)
    assert len(digests) == 1


def test_float_constants_keep_all_their_digits() -> None:
    """TVM itself would write 0.1234568."""
    x, y = tensor("x", FLOAT, (1, 2)), tensor("y", FLOAT, (1, 2))
    graph = single("MUL", [x, constant("c", FLOAT, np.array(0.123456791))], [y], fused_activation_function="NONE")
    ours = native(write_tflite(graph))
    assert ours.run(np.ones((1, 2), np.float32))[0].tolist() == [[np.float32(0.123456791)] * 2]


def test_layers_of_one_shape_share_a_function() -> None:
    rng = np.random.default_rng(3)
    tensors = [tensor(f"t{i}", FLOAT, (1, 6)) for i in range(4)]
    layers = [
        ("FULLY_CONNECTED", [a, constant("w", FLOAT, rng.normal(0, 1, (6, 6))), None], [b], {})
        for a, b in itertools.pairwise(tensors)
    ]
    code = compile_model(write_tflite(chain(layers)), "model.tflite", TvmOptions("model"))["model.c"]
    assert code.count("SNI_LAYER void") == 1
    assert code.count("  model_0_matmul(") == 3


def test_large_temporaries_lie_in_the_arena() -> None:
    """Sums that are all needed before the next stage begins: 400 floats are too many for a small stack."""
    a = te.placeholder((400, 3), name="a")
    j, i = te.reduce_axis((0, 3), name="j"), te.reduce_axis((0, 400), name="i")
    rows = te.compute((400,), lambda n: te.sum(a[n, j], axis=j), name="rows")
    total = te.compute((2,), lambda n: te.sum(rows[i] * rows[399 - i], axis=i), name="total")
    function = functions_of(tvm.IRModule({"f": te.create_prim_func([a, total])}), "model.tflite")["f"]
    assert function.parameters == ("const float *restrict in_0", "float *restrict out_0", "float *restrict work_0")
    assert function.work == (Work("work_0", FLOAT, 400),)


def test_temporaries_in_the_arena_do_not_disturb_what_else_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_STACK_BYTES", 0)
    model = write_tflite(dense(FLOAT))
    assert "work_1" in compile_model(model, "model.tflite", TvmOptions("model"))["model.c"]
    for ours, theirs in pairs(model):
        assert_close(ours, theirs)


def test_multiply_accumulates_are_counted_as_for_our_own_code() -> None:
    for graph in (dense(FLOAT), dense(INT8), *(FLOAT_NETWORKS[name] for name in ("conv", "depthwise"))):
        model = write_tflite(without_beta(graph))
        headers = [
            files["model.h"]
            for files in (
                compile_model(model, "model.tflite", TvmOptions("model")),
                compile_with_sni(model, "model.tflite", Options("model")),
            )
        ]
        macs = [next(line for line in header.splitlines() if "MODEL_MACS" in line) for header in headers]
        assert macs[0] == macs[1]

"""Archives in Model Library Format: what they become, and what is said of broken ones."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.microtvm.archives import ELEMENTS, members, packed
from tests.support.model_writer import write_tflite
from tests.support.models import quantised, single, tensor
from tests.support.native import WARNINGS, build
from tools.microtvm.mlf.compiler import ArchiveOptions, Files, compile_archive
from tools.sni.errors import CompileError
from tools.sni.ir import DType
from tools.sni.pipeline import read_pipeline

WORKSPACE = Path(__file__).parents[2]
KINDS = ("stack", "pools", "internal")
RECIPE = (
    "make the archive with tvmc compile --target=c --executor=aot --executor-aot-interface-api=c "
    "--executor-aot-unpacked-api=1 --runtime=crt --output-format=mlf"
)


def doubling(dtype: DType = DType.INT8, elements: int = ELEMENTS) -> bytes:
    """The model that an archive of the tests was made from, as far as its ends tell."""
    q = (quantised(0.5, 3), quantised(1.0, 6)) if dtype is DType.INT8 else (None, None)
    x, y = tensor("x", dtype, (1, elements // 2, 2), q[0]), tensor("y", dtype, (1, elements // 2, 2), q[1])
    return write_tflite(single("RELU", [x], [y]))


def lay_out(files: Files, folder: Path) -> None:
    """Writes everything, as the command does."""
    out = {name: text.encode() for name, text in files.generated.items()}
    for part, contents in (("out", out), ("sources", files.sources), ("headers", files.headers)):
        for name, text in contents.items():
            (folder / part / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / part / name).write_bytes(text)


def library(files: Files, folder: Path, compiler: str = "gcc") -> ctypes.CDLL:
    """Compiled as mlf_model does it."""
    lay_out(files, folder)
    common = [compiler, "-O2", "-fPIC", "-isystem", folder / "headers"]
    if compiler == "gcc":
        common += ["-fsanitize=undefined", "-fno-sanitize-recover=all"]
    build([*common, *WARNINGS, "-c", folder / "out/m.c", "-o", folder / "m.o"])
    sources = sorted((folder / "sources").iterdir())
    build([*common, "-std=gnu99", "-w", "-shared", *sources, folder / "m.o", "-o", folder / "m.so"])
    return ctypes.CDLL(str(folder / "m.so"))


def run(made: ctypes.CDLL, values: np.ndarray, state_bytes: int) -> np.ndarray:
    state = ctypes.create_string_buffer(b"\xff" * state_bytes, state_bytes + 16)
    address = (ctypes.addressof(state) + 15) // 16 * 16 + 8  # states are aligned to 8 bytes, not more
    made.m_init(ctypes.c_void_p(address))
    for function in (made.m_input, made.m_output):
        function.restype = ctypes.c_void_p
    data = np.ascontiguousarray(values)
    ctypes.memmove(made.m_input(ctypes.c_void_p(address)), data.ctypes.data, data.nbytes)
    made.m_invoke(ctypes.c_void_p(address))
    raw = ctypes.string_at(made.m_output(ctypes.c_void_p(address)), data.nbytes)
    return np.frombuffer(raw, data.dtype)


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("dtype", ["float32", "int8"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_runs(kind: str, dtype: str, compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"needs {compiler}")
    files = compile_archive(packed(members(kind, dtype)), "m.tar", ArchiveOptions("m"))
    made = library(files, tmp_path, compiler)
    report = json.loads(files.generated["m_report.json"])
    values = np.arange(-3, ELEMENTS - 3).astype(dtype)
    for _ in range(3):
        np.testing.assert_array_equal(run(made, values, report["arena"]["bytes"] + 16), 2 * values)


@pytest.mark.parametrize("compiler", ["arm-none-eabi-gcc", "arm-linux-gnueabihf-gcc"])
@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_compiles_for_arm(kind: str, compiler: str, tmp_path: Path) -> None:
    if not shutil.which(compiler):
        pytest.skip(f"needs {compiler}")
    files = compile_archive(packed(members(kind)), "m.tar", ArchiveOptions("m"))
    lay_out(files, tmp_path)
    common = [compiler, "-O2", "-isystem", tmp_path / "headers"]
    build([*common, *WARNINGS, "-c", tmp_path / "out/m.c", "-o", tmp_path / "m.o"])
    for source in (tmp_path / "sources").iterdir():
        build([*common, "-std=gnu99", "-w", "-c", source, "-o", tmp_path / "source.o"])


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_counts_the_memory(kind: str) -> None:
    files = compile_archive(packed(members(kind)), "m.tar", ArchiveOptions("m"))
    report = json.loads(files.generated["m_report.json"])
    assert (report["engine"], report["version"], report["constant_bytes"]) == ("microtvm", "mlf 7", 24)
    workspace = 0 if kind == "internal" else 64 + 16
    assert report["arena"]["bytes"] == 32 + 32 + workspace
    internal = any("keeps 64 bytes of workspace in static memory of its own" in note for note in report["notes"])
    assert internal == (kind == "internal")


def test_without_the_model_ends_are_flat() -> None:
    files = compile_archive(packed(members("stack", "int8")), "m.tar", ArchiveOptions("m"))
    report = json.loads(files.generated["m_report.json"])
    assert report["inputs"] == [
        {"name": "window:in", "dtype": "int8", "shape": [ELEMENTS], "scale": None, "zero_point": None}
    ]
    assert "neither shapes nor quantisation" in report["notes"][0]


def test_the_model_tells_shapes_and_quantisation() -> None:
    model = doubling()
    files = compile_archive(packed(members("stack", "int8")), "m.tar", ArchiveOptions("m"), None, (model, "m.tflite"))
    report = json.loads(files.generated["m_report.json"])
    assert report["inputs"] == [{"name": "x", "dtype": "int8", "shape": [1, 4, 2], "scale": 0.5, "zero_point": 3}]
    assert report["notes"] == []


def test_a_pipeline_takes_the_model_s_quantisation(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    features = [f"f{i}" for i in range(ELEMENTS)]
    path.write_text(json.dumps({"version": 1, "columns": features, "features": features}))
    data, model = packed(members("stack", "int8")), (doubling(), "m.tflite")
    files = compile_archive(data, "m.tar", ArchiveOptions("m"), read_pipeline(path), model)
    made = library(files, tmp_path)
    state = ctypes.create_string_buffer(4096)
    made.m_init(state)
    made.m_push.restype = ctypes.c_bool
    assert made.m_push(state, (ctypes.c_float * ELEMENTS)(*range(ELEMENTS)))
    made.m_invoke(state)
    result = (ctypes.c_float * ELEMENTS)()
    made.m_result(state, result)
    # Stored: x / 0.5 + 3, doubled; real: stored - 6.
    assert list(result) == [2 * (2 * x + 3) - 6 for x in range(ELEMENTS)]


def messages(files: Mapping[str, str] | bytes, name: str = "m", model: bytes | None = None) -> list[str]:
    data = files if isinstance(files, bytes) else packed(files)
    with pytest.raises(CompileError) as caught:
        compile_archive(data, "m.tar", ArchiveOptions(name), None, (model, "m.tflite") if model else None)
    return [str(problem) for problem in caught.value.problems]


def changed(**entries: object) -> dict[str, str]:
    """An archive with other entries in its module's metadata."""
    files = members()
    told = json.loads(files["metadata.json"])
    told["modules"]["default"] |= entries
    return files | {"metadata.json": json.dumps(told)}


def test_no_tar() -> None:
    (message,) = messages(b"PK\x03\x04 a zip")
    assert message.startswith("m.tar: is no tar archive (")
    assert message.endswith(RECIPE)


def test_no_metadata() -> None:
    files = {name: text for name, text in members().items() if name != "metadata.json"}
    assert messages(files) == [f"m.tar: metadata.json: missing: this is no archive in Model Library Format; {RECIPE}"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", "7"])
def test_metadata_of_something_else(text: str) -> None:
    (message,) = messages(members() | {"metadata.json": text})
    assert message.startswith("m.tar: metadata.json: is no metadata of TVM's (")


@pytest.mark.parametrize("version", [6, 8])
def test_another_version(version: int) -> None:
    told = json.loads(members()["metadata.json"]) | {"version": version}
    assert messages(members() | {"metadata.json": json.dumps(told)}) == [
        f"m.tar: metadata.json: version {version} of the format; accepted: 7, which TVM 0.9 to 0.18 write"
    ]


def test_two_modules() -> None:
    told = json.loads(members()["metadata.json"])
    told["modules"]["second"] = told["modules"]["default"]
    assert messages(members() | {"metadata.json": json.dumps(told)}) == [
        "m.tar: metadata.json: modules: default, second; accepted: one"
    ]


def test_the_graph_executor() -> None:
    assert messages(changed(executors=["graph"])) == [
        f"m.tar: metadata.json: executor: graph, which needs TVM's runtime; accepted: aot; {RECIPE}"
    ]


def test_single_operators() -> None:
    assert messages(changed(style="operator")) == [
        "m.tar: metadata.json: style: operator; accepted: full-model, not single operators"
    ]


def test_all_missing_members_at_once() -> None:
    kept = ("metadata.json", "parameters/default.params")
    assert messages({name: text for name, text in members().items() if name in kept}) == [
        f"m.tar: codegen/host/src/: missing: the archive holds no C sources; {RECIPE}",
        f"m.tar: runtime/include/: missing: the headers of TVM's C runtime; {RECIPE}",
        f"m.tar: codegen/host/include/tvmgen_default.h: missing: TVM writes it for the C interface alone; {RECIPE}",
    ]


def test_the_runtime_s_source_is_missing() -> None:
    backend = "runtime/src/runtime/crt/common/crt_backend_api.c"
    assert messages({name: text for name, text in members().items() if name != backend}) == [
        f"m.tar: {backend}: missing, and the sources call its functions; {RECIPE}"
    ]


def test_machine_code() -> None:
    files = members() | {"codegen/host/lib/default_lib0.o": "ELF"}
    assert messages(files) == [
        "m.tar: codegen/host/lib/default_lib0.o: machine code or C++, compiled for another platform than the build's; "
        f"accepted: C sources; {RECIPE}"
    ]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        (
            "struct tvmgen_default_devices {\n  void* ethos_u;\n};",
            "takes devices, for which there are no drivers here; accepted: networks on the CPU",
        ),
        (
            "struct tvmgen_default_inputs tvmgen_default_map_inputs(void);",
            "has inputs in a workspace pool; accepted: without the option usmp.use_workspace_io",
        ),
        (
            "#define TVMGEN_DEFAULT_FLASH_CONSTANT_POOL_DATA 1",
            "leaves constants to the caller; accepted: constant pools of TVM's own (the default)",
        ),
    ],
)
def test_interfaces_of_another_kind(line: str, what: str) -> None:
    header = "codegen/host/include/tvmgen_default.h"
    files = members()
    assert messages(files | {header: files[header] + line}) == [f"m.tar: {header}: {what}"]


def test_metadata_and_interface_that_differ() -> None:
    header = "codegen/host/include/tvmgen_default.h"
    files = members()
    files[header] = files[header].replace("window_in", "another")
    assert messages(files) == [
        "m.tar: metadata.json: inputs: window_in; the interface's header has: another; they have to be the same"
    ]


def test_a_type_that_no_tensor_here_has() -> None:
    files = members()
    files["metadata.json"] = files["metadata.json"].replace("float32", "float64")
    first, second = messages(files)
    assert first == (
        'm.tar: metadata.json: inputs: "window:in" is float64; accepted: float32, int8, uint8, int16, int32, int64, '
        "bool"
    )
    assert 'outputs: "output" is float64' in second


def test_a_model_of_another_archive() -> None:
    first, second = messages(members("stack", "int8"), model=doubling(DType.FLOAT32))
    assert first == (
        'm.tar: input 0 is "window:in" int8, 8 bytes; the model has "x" float32[1, 4, 2], 32 bytes; accepted: the '
        "model that the archive was made from"
    )
    assert second.startswith('m.tar: output 0 is "output" int8, 8 bytes; the model has "y"')


def test_name_archive_and_model_at_once() -> None:
    found = messages(changed(executors=["graph"]), "3d", b"no model")
    assert [any(part in message for message in found) for part in ("--name", "executor", "m.tflite")] == [True] * 3


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.microtvm.mlf", *arguments],
        cwd=WORKSPACE,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    archive = tmp_path / "m.tar"
    archive.write_bytes(packed(members()))
    folders = {flag: str(tmp_path / flag) for flag in ("out", "sources", "headers")}
    done = command(str(archive), "--name", "m", *(f"--{flag}={folder}" for flag, folder in folders.items()))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert len(list((tmp_path / "out").iterdir())) == 7
    assert sorted(path.name for path in (tmp_path / "sources").iterdir()) == [
        "crt_backend_api.c",
        "default_lib0.c",
        "default_lib1.c",
    ]
    assert (tmp_path / "headers" / "crt_config.h").is_file()


def test_the_command_fails_without_a_traceback(tmp_path: Path) -> None:
    archive = tmp_path / "m.tar"
    archive.write_bytes(packed(changed(executors=["graph"])))
    done = command(str(archive), "--name=m", f"--out={tmp_path}", f"--sources={tmp_path}", f"--headers={tmp_path}")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: m.tar: metadata.json: executor: graph")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [(), ("a.tar",), ("--no_such_flag",)])
def test_wrong_calls(arguments: tuple[str, ...]) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert "usage: mlf ARCHIVE.tar" in done.stderr

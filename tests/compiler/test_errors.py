"""What the command says when it cannot go on: exit status, text, no traceback, no file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.ir import DType, Graph
from tools.sni.options import Options

INT8 = DType.INT8


def layers(*kinds: str, size: int = 8) -> Graph:
    """A chain of unary operators on int8."""
    q = quantised(0.1)
    values = [tensor(f"t{i}", INT8, (1, size), q) for i in range(len(kinds) + 1)]
    return chain([(kind, [values[i]], [values[i + 1]], {}) for i, kind in enumerate(kinds)])


def problems_of(graph: Graph, **options: str) -> list[str]:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(graph), "m.tflite", Options(**{"name": "m", **options}))
    return [str(problem) for problem in caught.value.problems]


def test_operators_we_lack_are_all_named_with_place_and_remedy() -> None:
    found = problems_of(layers("RELU", "HASHTABLE_FIND", "RELU", "CUSTOM:Mystery"))
    assert len(found) == 2
    assert found[0].startswith(
        'm.tflite: operator 1 HASHTABLE_FIND (makes tensor "t2" int8[1, 8]): is not supported; supported are '
    )
    assert "add a file for it to tools/sni/ops" in found[0]
    assert found[1].startswith("m.tflite: operator 3 CUSTOM:Mystery")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("2fast", 'is no C identifier; accepted: a letter, then letters, digits and underscores, as in "model_2fast"'),
        ("my-model", 'is no C identifier; accepted: a letter, then letters, digits and underscores, as in "my_model"'),
        ("", 'is no C identifier; accepted: a letter, then letters, digits and underscores, as in "model"'),
        (
            "float",
            'is a keyword of C or C++; accepted: a letter, then letters, digits and underscores, as in "model_float"',
        ),
        ("class", "is a keyword of C or C++"),
        ("naïve", "is no C identifier"),
    ],
)
def test_a_name_that_is_no_c_identifier(name: str, why: str) -> None:
    (text,) = problems_of(layers("RELU"), name=name)
    assert text.startswith(f'--name: "{name}" ')
    assert why in text


def test_options_are_checked_together() -> None:
    found = problems_of(layers("RELU"), name="a b", profile="z80", rounding="up")
    assert [text.split(":")[0] for text in found] == ["--name", "--profile", "--rounding"]
    assert "accepted: c99" in found[1]
    assert "accepted: double, single" in found[2]


def dense(**changes: object) -> Graph:
    given = {
        "x": tensor("x", INT8, (1, 6), quantised(0.1)),
        "w": constant("w", INT8, np.ones((4, 6)), quantised(0.1)),
        "b": constant("b", DType.INT32, np.ones(4), quantised(0.01)),
        "y": tensor("y", INT8, (1, 4), quantised(0.5)),
        "attributes": {},
    } | changes
    return chain([("FULLY_CONNECTED", [given["x"], given["w"], given["b"]], [given["y"]], given["attributes"])])


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"x": tensor("x", DType.FLOAT32, (1, 6))}, "it has float32, int8, int32, int8"),
        ({"x": tensor("x", INT8, (1, 7), quantised(0.1))}, "cannot split an input of 7 elements into rows of 6"),
        ({"y": tensor("y", INT8, (1, 5), quantised(0.1))}, "makes 1 rows of 4; its output is"),
        (
            {"b": constant("b", DType.INT32, np.ones(3), quantised(0.01))},
            "needs one bias for each of 4 outputs; it has 3",
        ),
        ({"w": constant("w", INT8, np.ones((4, 6)))}, 'needs quantised weights; tensor "w" int8[4, 6] has no scale'),
        ({"w": constant("w", INT8, np.ones((4, 6)), quantised(0.1, 200))}, "has zero point 200; its type holds"),
        ({"attributes": {"fused_activation_function": "TANH"}}, "has the fused activation TANH; accepted: NONE, RELU"),
        ({"x": tensor("x", INT8, (1, 6), quantised(0.1, 300))}, "has zero point 300; its type holds -128 to 127"),
        ({"x": tensor("x", INT8, (1, 6))}, "needs one scale and one zero point; it has no quantisation"),
    ],
)
def test_fully_connected_says_what_does_not_fit(changes: dict[str, object], why: str) -> None:
    found = problems_of(dense(**changes))
    assert any(why in text for text in found), found
    assert all(text.startswith("m.tflite: operator 0 FULLY_CONNECTED (makes tensor ") for text in found)


def test_softmax_and_friends_say_what_does_not_fit() -> None:
    q = quantised(0.1)
    x, y, z = (tensor(n, INT8, (1, 8), q) for n in "xyz")
    found = problems_of(chain([("SOFTMAX", [x], [y], {}), ("LOGISTIC", [y], [z], {})]))
    assert "makes int8 of scale 0.00390625 and zero point -128; it has scale 0.1" in found[0]
    assert "makes an int8 output with zero point -128" in found[1]


def run(*arguments: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command as a user calls it."""
    root = Path(__file__).resolve().parents[2]
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:0] = {[str(root), *sys.path]!r}; from tools.sni.cli import run; run()",
    ]
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, cwd=cwd, check=False)


def test_the_command_writes_all_files(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(write_tflite(dense()))
    done = run("compile", "m.tflite", "--name", "net", "--out", "made/here", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(p.name for p in (tmp_path / "made/here").iterdir()) == [
        "net.c", "net.h", "net_arena.svg", "net_engine.c", "net_report.json", "net_report.txt", "net_weights.h",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not a TFLite flatbuffer"),
        (b"not a model at all", "is not a TFLite flatbuffer"),
        (write_tflite(dense())[:300], "damaged or truncated"),
        (write_tflite(layers("HASHTABLE_FIND")), "operator 0 HASHTABLE_FIND"),
    ],
)
def test_a_bad_model_gives_a_message_and_no_file(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "m.tflite").write_bytes(data)
    done = run("compile", "m.tflite", "--name", "m", "--out", "made", cwd=tmp_path)
    assert done.returncode == 1
    assert all(line.startswith("error: m.tflite: ") for line in done.stderr.splitlines()), done.stderr
    assert why in done.stderr
    assert not (tmp_path / "made").exists()


def test_a_pipeline_that_does_not_fit_and_a_bad_operator_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(write_tflite(layers("HASHTABLE_FIND")))
    (tmp_path / "p.json").write_text('{"version": 1, "columns": ["a", "b", "c"], "features": ["a", "b", "c"]}')
    done = run("compile", "m.tflite", "--name", "m", "--pipeline", "p.json", "--out", "made", cwd=tmp_path)
    assert done.returncode == 1
    assert "operator 0 HASHTABLE_FIND" in done.stderr
    assert "p.json: " in done.stderr
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "expected a command and one model file, found: nothing"),
        (("compile",), "found: compile"),
        (("translate", "m.tflite"), "found: translate m.tflite"),
        (("compile", "m.tflite", "--nmae", "x"), "Unknown command line flag 'nmae'"),
    ],
)
def test_wrong_calls_exit_with_2_and_show_the_usage(tmp_path: Path, arguments: tuple[str, ...], why: str) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert why in done.stderr
    assert "usage: sni compile MODEL.tflite" in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_are_not_there_or_are_folders(tmp_path: Path) -> None:
    done = run("compile", "missing.tflite", "--name", "m", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (1, "error: missing.tflite: No such file or directory\n")
    done = run("inspect", ".", cwd=tmp_path)
    assert (done.returncode, "is a folder" in done.stderr) == (1, True)


def test_inspect_shows_layers_and_what_is_not_supported(tmp_path: Path) -> None:
    (tmp_path / "m.tflite").write_bytes(write_tflite(layers("RELU", "HASHTABLE_FIND")))
    done = run("inspect", "m.tflite", cwd=tmp_path)
    assert done.returncode == 0
    assert "0  RELU" in done.stdout
    assert "not supported: 1" in done.stdout
    (tmp_path / "d.tflite").write_bytes(write_tflite(dense()))
    done = run("inspect", "d.tflite", cwd=tmp_path)
    assert "1 operators, 24 MACs, 40 bytes of constants" in done.stdout
    assert "everything in it is supported" in done.stdout

"""From arrays to the stream that the target reads; and every way in which arrays do not fit a model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tools.golden.golden import GoldenError, Tensor, encode

X = Tensor("x", np.dtype(np.int8), (1, 2, 3))
Y = Tensor("y", np.dtype(np.float32), (1, 2))
XS = np.arange(12, dtype=np.int8).reshape(2, 1, 2, 3)
YS = np.array([[[1, -2]], [[np.nan, 4]]], np.float32)


def test_the_stream_byte_by_byte() -> None:
    stream = encode({"input": XS, "output": YS}, [X], [Y], 0.5)
    header = b"SNIGOLD1" + np.array([2, 6, 8], "<u4").tobytes()
    one = bytes(range(6)) + np.array([1, 1, -2], "<f4").tobytes()
    two = bytes(range(6, 12)) + np.array([2, np.nan, 4], "<f4").tobytes()
    assert stream == header + one + two


def test_other_names_other_byte_orders_and_no_batch_dimension() -> None:
    expected = encode({"input": XS, "output": YS}, [X], [Y], 0.5)
    assert encode({"x": XS[:, 0], "y": YS.astype(">f4")}, [X], [Y], 0.5) == expected
    assert encode({"input_0": XS, "output_0": YS[:, 0]}, [X], [Y], 0.5) == expected


def test_several_inputs_come_one_after_another_and_integers_may_not_be_off() -> None:
    stream = encode({"input_0": XS, "input_1": XS, "output": XS}, [X, X], [X], 0.5)
    assert stream[20:] == b"".join(bytes(range(a, a + 6)) * 2 + bytes(4) + bytes(range(a, a + 6)) for a in (0, 6))


@pytest.mark.parametrize(
    ("arrays", "problems"),
    [
        ({"output": YS}, ["no array 'input' or 'input_0' or 'x' (input 0 of the model: int8[samples, 1, 2, 3])"]),
        (
            {"input": XS.astype(np.int64), "output": YS[:, :, :1]},
            [
                "array 'input': int64, where the model has int8 (int8[samples, 1, 2, 3], the tensor's own elements, as "
                "quantised; array.astype(np.int8) where only the type is wrong)",
                "array 'output': of shape [2, 1, 1] (float32[samples, 1, 2])",
            ],
        ),
        ({"input": XS, "output": YS[:1]}, ["arrays of 1, 2 samples (all need the same number)"]),
        ({"input": XS[:0], "output": YS[:0]}, ["arrays without a sample (at least one)"]),
        (
            {"input": XS, "output": YS, "labels": YS},
            ["array 'labels': no such input or output (the model has 1 input and 1 output)"],
        ),
    ],
)
def test_every_problem_is_told_at_once(arrays: dict[str, np.ndarray], problems: list[str]) -> None:
    with pytest.raises(GoldenError) as error:
        encode(arrays, [X], [Y], 0.5)
    assert list(error.value.problems) == problems


def command(samples: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    tensors = {
        "inputs": [{"name": "x", "dtype": "int8", "shape": [1, 2, 3]}],
        "outputs": [{"name": "y", "dtype": "float32", "shape": [1, 2]}],
    }
    (folder / "report.json").write_text(json.dumps(tensors))
    arguments = [str(samples), f"--report={folder / 'report.json'}", "--tolerance=1e-5", f"--out={folder / 'out'}"]
    return subprocess.run(
        [sys.executable, "-m", "tools.golden", *arguments], capture_output=True, text=True, check=False
    )


def test_the_command(tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", input=XS, output=YS)
    done = command(tmp_path / "golden.npz", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out").read_bytes() == encode({"input": XS, "output": YS}, [X], [Y], 1e-5)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    np.savez(tmp_path / "golden.npz", input=XS)
    done = command(tmp_path / "golden.npz", tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "error: golden.npz: no array 'output' or 'output_0' or 'y' (output 0 of the model: float32[samples, 1, 2])\n"
    )
    (tmp_path / "text.npz").write_text("1,2,3\n")
    done = command(tmp_path / "text.npz", tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: text.npz: not a .npz file (")
    assert not (tmp_path / "out").exists()

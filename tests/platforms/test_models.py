"""MLPerf Tiny's models on every kind of processor: int8 with TFLM's bits, float32 within the contract.

The models lie outside of the workspace, so they are compiled here, with the commands that Bazel would use (tools/kit).
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.oracle import Oracle, edge_inputs
from tools.golden.golden import Tensor, encode
from tools.kit.kit import Kit
from tools.sni.compiler import compile_model
from tools.sni.options import Options
from tools.testing.shared import shared_path

KITS = {Path(path).name.removesuffix("_golden.json"): Path(path) for path in os.environ["KITS"].split()}
INT8 = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model", "vww_96_int8")
FLOAT32 = ("ad01_fp32", "pretrainedResnet", "vww_96_float")
FLOAT_IN_SOFTWARE = ("cortex_m0", "cortex_m3", "cortex_m4_soft")


@dataclass(frozen=True)
class Compiled:
    """A model in C, and the samples it is to be run on."""

    files: dict[str, str]
    inputs: list[np.ndarray]
    outputs: list[np.ndarray]

    def stream(self, samples: int, tolerance: float) -> bytes:
        report = json.loads(self.files["model_report.json"])
        ends = ([Tensor.read(entry) for entry in report[kind]] for kind in ("inputs", "outputs"))
        # The extremes stand last.
        arrays = {"input": np.stack(self.inputs[-samples:]), "output": np.stack(self.outputs[-samples:])}
        return encode(arrays, *ends, tolerance)


@functools.cache
def compiled(name: str, profile: str = "c99") -> Compiled:
    data = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    files = compile_model(data, f"{name}.tflite", Options("model", profile))
    report = json.loads(files["model_report.json"])
    tensor = Tensor.read(report["inputs"][0])
    oracle = Oracle(data)
    inputs = edge_inputs(tensor.dtype, tensor.shape, np.random.default_rng(2026), 17)
    return Compiled(files, inputs, [oracle.run(values)[0] for values in inputs])


def run(name: str, platform: str, samples: int, tolerance: float, folder: Path, profile: str = "c99") -> None:
    model, kit = compiled(name, profile), Kit.read(KITS[platform])
    if missing := kit.missing():
        pytest.skip(f"needs {', '.join(missing)} on PATH")
    program = kit.build(model.files, "model", folder)
    done = subprocess.run(
        kit.command(program), input=model.stream(samples, tolerance), capture_output=True, check=False, timeout=800
    )
    assert done.stderr.decode() == f"{samples} samples, all outputs as expected\n"
    assert done.returncode == 0


@pytest.mark.parametrize("platform", KITS)
@pytest.mark.parametrize("name", INT8)
def test_int8_models_have_the_bits_of_tflm(name: str, platform: str, tmp_path: Path) -> None:
    run(name, platform, 20, 0, tmp_path)


@pytest.mark.parametrize("name", INT8)
def test_int8_models_have_the_bits_of_tflm_with_neon(name: str, tmp_path: Path) -> None:
    run(name, "armv7l", 20, 0, tmp_path, "neon")


@pytest.mark.parametrize("platform", KITS)
@pytest.mark.parametrize("name", FLOAT32)
def test_float_models_are_within_the_contract(name: str, platform: str, tmp_path: Path) -> None:
    """Fused products and all: what comes out is within 1e-5 of the output's largest value."""
    samples = 2 if platform in FLOAT_IN_SOFTWARE else 8
    run(name, platform, samples, 1e-5, tmp_path)

"""Generated C, compiled by the C compilers of this machine for several processors."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from tests.support.native import WARNINGS, build, write
from tools.sni.compiler import compile_model
from tools.sni.options import Options
from tools.testing.shared import shared_path

ROOT = Path(__file__).resolve().parents[2]

SHIPPED = {
    "dense_int8": ROOT / "tests/testdata/dense_int8.tflite",
    "dense_float": ROOT / "tests/testdata/dense_float.tflite",
    "ais_int8": ROOT / "examples/ais_detector/models/ais_int8.tflite",
    "ais_float32": ROOT / "examples/ais_detector/models/ais_float32.tflite",
}
MLPERF_INT8 = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model", "vww_96_int8")
MLPERF_FLOAT = ("ad01_fp32", "pretrainedResnet", "vww_96_float")
INT8 = ("ais_int8", "dense_int8", *MLPERF_INT8)
MODELS = (*SHIPPED, *MLPERF_INT8, *MLPERF_FLOAT)


@dataclass(frozen=True)
class Target:
    """A processor, and how it is compiled for. tools: the prefix of the compiler's commands."""

    tools: str
    flags: tuple[str, ...]

    def tool(self, name: str) -> str | None:
        return shutil.which(self.tools + name)


TARGETS = {
    "x86_64": Target("", ()),
    "x86_64_v3": Target("", ("-march=x86-64-v3",)),
    "armv7l": Target("arm-linux-gnueabihf-", ("-march=armv7-a", "-mfpu=neon", "-mfloat-abi=hard", "-mthumb")),
    "armv7l_a32": Target("arm-linux-gnueabihf-", ("-march=armv7-a", "-mfpu=neon", "-mfloat-abi=hard", "-marm")),
    "cortex_m0": Target("arm-none-eabi-", ("-mcpu=cortex-m0", "-mthumb")),
    "cortex_m3": Target("arm-none-eabi-", ("-mcpu=cortex-m3", "-mthumb")),
    "cortex_m4": Target("arm-none-eabi-", ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")),
    "cortex_m55": Target("arm-none-eabi-", ("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard")),
}


def model_path(name: str) -> Path:
    """Where a model lies; skips the calling test if it is one of the optional ones and not there."""
    return SHIPPED.get(name) or shared_path(f"models/mlperf_tiny/{name}.tflite")


def write_model(name: str, folder: Path) -> Path:
    """The generated C of a model, with the prefix `m`, in a folder."""
    return write(compile_model(model_path(name).read_bytes(), name, Options("m")), folder)


def compile_object(target: Target, source: Path, flags: tuple[str, ...]) -> Path:
    """The object file of a C file."""
    made = source.with_suffix(".o")
    build([target.tool("gcc"), *WARNINGS, *target.flags, "-ffp-contract=off", *flags, "-c", source, "-o", made])
    return made

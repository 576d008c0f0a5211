"""MLPerf Tiny's models on every kind of processor: int8 with TFLM's bits, float32 within the contract."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from tests.support.native import Native, code_of, compiled
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.kit.building import missing_tools
from tools.kit.table import platform
from tools.sni.importers.tflite import read_tflite
from tools.sni.options import PROFILES, Options
from tools.testing.shared import shared_path

INT8 = ("ad01_int8", "kws_ref_model", "pretrainedResnet_quant", "str_ww_ref_model", "vww_96_int8")
FLOAT32 = ("ad01_fp32", "pretrainedResnet", "vww_96_float")
KINDS = (
    "armv7l",
    "cortex_m0",
    "cortex_m3",
    "cortex_m33",
    "cortex_m4",
    "cortex_m55",
    "cortex_m7",
    "x86_64",
    "x86_64_v3",
)
FLOAT_IN_SOFTWARE = ("cortex_m0", "cortex_m3")
PORTABLE_ON = ("armv7l", "cortex_m0", "cortex_m4", "x86_64", "x86_64_v3")
"""For portable kernels the other Cortex-M are no others than these: with a unit for floats, or without one."""

PAIRS = dict.fromkeys(
    (name, profile)
    for name in KINDS
    for profile in ("c99", platform(name).profile)
    if profile in PROFILES and (profile != "c99" or name in PORTABLE_ON)
)
"""Platforms with the kernels made for them, and with portable ones."""

ALL, SOME, ONE = slice(None), slice(2, None), slice(2, 3)
"""Of three random inputs and three extremes."""


@functools.cache
def expected(name: str) -> tuple[bytes, list[np.ndarray], list[np.ndarray]]:
    """The model, inputs, the extremes last, and what TFLM makes of them."""
    model = shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes()
    graph = read_tflite(model, name)
    x = graph.tensors[graph.inputs[0]]
    oracle = Oracle(model)
    inputs = edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(2026), 3)
    return model, inputs, [oracle.run(values)[0] for values in inputs]


def assert_conforms(name: str, on: str, profile: str, samples: slice) -> None:
    model, inputs, outputs = expected(name)
    if missing := missing_tools(platform(on)):
        pytest.skip(f"needs {', '.join(missing)} on PATH")
    if profile != "c99" and on in PORTABLE_ON and code_of(model, profile) == code_of(model, "c99"):
        pytest.skip("its code is c99's, which runs on this platform, too")
    native = Native(model, options=Options("model", profile), flags=("-O3",), on=platform(on), compile=compiled)
    for values, output in list(zip(inputs, outputs, strict=True))[samples]:
        assert_close(native.run(values)[0], output, fused=True)


@pytest.mark.parametrize(("on", "profile"), PAIRS)
@pytest.mark.parametrize("name", INT8)
def test_int8_models_have_the_bits_of_tflm(name: str, on: str, profile: str) -> None:
    # Portable kernels meet more inputs in tests/conformance, where nothing is emulated.
    assert_conforms(name, on, profile, SOME if profile == "c99" else ALL)


@pytest.mark.parametrize(("on", "profile"), PAIRS)
@pytest.mark.parametrize("name", FLOAT32)
def test_float_models_are_within_the_contract(name: str, on: str, profile: str) -> None:
    """Fused products and all: what comes out is within 1e-5 of the output's largest value."""
    assert_conforms(name, on, profile, ONE if on in FLOAT_IN_SOFTWARE else SOME)

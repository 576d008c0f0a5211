"""What every conformance test does: make a model of one operator, run it in C and in TFLM, compare every bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, tensor
from tests.support.native import PLATFORM, PROFILE, Native, compiled, has_others, is_left_out, kernels_of
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.kit.building import missing_tools
from tools.kit.table import platform
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.options import Options

_SANITIZED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")
"""Every case runs under UBSan, which ends the test with a message at the first undefined operation."""

CHECKED = ("-O2", *_SANITIZED)
# Instructions that take constants need the functions around them inlined.
_QUICKLY = ("-O1" if PROFILE == "x86" else "-O0", *_SANITIZED)
_OPTIMISED = 4


def _checked(model: bytes) -> tuple[str, ...]:
    """Flags for a model in this process. To optimise it is half of what it costs: that is for the first two with the
    same kernels, and for one in _OPTIMISED of the others.
    """
    quickly = not PLATFORM and has_others(model, kernels_of(model, PROFILE), _OPTIMISED)
    return _QUICKLY if quickly else CHECKED


FUSED = PLATFORM is not None or PROFILE != "c99"
"""Whether floats may be added in another order than TFLM's, or with fused products: by the processor or the kernels."""

OWN_FUNCTIONS = PLATFORM is not None and PLATFORM.bare_metal
"""Whether `expf`, `tanhf` and their like are of another C library than TFLM's, with other last bits."""


class Runs(Protocol):
    """An oracle: from an array for each input to one for each output."""

    def run(self, *values: np.ndarray) -> list[np.ndarray]: ...


def assert_conforms(
    graph: Graph,
    *,
    runs: int = 20,
    seed: int = 0,
    flags: tuple[str, ...] | None = None,
    values: Sequence[Sequence[np.ndarray]] | None = None,
) -> None:
    """Compares on `runs` random inputs and on the extremes. Floats are compared as the design's contract says.

    flags: of the C compiler, instead of those that check the code. values: instead of these inputs, an array for each,
    for each inference.
    """
    model = write_tflite(graph)
    oracle = Oracle(model, len(graph.inputs), len(graph.outputs))
    assert_gives(graph, oracle.run, runs=runs, seed=seed, flags=flags, values=values)


UNFUSED = ("-O3", "-ffp-contract=off", "-DSNI_SEPARATE_PRODUCTS")
"""Nothing fuses products and sums."""


def assert_same_bits(
    graph: Graph,
    oracle: Runs | None = None,
    *,
    runs: int = 20,
    flags: tuple[str, ...] = UNFUSED,
) -> None:
    """Floats too are equal to the last bit where nothing fuses products and sums: kernels add in TFLM's order.

    oracle: another one than TFLM on the same network.
    """
    model = write_tflite(graph)
    if is_left_out(model):
        return
    native = Native(model, flags=flags, compile=compiled)
    oracle = oracle or Oracle(model, len(graph.inputs), len(graph.outputs))
    rng = np.random.default_rng(0)
    for given in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in native.inputs), strict=True):
        for ours, theirs in zip(native.run(*given), oracle.run(*given), strict=True):
            np.testing.assert_array_equal(ours, theirs)


def assert_gives(
    graph: Graph,
    expected: Callable[..., Sequence[np.ndarray]],
    *,
    runs: int = 20,
    seed: int = 0,
    flags: tuple[str, ...] | None = None,
    values: Sequence[Sequence[np.ndarray]] | None = None,
) -> None:
    """As assert_conforms, against a function from the inputs to a list of outputs: for what TFLM lacks."""
    model = write_tflite(graph)
    if is_left_out(model):
        return
    native = Native(model, flags=flags or _checked(model), compile=compiled)
    if values is None:
        rng = np.random.default_rng(seed)
        values = list(zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, runs) for t in native.inputs), strict=True))
    for given in values:
        for ours, theirs in zip(native.run(*given), expected(*given), strict=True):
            assert_close(ours, theirs, fused=FUSED)


def assert_conforms_on(graph: Graph, name: str) -> None:
    """As assert_conforms on a platform, whatever SNI_TEST_PLATFORM says, with its own kernels."""
    on = platform(name)
    if missing := missing_tools(on):
        pytest.skip(f"needs {', '.join(missing)} on PATH")
    model = write_tflite(graph)
    native = Native(model, options=Options("model", on.profile), flags=("-O3",), on=on)
    oracle = Oracle(model, len(graph.inputs), len(graph.outputs))
    rng = np.random.default_rng(0)
    for given in zip(*(edge_inputs(t.dtype.numpy, t.shape, rng, 4) for t in native.inputs), strict=True):
        for ours, theirs in zip(native.run(*given), oracle.run(*given), strict=True):
            assert_close(ours, theirs, fused=True)


FLOAT = DType.FLOAT32
INT8 = DType.INT8
INT16 = DType.INT16
INT32 = DType.INT32
INT64 = DType.INT64
UINT8 = DType.UINT8
BOOL = DType.BOOL


def activation(name: str, dtype: DType, shape: Sequence[int], zero_point: int = 0) -> Tensor:
    """A computed tensor, quantised where its type can be; the zero point is for int8 alone."""
    quantisations = {INT8: quantised(0.1, zero_point), UINT8: quantised(0.1, 128), INT16: quantised(0.1)}
    return tensor(name, dtype, shape, quantisations.get(dtype))


def numbers(name: str, values: object, dtype: DType = INT32) -> Tensor:
    """A constant of integers: an axis, a shape, paddings."""
    return constant(name, dtype, np.array(values, dtype.numpy))

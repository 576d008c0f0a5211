"""Networks in stripes against TFLM: chains of windows of any geometry with branches, and whole models."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, INT8, INT16
from tests.support.model_writer import write_tflite
from tests.support.models import chain, constant, quantised, tensor
from tests.support.native import PROFILE, Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.options import Options
from tools.sni.windows import same_or_valid
from tools.testing.shared import shared_path

RAM = Options("model", PROFILE, optimise="ram")


class Chain:
    """Windows drawn from a seed over an image of odd sizes, with a sum of two branches among them.

    The first layers make more than they read, and the last ones less, so that stripes are worth it.
    """

    def __init__(self, seed: int, dtype: DType) -> None:
        self._rng = np.random.default_rng(seed)
        self._dtype = dtype
        self._layers: list[tuple] = []
        self._x = self._tensor((1, self._draw(25, 40), self._draw(7, 14), self._draw(1, 3)))
        channels = self._draw(4, 12)
        self._convolution(channels, 1)
        kinds = [self._depthwise, self._residual, self._pool, self._depthwise, lambda: self._convolution(channels, 1)]
        for number in self._rng.permutation(len(kinds))[: self._draw(2, 4)]:
            kinds[number]()
        self._convolution(self._draw(1, 4), self._draw(2, 3))
        self.graph: Graph = chain(self._layers)

    def _draw(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def _tensor(self, shape: tuple[int, ...]) -> Tensor:
        q = quantised(0.05, 5) if self._dtype is INT8 else quantised(0.0005) if self._dtype is INT16 else None
        return tensor(f"t{len(self._layers)}", self._dtype, shape, q)

    def _constant(self, name: str, *shape: int) -> Tensor:
        if self._dtype is FLOAT:
            return constant(name, FLOAT, self._rng.normal(0, 0.3, shape))
        if name == "b":
            dtype = DType.INT64 if self._dtype is INT16 else DType.INT32
            return constant(name, dtype, self._rng.integers(-500, 500, shape), quantised(0.001))
        return constant(name, INT8, self._rng.integers(-127, 128, shape), quantised(0.01))

    def _add(self, kind: str, inputs: list[Tensor], shape: tuple[int, ...], attributes: dict) -> Tensor:
        y = self._tensor(shape)
        self._layers.append((kind, inputs, [y], attributes))
        self._x = y
        return y

    def _window(self, stride: int, padding: str = "") -> tuple[list[int], list[int], dict]:
        """Taps, rows and columns of the output, attributes."""
        padding = padding or ("SAME" if self._draw(0, 2) else "VALID")
        taps = [self._draw(1, 4), self._draw(1, 3)]
        made = [same_or_valid(padding, n, t, stride).output for n, t in zip(self._x.shape[1:3], taps, strict=True)]
        return taps, made, {"padding": padding, "stride_h": stride, "stride_w": stride}

    def _convolution(self, outputs: int, stride: int, padding: str = "") -> None:
        taps, made, attributes = self._window(stride, padding)
        weights = self._constant("w", outputs, *taps, self._x.shape[3])
        self._add("CONV_2D", [self._x, weights, self._constant("b", outputs)], (1, *made, outputs), attributes)

    def _depthwise(self) -> None:
        taps, made, attributes = self._window(self._draw(1, 2))
        outputs = self._x.shape[3]
        constants = [self._constant("w", 1, *taps, outputs), self._constant("b", outputs)]
        self._add(
            "DEPTHWISE_CONV_2D", [self._x, *constants], (1, *made, outputs), {**attributes, "depth_multiplier": 1}
        )

    def _residual(self) -> None:
        before = self._x
        self._convolution(before.shape[3], 1, "SAME")
        self._convolution(before.shape[3], 1, "SAME")
        self._add("ADD", [before, self._x], before.shape, {"pot_scale_int16": False})

    def _pool(self) -> None:
        taps, made, attributes = self._window(self._draw(1, 2))
        kind = "MAX_POOL_2D" if self._draw(0, 1) else "AVERAGE_POOL_2D"
        sizes = {"filter_height": taps[0], "filter_width": taps[1]}
        self._add(kind, [self._x], (1, *made, self._x.shape[3]), attributes | sizes)


def assert_conforms(model: bytes, runs: int, outputs: int = 1) -> Native:
    native, oracle = Native(model, options=RAM, flags=CHECKED), Oracle(model, outputs=outputs)
    (x,) = native.inputs
    for value in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(0), runs):
        for ours, theirs in zip(native.run(value), oracle.run(value), strict=True):
            assert_close(ours, theirs)
    return native


SEEDS = {INT8: range(10), INT16: range(10, 13), FLOAT: range(13, 16)}


@pytest.mark.parametrize(("dtype", "seed"), [(dtype, seed) for dtype, seeds in SEEDS.items() for seed in seeds])
def test_chains(dtype: DType, seed: int) -> None:
    native = assert_conforms(write_tflite(Chain(seed, dtype).graph), runs=6)
    assert json.loads(native.files["model_report.json"])["notes"], "each of these chains runs in stripes"


@pytest.mark.parametrize("name", ["kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model"])
def test_models(name: str) -> None:
    """With what the softmax reads as an output beside its own, which random inputs saturate."""
    graph = read_tflite(shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes(), "m.tflite")
    model = write_tflite(replace(graph, outputs=(graph.ops[-1].inputs[0], *graph.outputs)))
    assert_conforms(model, runs=20, outputs=2)

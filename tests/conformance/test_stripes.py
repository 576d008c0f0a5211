"""Networks in stripes against TFLM: chains of windows of any geometry with branches, and whole models."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.conformance.conformance import CHECKED, FLOAT, FUSED, INT8, INT16
from tests.support.growing import Growing
from tests.support.model_writer import write_tflite
from tests.support.native import PROFILE, Native
from tests.support.oracle import Oracle, assert_close, edge_inputs
from tools.sni.importers.tflite import read_tflite
from tools.sni.ir import DType
from tools.sni.options import Options
from tools.sni.stripes import choice
from tools.sni.windows import same_or_valid
from tools.testing.shared import shared_path

RAM = Options("model", PROFILE, optimise="ram")


class Chain(Growing):
    """Windows drawn from a seed over an image of odd sizes, with a sum of two branches among them.

    The first layers make more than they read, and the last ones less, so that stripes are worth it.
    """

    def __init__(self, seed: int, dtype: DType) -> None:
        super().__init__(seed, dtype)
        self.x = self.tensor((1, self.draw(25, 40), self.draw(7, 14), self.draw(1, 3)))
        channels = self.draw(4, 12)
        self._convolution(channels, 1)
        kinds = [self._depthwise, self._residual, self._pool, self._depthwise, lambda: self._convolution(channels, 1)]
        for number in self.rng.permutation(len(kinds))[: self.draw(2, 4)]:
            kinds[number]()
        self._convolution(self.draw(1, 4), self.draw(2, 3))

    def _window(self, stride: int, padding: str = "") -> tuple[list[int], list[int], dict]:
        """Taps, rows and columns of the output, attributes."""
        padding = padding or ("SAME" if self.draw(0, 2) else "VALID")
        taps = [self.draw(1, 4), self.draw(1, 3)]
        made = [same_or_valid(padding, n, t, stride).output for n, t in zip(self.x.shape[1:3], taps, strict=True)]
        return taps, made, {"padding": padding, "stride_h": stride, "stride_w": stride}

    def _convolution(self, outputs: int, stride: int, padding: str = "") -> None:
        taps, made, attributes = self._window(stride, padding)
        weights = self.constant("w", outputs, *taps, self.x.shape[3])
        self.add("CONV_2D", [self.x, weights, self.constant("b", outputs)], (1, *made, outputs), attributes)

    def _depthwise(self) -> None:
        taps, made, attributes = self._window(self.draw(1, 2))
        outputs = self.x.shape[3]
        constants = [self.constant("w", 1, *taps, outputs), self.constant("b", outputs)]
        self.add("DEPTHWISE_CONV_2D", [self.x, *constants], (1, *made, outputs), {**attributes, "depth_multiplier": 1})

    def _residual(self) -> None:
        before = self.x
        self._convolution(before.shape[3], 1, "SAME")
        self._convolution(before.shape[3], 1, "SAME")
        self.add("ADD", [before, self.x], before.shape, {"pot_scale_int16": False})

    def _pool(self) -> None:
        taps, made, attributes = self._window(self.draw(1, 2))
        kind = "MAX_POOL_2D" if self.draw(0, 1) else "AVERAGE_POOL_2D"
        sizes = {"filter_height": taps[0], "filter_width": taps[1]}
        self.add(kind, [self.x], (1, *made, self.x.shape[3]), attributes | sizes)


def assert_conforms(model: bytes, runs: int, outputs: int = 1) -> Native:
    native, oracle = Native(model, options=RAM, flags=CHECKED), Oracle(model, outputs=outputs)
    (x,) = native.inputs
    for value in edge_inputs(x.dtype.numpy, x.shape, np.random.default_rng(0), runs):
        for ours, theirs in zip(native.run(value), oracle.run(value), strict=True):
            assert_close(ours, theirs, fused=FUSED)
    return native


SEEDS = {INT8: range(10), INT16: range(10, 13), FLOAT: range(13, 16)}


@pytest.mark.parametrize(("dtype", "seed"), [(dtype, seed) for dtype, seeds in SEEDS.items() for seed in seeds])
def test_chains(dtype: DType, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it costs to begin with their kernels, which in networks so small can be much."""
    monkeypatch.setattr(choice, "_MOST_PRICE", 1e-3)
    native = assert_conforms(write_tflite(Chain(seed, dtype).graph), runs=6)
    assert json.loads(native.files["model_report.json"])["notes"], "each of these chains runs in stripes"


@pytest.mark.parametrize("name", ["kws_ref_model", "pretrainedResnet_quant", "vww_96_int8", "str_ww_ref_model"])
def test_models(name: str) -> None:
    """With what the softmax reads as an output beside its own, which random inputs saturate."""
    graph = read_tflite(shared_path(f"models/mlperf_tiny/{name}.tflite").read_bytes(), "m.tflite")
    model = write_tflite(replace(graph, outputs=(graph.ops[-1].inputs[0], *graph.outputs)))
    assert_conforms(model, runs=20 if PROFILE == "c99" else 4, outputs=2)

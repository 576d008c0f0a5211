"""Outputs written over their dying inputs, against TFLM: chains of layers that slide windows of any geometry."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, assert_conforms
from tests.support.models import chain, constant, quantised, tensor
from tools.sni.ir import DType, Graph, Tensor
from tools.sni.lower import lower
from tools.sni.memory.arena import plan_arena
from tools.sni.options import Options
from tools.sni.windows import same_or_valid


class Chain:
    """A network that grows by layers drawn from a seed."""

    def __init__(self, seed: int, dtype: DType) -> None:
        self._rng = np.random.default_rng(seed)
        self._dtype = dtype
        self._layers: list[tuple] = []
        shape = self._rng.integers(5, 12, 2)
        self._x = self._tensor((self._draw(1, 2), *shape, self._draw(1, 20)))
        kinds = [self._convolution, self._depthwise, self._pool, self._pad]
        # A pair of the same padding cannot be folded away.
        for number in self._rng.permutation([0, 0, 1, 1, 2, 3]):
            kinds[number]()
        self.graph: Graph = chain(self._layers)

    def _draw(self, low: int, high: int) -> int:
        return int(self._rng.integers(low, high + 1))

    def _tensor(self, shape: tuple[int, ...]) -> Tensor:
        zero_point = 0 if self._dtype is INT16 else 5
        q = None if self._dtype is FLOAT else quantised(0.05 if self._dtype is INT8 else 0.0005, zero_point)
        return tensor(f"t{len(self._layers)}", self._dtype, tuple(int(n) for n in shape), q)

    def _constant(self, name: str, *shape: int) -> Tensor:
        if self._dtype is FLOAT:
            return constant(name, FLOAT, self._rng.normal(0, 0.3, shape))
        if name == "b":
            dtype = DType.INT64 if self._dtype is INT16 else DType.INT32
            return constant(name, dtype, self._rng.integers(-500, 500, shape), quantised(0.001))
        return constant(name, INT8, self._rng.integers(-127, 128, shape), quantised(0.01))

    def _add(self, kind: str, constants: list[Tensor], shape: tuple[int, ...], attributes: dict) -> None:
        y = self._tensor(shape)
        self._layers.append((kind, [self._x, *constants], [y], attributes))
        self._x = y

    def _window(self, *, dilated: bool) -> tuple[tuple[int, int], tuple[int, int], dict]:
        """Taps, rows and columns of the output, attributes."""
        padding = "SAME" if self._draw(0, 2) else "VALID"
        taps, strides, dilations, made = [], [], [], []
        for size in self._x.shape[1:3]:
            taps.append(self._draw(1, min(4, size)))
            strides.append(self._draw(1, 2) if size > 4 else 1)
            fits = (taps[-1] - 1) * 2 < size and strides[-1] == 1
            dilations.append(self._draw(1, 2) if dilated and fits else 1)
            made.append(same_or_valid(padding, size, taps[-1], strides[-1], dilations[-1]).output)
        attributes = {"padding": padding, "stride_h": strides[0], "stride_w": strides[1]}
        if dilated:
            attributes |= {"dilation_h_factor": dilations[0], "dilation_w_factor": dilations[1]}
        return tuple(taps), tuple(made), attributes

    def _convolution(self) -> None:
        taps, made, attributes = self._window(dilated=True)
        batches, *_, channels = self._x.shape
        outputs = self._draw(1, 24)
        weights = self._constant("w", outputs, *taps, channels)
        self._add("CONV_2D", [weights, self._constant("b", outputs)], (batches, *made, outputs), attributes)

    def _depthwise(self) -> None:
        taps, made, attributes = self._window(dilated=True)
        batches, *_, channels = self._x.shape
        multiplier = 2 if channels <= 4 else 1
        outputs = channels * multiplier
        constants = [self._constant("w", 1, *taps, outputs), self._constant("b", outputs)]
        attributes |= {"depth_multiplier": multiplier}
        self._add("DEPTHWISE_CONV_2D", constants, (batches, *made, outputs), attributes)

    def _pool(self) -> None:
        taps, made, attributes = self._window(dilated=False)
        kind = "MAX_POOL_2D" if self._draw(0, 1) else "AVERAGE_POOL_2D"
        attributes |= {"filter_height": taps[0], "filter_width": taps[1]}
        self._add(kind, [], (self._x.shape[0], *made, self._x.shape[3]), attributes)

    def _pad(self) -> None:
        around = np.array([[0, 0], [self._draw(0, 2), 1], [self._draw(0, 2), 0], [0, self._draw(0, 1)]])
        shape = tuple(np.array(self._x.shape) + around.sum(1))
        self._add("PAD", [constant("p", DType.INT32, around)], shape, {})


@pytest.mark.parametrize("dtype", [INT8, INT16, FLOAT], ids=lambda dtype: dtype.value)
@pytest.mark.parametrize("seed", range(8))
def test_chains(seed: int, dtype: DType) -> None:
    assert_conforms(Chain(seed, dtype).graph, runs=6, seed=seed)


def test_their_outputs_do_lie_over_their_inputs() -> None:
    overlapping: set[str] = set()
    for seed in range(8):
        for dtype in (INT8, FLOAT):
            graph = Chain(seed, dtype).graph
            places = plan_arena(graph, lower(graph, "m", Options("m"))).placements
            overlapping |= {op.kind for op in graph.ops if places[op.inputs[0]].shares(places[op.outputs[0]])}
    assert overlapping == {"CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD"}

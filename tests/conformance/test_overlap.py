"""Outputs written over their dying inputs, against TFLM: chains of layers that slide windows of any geometry."""

from __future__ import annotations

import numpy as np
import pytest

from tests.conformance.conformance import FLOAT, INT8, INT16, assert_conforms
from tests.support.growing import Growing
from tests.support.models import constant
from tools.sni.ir import DType
from tools.sni.lower import lower
from tools.sni.memory.arena import plan_arena
from tools.sni.options import Options
from tools.sni.windows import same_or_valid


class Chain(Growing):
    """A network that grows by layers drawn from a seed."""

    def __init__(self, seed: int, dtype: DType) -> None:
        super().__init__(seed, dtype)
        shape = self.rng.integers(5, 12, 2)
        self.x = self.tensor((self.draw(1, 2), *shape, self.draw(1, 20)))
        kinds = [self._convolution, self._depthwise, self._pool, self._pad]
        # A pair of the same padding cannot be folded away.
        for number in self.rng.permutation([0, 0, 1, 1, 2, 3]):
            kinds[number]()

    def _window(self, *, dilated: bool) -> tuple[tuple[int, int], tuple[int, int], dict]:
        """Taps, rows and columns of the output, attributes."""
        padding = "SAME" if self.draw(0, 2) else "VALID"
        taps, strides, dilations, made = [], [], [], []
        for size in self.x.shape[1:3]:
            taps.append(self.draw(1, min(4, size)))
            strides.append(self.draw(1, 2) if size > 4 else 1)
            fits = (taps[-1] - 1) * 2 < size and strides[-1] == 1
            dilations.append(self.draw(1, 2) if dilated and fits else 1)
            made.append(same_or_valid(padding, size, taps[-1], strides[-1], dilations[-1]).output)
        attributes = {"padding": padding, "stride_h": strides[0], "stride_w": strides[1]}
        if dilated:
            attributes |= {"dilation_h_factor": dilations[0], "dilation_w_factor": dilations[1]}
        return tuple(taps), tuple(made), attributes

    def _convolution(self) -> None:
        taps, made, attributes = self._window(dilated=True)
        batches, *_, channels = self.x.shape
        outputs = self.draw(1, 24)
        weights = self.constant("w", outputs, *taps, channels)
        self.add("CONV_2D", [self.x, weights, self.constant("b", outputs)], (batches, *made, outputs), attributes)

    def _depthwise(self) -> None:
        taps, made, attributes = self._window(dilated=True)
        batches, *_, channels = self.x.shape
        multiplier = 2 if channels <= 4 else 1
        outputs = channels * multiplier
        constants = [self.constant("w", 1, *taps, outputs), self.constant("b", outputs)]
        attributes |= {"depth_multiplier": multiplier}
        self.add("DEPTHWISE_CONV_2D", [self.x, *constants], (batches, *made, outputs), attributes)

    def _pool(self) -> None:
        taps, made, attributes = self._window(dilated=False)
        kind = "MAX_POOL_2D" if self.draw(0, 1) else "AVERAGE_POOL_2D"
        attributes |= {"filter_height": taps[0], "filter_width": taps[1]}
        self.add(kind, [self.x], (self.x.shape[0], *made, self.x.shape[3]), attributes)

    def _pad(self) -> None:
        around = np.array([[0, 0], [self.draw(0, 2), 1], [self.draw(0, 2), 0], [0, self.draw(0, 1)]])
        shape = tuple(np.array(self.x.shape) + around.sum(1))
        self.add("PAD", [self.x, constant("p", DType.INT32, around)], shape, {})


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

"""float32 for cores with a floating-point unit: eight outputs at a time, for one or two pixels; those that are no full
eight by four, two and one, and where there are no eight, for four pixels.

Each output is added up in TFLM's order, so what these kernels give differs from c99 in no bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.float_costs import depthwise_pays, rows_pay, window_pays
from tools.sni.float_products import bounds_suffix
from tools.sni.ir import Tensor
from tools.sni.memory.overlap import row_overlap, window_overlap
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import ACTIVATIONS
from tools.sni.windows import Window, lines_up

_BLOCK = 8
"""Outputs at a time: their sums for two pixels, their weights for an input and four inputs of each are 32 registers."""

_FOURS = {1: (1,), 2: (2,), 3: (4,), 0: ()}
"""Outputs at a time, of those that are no full four: three with the weights of a fourth that are 0, which takes less
than two and one. Channels of a depthwise convolution have no fourth input; they are taken as they are."""


@dataclass(frozen=True)
class FloatLayer:
    """A layer as sni_dsp_float_layer has it. bounds: the helpers' suffix for the activation."""

    inputs: int
    outputs: int
    low: float
    high: float
    bounds: str
    sizes: Sequence[int]
    weights: Constant

    @property
    def at_a_time(self) -> str:
        """Outputs, for a reason."""
        return " and ".join(map(str, dict.fromkeys(self.sizes)))

    @property
    def blocks(self) -> int:
        return self.outputs // _BLOCK

    @property
    def rest(self) -> int:
        """Outputs that are no full block."""
        return self.outputs % _BLOCK

    @property
    def pixels(self) -> int:
        """At a time, at most."""
        return 2 if self.blocks else 4

    @property
    def suffix(self) -> str:
        """Of the helpers that this layer needs."""
        return self.bounds + (f"__{self.rest}" if self.rest else "")

    @property
    def few(self) -> str:
        """The suffix of helpers for layers without a block."""
        return "" if self.blocks else "__few"

    @property
    def kind(self) -> str:
        """The same in a kernel's name."""
        return "" if self.blocks else "_few"


def sizes_of(outputs: int, *, exact: bool = False) -> list[int]:
    """Outputs at a time, one after the other. exact: none is made up."""
    blocks, rest = divmod(outputs, _BLOCK)
    last = (2, 1) if exact and rest % 4 == 3 else _FOURS[rest % 4]
    return [_BLOCK] * blocks + [4] * (rest // 4) + [*last]


def float_layer(layer: Layer, matrix: np.ndarray, bias: Tensor | None, sizes: Sequence[int]) -> FloatLayer:
    """matrix: weights [outputs, inputs]. sizes: outputs at a time."""
    low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
    comment = f"for {', '.join(map(str, sizes))} outputs: [input][output] weights, [output] biases"
    table = Constant("weights", blocked(matrix, bias, sizes), comment, named=True)
    outputs, inputs = matrix.shape
    return FloatLayer(inputs, outputs, low or 0.0, high or 0.0, bounds_suffix(layer), sizes, table)


def blocked(matrix: np.ndarray, bias: Tensor | None, sizes: Sequence[int]) -> np.ndarray:
    """All that a kernel reads, in the order in which it does: weights and biases of outputs made at a time, flat.

    sizes: of those; where the last outputs are missing, their weights are 0.
    """
    starts = bias.data.reshape(1, -1) if bias else np.zeros((1, len(matrix)), np.float32)
    columns = np.zeros((matrix.shape[1] + 1, sum(sizes)), np.float32)
    columns[:, : len(matrix)] = np.concatenate([matrix.T, starts])
    return np.concatenate([part.reshape(-1) for part in np.split(columns, np.cumsum(sizes)[:-1], axis=1)])


def float_rows(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    sizes = sizes_of(len(matrix))
    if len(matrix) < _BLOCK and not rows_pay(rows, matrix.shape[1], sizes):
        return None
    p = float_layer(layer, matrix, bias, sizes)
    return Kernel(
        name=f"{name}_float32_dsp{p.kind}_rows",
        template="dsp_float_rows.c.j2",
        values={"p": p, "rows": rows},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_rows{p.few}{p.suffix}"),
        includes=("math.h",),
        overlap=row_overlap(layer, rows, p.inputs, ahead=p.pixels - 1),
        macs=rows * matrix.size,
        reason=f"{p.at_a_time} outputs at a time, for {_rows(rows, p.pixels)}",
    )


def _rows(rows: int, at_a_time: int) -> str:
    """For a reason: rows at a time."""
    return "a row" if rows == 1 else f"{at_a_time} rows"


def float_convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups; of one image, unless it is nothing but a matrix product."""
    if lines_up(window):
        return float_rows(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or not window.is_plain:
        return None
    sizes = sizes_of(len(matrix))
    if len(matrix) < _BLOCK and not window_pays(window, sizes):
        return None
    p = float_layer(layer, matrix, bias, sizes)
    return Kernel(
        name=f"conv_2d_float32_dsp{p.kind}_window",
        template="dsp_float_convolve.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_convolve{p.few}{p.suffix}"),
        includes=("math.h",),
        overlap=window_overlap(layer, window, ahead=p.pixels - 1),
        macs=window.positions * matrix.size,
        reason=f"a window over an image: {p.at_a_time} outputs of {p.pixels} pixels at a time",
    )


def float_depthwise(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A depthwise convolution without dilation, of one image. matrix: weights [channel, tap]."""
    if window.batches > 1 or not window.is_plain:
        return None
    sizes = sizes_of(len(matrix), exact=True)
    if len(matrix) < _BLOCK and not depthwise_pays(window, sizes):
        return None
    p = float_layer(layer, matrix, bias, sizes)
    return Kernel(
        name="depthwise_conv_2d_float32_dsp",
        template="dsp_float_depthwise.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=("dsp_float_unit", f"dsp_float_depthwise{p.suffix}"),
        includes=("math.h",),
        overlap=window_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason=f"{p.at_a_time} channels at a time",
    )

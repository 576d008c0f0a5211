"""DEPTHWISE_CONV_2D of int8: which of three kernels a layer gets, and the tables they read.

Four rows of the image are interleaved byte by byte, so that sixteen bytes are a channel's 4 x 4 elements, and VMLADAV
makes all products of a window at once, with weights that are zeros where the window is smaller:

* `pairs`: up to 3 x 3, stride 1: a vector of elements serves 2 x 2 outputs, with weights that are shifted in it.
* `single`: up to 4 x 4, any stride: a vector for each output.
* `line`: along a line, stride 1: sixteen elements after the other are a vector, which serves four outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from tools.sni.costs import beginning
from tools.sni.dsp.packing import words
from tools.sni.dsp.products import scaling_of_layer
from tools.sni.ir import DType
from tools.sni.memory.overlap import channel_overlap, lead
from tools.sni.mve.packing import LANES
from tools.sni.mve.scaling import Scaling, scaling_of
from tools.sni.operators import Constant, Kernel, Layer, Overlap, Scratch
from tools.sni.windows import Axis, Window

_BITS = (12, 13, 11, 10, 9)
"""Of the multiplier, which these kernels know: what is tried. There are few, so that layers share their loops."""

_SEARCHES = tuple(partial(scaling_of, bits=bits) for bits in _BITS)

_TOGETHER = 8
"""Outputs of a channel that a kernel makes at a time."""


@dataclass(frozen=True)
class _Depthwise:
    """A layer as sni_mve_layer has it."""

    layer: Layer
    window: Window
    scaling: Scaling
    clamp: tuple[int, int]
    weights: np.ndarray

    @property
    def inputs(self) -> int:
        return self.window.taps

    @property
    def outputs(self) -> int:
        return self.window.channels

    @property
    def suffix(self) -> str:
        clamped = "" if self.clamp == DType.INT8.bounds else "__clamped"
        bits = f"__{self.scaling.multiplier.bit_length() - 1}"
        return bits + ("__signed" if self.scaling.signed else "") + clamped

    @property
    def scales(self) -> np.ndarray:
        """[channel][bias, factor and perhaps step]."""
        s = self.scaling
        return np.stack([s.biases, s.factors, *(() if s.steps is None else (s.steps,))], axis=1)

    def kernel(
        self, name: str, template: str, vectors: np.ndarray, values: dict[str, object], **more: object
    ) -> Kernel:
        """vectors: weights as they meet the elements [channel][up to 16]."""
        filled = np.zeros((len(vectors), LANES), np.int8)
        filled[:, : vectors.shape[1]] = vectors
        parts = [np.zeros(2, np.uint32), filled.view("<u4").astype(np.uint32), words(self.scales)]
        comment = (
            "two words of zeros; for each channel its weights as bytes; for each channel bias, factor"
            f"{', step' if self.scaling.signed else ''}"
        )
        helper = f"{template}{self.suffix}"
        return Kernel(
            name=f"depthwise_conv_2d_int8_mve_{name}",
            template=f"{template.split('__')[0]}.c.j2",
            values={**values, "p": self, "helper": helper, "fill": self.layer.input.quantisation.zero_point},
            constants=(Constant("table", np.concatenate([part.reshape(-1) for part in parts]), comment, named=True),),
            helpers=("mve_function", helper),
            includes=("string.h",),
            macs=self.window.positions * self.weights.size,
            **more,
        )


def depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """matrix: weights [channel, tap]. None where there is no scaling for the sums, or no kernel for the window."""
    y, x = window.y, window.x
    if window.batches > 1 or y.dilation > 1 or x.dilation > 1:
        return None
    tried = (scaling_of_layer(layer, matrix, layer.optional(2), search) for search in _SEARCHES)
    scaling, clamp = next((found for found in tried if found[0] is not None), (None, None))
    if scaling is None or clamp is None:
        return None
    weights = np.where(scaling.constant[:, None], 0, matrix)
    d = _Depthwise(layer, window, scaling, clamp, weights)
    for line, across in ((y, x), (x, y)):
        if across.taps == across.input == across.output == 1 and line.stride == 1:
            return _line(d, line)
    return _image(d)


def _line(d: _Depthwise, axis: Axis) -> Kernel | None:
    """Outputs 1 to 3 of four see elements from the second to the fourth of sixteen on."""
    if axis.taps > (LANES if axis.output == 1 else LANES - 3) or _far((_TOGETHER - 1) * d.outputs):
        return None
    seen = axis.output + axis.taps - 1
    # The last outputs are made as if there were eight of them.
    strip = max(_up(seen, 4), _up(axis.output, _TOGETHER) + LANES - 4)
    return d.kernel(
        "line",
        "mve_depthwise_line",
        d.weights,
        {"axis": axis, "channels": d.outputs, "seen": seen - axis.before},
        scratch=(Scratch("strip", DType.INT8, LANES * strip),),
        in_place=((0, 0),),
        overlap=channel_overlap(d.layer),
        set_up=beginning(lambda count: d.outputs * (20 + 50 * -(-count // _TOGETHER)), axis.output),
        reason="along a line, stride 1: four outputs from each sixteen elements of a channel",
    )


def _image(d: _Depthwise) -> Kernel | None:
    y, x = d.window.y, d.window.x
    pairs = y.stride == x.stride == 1 and max(y.taps, x.taps) <= 3 and y.output > 1
    if max(y.taps, x.taps) > 4 or _far((x.output + 3 if pairs else _TOGETHER - 1) * d.outputs):
        return None
    columns = _up(x.output, 4) + 2 if pairs else (_up(x.output, _TOGETHER) - 1) * x.stride + 4
    columns = max(columns, x.before + x.input)
    # A tap's place: its row within a column of four.
    vectors = np.zeros((d.outputs, 4, 4), np.int8)
    vectors[:, : x.taps, : y.taps] = d.weights.reshape(-1, y.taps, x.taps).transpose(0, 2, 1)
    return d.kernel(
        "pairs" if pairs else "single",
        f"mve_depthwise__{'pairs' if pairs else 'single'}",
        vectors.reshape(len(vectors), -1),
        {"window": d.window},
        scratch=(Scratch("strip", DType.INT8, 4 * columns * d.outputs + 4 * (LANES - 1)),),
        overlap=_strip_overlap(d.layer, d.window, 2 if pairs else 1),
        reason="up to 3 x 3, stride 1: 2 x 2 outputs from each 4 x 4 elements of a channel"
        if pairs
        else "up to 4 x 4: an output from each 4 x 4 elements of a channel",
    )


def _strip_overlap(layer: Layer, window: Window, rows: int) -> tuple[Overlap, ...]:
    """Rows of the output are written when all of the input they need has been read; the last ones perhaps twice."""
    x, y = layer.input, layer.output
    firsts = np.minimum(np.arange(0, window.y.output, rows), window.y.output - rows)
    needs = np.maximum(firsts * window.y.stride - window.y.before, 0) * (x.bytes // window.y.input)
    distance = lead(np.append(needs[1:], y.bytes), (firsts + rows) * (y.bytes // window.y.output))
    return (Overlap(0, 0, distance),) if distance < y.bytes else ()


def _up(count: int, unit: int) -> int:
    return -(-count // unit) * unit


def _far(distance: int) -> bool:
    """Whether outputs lie too far apart for the 16 bits of their offsets."""
    return distance >= 1 << 16

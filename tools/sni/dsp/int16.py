"""int16 activations with int8 weights, where 32 bits hold every sum: pairs of values times pairs of weights (SMLAD)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.packing import groups, words
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import paired_overlap, window_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.quantised import Requantisation
from tools.sni.sums import has_wide_sums, sums_of
from tools.sni.windows import Window, lines_up


@dataclass(frozen=True)
class Int16Layer:
    """A layer as sni_dsp_int16_layer has it. groups: fours of inputs, or taps. suffix: of the helpers that it needs."""

    groups: int
    outputs: int
    low: int
    high: int
    suffix: str
    weights: Constant


def is_int16(layer: Layer, weights: Tensor, bias: Tensor | None) -> bool:
    """Whether these kernels may be for it: constant int8 weights, and no zero points."""
    known = weights.is_constant and (bias is None or bias.is_constant) and not layer.input.is_constant
    types = layer.input.dtype is DType.INT16 and weights.dtype is DType.INT8
    zero_points = any(any(t.quantisation.zero_points) for t in (layer.input, weights, layer.output) if t.quantisation)
    return known and types and not zero_points


def int16_rows(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes."""
    p = _products(layer, matrix, bias, 4 if rows == 1 else 2)
    if p is None:
        return None
    at_a_time = "one row: four outputs" if rows == 1 else "several rows: two rows and two outputs"
    return Kernel(
        name=f"{name}_int16_dsp_{'row' if rows == 1 else 'rows'}",
        template="dsp_int16_rows.c.j2",
        values={"p": p, "rows": rows, "inputs": matrix.shape[1]},
        constants=(p.weights,),
        helpers=(f"dsp_int16_{'one_row' if rows == 1 else 'rows'}{p.suffix}", "keep_loop"),
        scratch=(Scratch("values", DType.INT32, 2 * p.groups * min(rows, 2)),),
        overlap=paired_overlap(layer, rows, matrix.shape[1]),
        macs=rows * matrix.size,
        reason=f"{at_a_time} at a time",
    )


def int16_convolution(layer: Layer, window: Window, matrix: np.ndarray, bias: Tensor | None) -> Kernel | None:
    """A convolution without dilation or groups. matrix: weights [outputs, inputs]."""
    if lines_up(window):
        return int16_rows(layer, window.positions, matrix, bias, "conv_2d")
    if window.batches > 1 or not window.is_plain:
        return None
    p = _products(layer, matrix, bias, 2)
    if p is None:
        return None
    return Kernel(
        name="conv_2d_int16_dsp_window",
        template="dsp_int16_convolve.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=(f"dsp_int16_convolve{p.suffix}", "keep_loop"),
        scratch=(Scratch("values", DType.INT32, 4 * p.groups),),
        overlap=window_overlap(layer, window, together=2),
        macs=window.positions * matrix.size,
        reason="a window over an image: two pixels and two outputs at a time",
    )


def int16_depthwise(layer: Layer, window: Window, matrix: np.ndarray) -> Kernel | None:
    """A depthwise convolution without dilation, its channels by fours. matrix: weights [channel, tap]."""
    if window.batches > 1 or not window.is_plain or window.channels % 4:
        return None
    p = _layer(layer, matrix, layer.optional(2), 4, matrix.reshape(-1, 4, window.taps).transpose(0, 2, 1))
    if p is None:
        return None
    return Kernel(
        name="depthwise_conv_2d_int16_dsp",
        template="dsp_int16_depthwise.c.j2",
        values={"p": p, "window": window},
        constants=(p.weights,),
        helpers=(f"dsp_int16_depthwise{p.suffix}",),
        overlap=window_overlap(layer, window),
        macs=window.positions * matrix.size,
        reason="four channels at a time",
    )


def _products(layer: Layer, matrix: np.ndarray, bias: Tensor | None, at_a_time: int) -> Int16Layer | None:
    """For each `at_a_time` outputs, for each four inputs: the weights of these, of one output after the other."""
    inputs = matrix.shape[1]
    whole = _filled(np.pad(matrix, ((0, 0), (0, -inputs % 4))), at_a_time)
    return _layer(layer, matrix, bias, at_a_time, whole.reshape(-1, at_a_time, groups(inputs), 4).transpose(0, 2, 1, 3))


def _layer(
    layer: Layer, matrix: np.ndarray, bias: Tensor | None, at_a_time: int, fours: np.ndarray
) -> Int16Layer | None:
    """None where sums need 64 bits, or scaling what is not made here.

    fours: weights, [block of outputs][group][.., four].
    """
    sums = sums_of(layer, matrix, bias, wide=has_wide_sums(layer, bias), folded=True)
    scales = scales_of(sums.q, len(matrix))
    if sums.type != "int32_t" or scales is None:
        return None
    wide = layer.options.optimise == "speed"
    parts = (
        _filled(sums.bias[:, None], at_a_time),
        _halves(fours) if wide else _bytes(fours),
        _filled(scales, at_a_time),
    )
    table = np.concatenate([part.reshape(len(fours), -1).astype(np.int64) for part in parts], axis=1)
    comment = f"for each {at_a_time} outputs: what their sums start from; their weights by fours; how sums are scaled"
    suffix = ("__wide" if wide else "") + ("__twice" if scales.shape[1] == 2 else "")
    suffix += "" if (sums.q.low, sums.q.high) == DType.INT16.bounds else "__clamped"
    weights = Constant("weights", words(table.reshape(-1)), comment, named=True)
    return Int16Layer(fours.shape[1], len(matrix), sums.q.low, sums.q.high, suffix, weights)


def _filled(rows: np.ndarray, multiple: int) -> np.ndarray:
    """With rows of zeros up to a multiple."""
    return np.pad(rows, ((0, -len(rows) % multiple), (0, 0)))


def scales_of(q: Requantisation, outputs: int) -> np.ndarray | None:
    """What scaling an output reads, [outputs, words]: a factor where TFLM rounds once, multiplier and shift if twice.

    (sum * multiplier + 2^(14 + shift)) >> (15 + shift) is SMMULR with the multiplier times 2^(17 - shift).
    """
    each = np.array([(m.value, -m.shift) for m in q.multipliers], np.int64)
    each = np.repeat(each, outputs, axis=0) if len(each) == 1 else each
    if q.helper == "sni_requantise":
        return each
    if q.helper != "sni_requantise_wide" or (each[:, 1] > 17).any() or (each[:, 1] < 1).any():
        return None
    return (each[:, 0] << (17 - each[:, 1]))[:, None]


def _bytes(fours: np.ndarray) -> np.ndarray:
    """A word for each four weights, in the order 0, 2, 1, 3: SXTB16 gives 0 and 1, and turned by 8 bits 2 and 3."""
    w = fours.astype(np.int64) & 0xFF
    return w[..., 0] | w[..., 2] << 8 | w[..., 1] << 16 | w[..., 3] << 24


def _halves(fours: np.ndarray) -> np.ndarray:
    """Two words for each four weights, 0 and 1, 2 and 3; of two outputs first those for inputs 0 and 1."""
    w = fours.astype(np.int64) & 0xFFFF
    pairs = np.stack([w[..., 0] | w[..., 1] << 16, w[..., 2] | w[..., 3] << 16], axis=-1)
    if fours.ndim == 3:
        return pairs
    blocks, count, outputs, _ = pairs.shape
    return pairs.reshape(blocks, count, outputs // 2, 2, 2).swapaxes(-1, -2)

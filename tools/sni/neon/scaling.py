"""Requantisation as TFLM does it, by the instructions that do just that: which of its forms a layer needs.

    VQRDMULH    sum * multiplier / 2^31, rounded          TFLM's first rounding
    VSRA #31    less 1 where that is negative             only where outputs below the zero point are not clamped away
    VRSHL       / 2^shift, rounded, halves upwards        TFLM's second rounding, which has halves away from zero
    VQMOVN, VQADD, VQMOVN                                 the zero point, and saturation to int8

Less 1 before the second rounding is what makes halves of negative numbers go down; it holds for shifts of at least 1.
Nothing here depends on how large a sum is: where TFLM's sums leave 32 bits, so do these, to the same bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.numerics.multiplier import quantise_multiplier
from tools.sni.operators import Layer
from tools.sni.quantised import activation_bounds
from tools.sni.sums import real_factors


@dataclass(frozen=True)
class Scaling:
    """bias, multipliers, shifts: for each output, int64; shifts are negative, to the right. clamp: of the outputs."""

    bias: np.ndarray
    multipliers: np.ndarray
    shifts: np.ndarray
    zero_point: int
    clamp: tuple[int, int]

    @property
    def signed(self) -> bool:
        """Whether outputs below the zero point exist, so that it matters how halves of negative numbers are rounded."""
        return self.clamp[0] < self.zero_point

    @property
    def suffix(self) -> str:
        """Of the helpers that requantise."""
        return ("__signed" if self.signed else "") + ("" if self.clamp == DType.INT8.bounds else "__clamped")


def scaling_of_layer(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> Scaling | None:
    """The scaling of a layer that multiplies inputs as they are stored; their zero point is in the bias.

    matrix: weights [outputs, products of one sum]. None for factors above one, and where TFLM is to round once.
    """
    if layer.options.rounding != "double":
        return None
    x, y = layer.input, layer.output
    w = matrix.astype(np.int64)
    start = bias.data.reshape(-1).astype(np.int64) if bias else np.zeros(len(w), np.int64)
    start = start - x.quantisation.zero_point * w.sum(axis=1)
    each = [quantise_multiplier(real) for real in real_factors(layer, layer.inputs[1])]
    each = each * (len(w) if len(each) == 1 else 1)
    multipliers, shifts = np.array([m.value for m in each]), np.array([m.shift for m in each])
    clamp = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    scaling = Scaling(start, multipliers, shifts, y.quantisation.zero_point, clamp)
    return scaling if (shifts <= (-1 if scaling.signed else 0)).all() else None

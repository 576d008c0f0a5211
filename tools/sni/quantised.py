"""What the quantised operators share: type checks, activation ranges, requantisation parameters for the templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.numerics.multiplier import Multiplier, float32, quantise_multiplier, reduced, round_half_away

ACTIVATIONS = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
"""Fused activations as real (lower, upper) bounds, None where there is none."""

INTEGER_ACTIVATIONS = (DType.INT8, DType.INT16)
QUANTISED = (*INTEGER_ACTIVATIONS, DType.UINT8)
"""Types that stand for real numbers; int32 and int64 do in biases only."""


def signature(tensors: Sequence[Tensor | None]) -> str:
    """Types for a message: `int8, int8, int32`."""
    return ", ".join("none" if tensor is None else tensor.dtype.value for tensor in tensors)


def per_tensor_problems(*tensors: Tensor) -> Iterator[str]:
    """Each integer tensor here must have one positive scale, and one zero point that its type can hold."""
    for tensor in tensors:
        if tensor.dtype not in (*QUANTISED, DType.INT4):
            continue
        quantisation = tensor.quantisation
        if quantisation is None or quantisation.per_channel:
            yield f"tensor {tensor} needs one scale and one zero point; it has {quantisation or 'no quantisation'}"
            continue
        low, high = tensor.dtype.bounds
        if not low <= quantisation.zero_point <= high:
            yield f"tensor {tensor} has zero point {quantisation.zero_point}; its type holds {low} to {high}"
        if quantisation.scale == 0:
            yield f"tensor {tensor} has scale 0; scales are positive"


def symmetric_problems(*tensors: Tensor) -> Iterator[str]:
    """Each int16 tensor here must have zero point 0, as TFLM asks of most int16 operators."""
    for tensor in tensors:
        if tensor.dtype is DType.INT16 and tensor.quantisation and any(tensor.quantisation.zero_points):
            yield f"needs int16 with zero point 0; tensor {tensor} has {tensor.quantisation}"


def same_quantisation_problems(*tensors: Tensor) -> Iterator[str]:
    """All tensors here must have the same scale and zero point (or all none): for what moves values as they are."""
    if len({tensor.quantisation for tensor in tensors}) > 1 and tensors[0].dtype in QUANTISED:
        yield (
            "needs the same scale and zero point everywhere; it has "
            + " and ".join(str(tensor.quantisation) for tensor in tensors)
        )


def activation_bounds(output: Tensor, activation: str) -> tuple[int, int]:
    """The quantised clamp of a fused activation: TFLM's CalculateActivationRangeQuantized, which divides in float."""
    low, high = output.dtype.bounds
    assert output.quantisation is not None
    lower, upper = ACTIVATIONS[activation]
    if lower is not None:
        low = max(low, quantise_value(lower, output))
    if upper is not None:
        high = min(high, quantise_value(upper, output))
    return low, high


def quantise_value(real: float, tensor: Tensor) -> int:
    """The integer that stands for a real number, not saturated: zero point + round(real / scale), divided in float."""
    assert tensor.quantisation is not None
    return tensor.quantisation.zero_point + round_half_away(
        float32(np.float32(real) / np.float32(tensor.quantisation.scale))
    )


@dataclass(frozen=True)
class Requantisation:
    """How sums become outputs, for a template: `helper(sum, multiplier, shift)` and then the zero point and the clamp.

    per_channel: the template reads tables of multipliers and shifts instead of `multiplier` and `shift`.
    shift: bits to the right after the multiplication (negative: to the left before it), as the helpers take it.
    """

    helper: str
    multipliers: tuple[Multiplier, ...]
    zero_point: int
    low: int
    high: int

    @property
    def per_channel(self) -> bool:
        return len(self.multipliers) > 1

    @property
    def multiplier(self) -> int:
        return self.multipliers[0].value

    @property
    def shift(self) -> int:
        return -self.multipliers[0].shift


def requantisation(
    reals: Sequence[float], bounds: np.ndarray, output: Tensor, clamp: tuple[int, int]
) -> Requantisation:
    """Requantisation of 32-bit sums.

    reals: one factor, or one for each channel. bounds: the largest magnitudes that the sums can reach. The fast helper
    is chosen only where its additions are proved not to overflow.
    """
    return requantisation_by(tuple(quantise_multiplier(real) for real in reals), bounds, output, clamp)


def requantisation_by(
    multipliers: tuple[Multiplier, ...], bounds: np.ndarray, output: Tensor, clamp: tuple[int, int]
) -> Requantisation:
    """As `requantisation`, by multipliers that are not simply those of real factors."""
    assert output.quantisation is not None
    worst = int(np.max(bounds, initial=0))
    proved = all(m.shift < 0 and worst + (1 << (-m.shift - 1)) < 1 << 31 for m in multipliers)
    helper = "sni_requantise" if proved else "sni_requantise_any"
    return Requantisation(helper, _one_if_equal(multipliers), output.quantisation.zero_point, *clamp)


def wide_requantisation(reals: Sequence[float], output: Tensor, clamp: tuple[int, int]) -> Requantisation:
    """Requantisation of 64-bit sums, as TFLM does it for int16 activations: with 15-bit multipliers."""
    multipliers = [quantise_multiplier(real) for real in reals]
    shortened = tuple(Multiplier(reduced(m), m.shift) for m in multipliers)
    assert output.quantisation is not None
    return Requantisation("sni_requantise_wide", _one_if_equal(shortened), output.quantisation.zero_point, *clamp)


def _one_if_equal(multipliers: tuple[Multiplier, ...]) -> tuple[Multiplier, ...]:
    return multipliers[:1] if len(set(multipliers)) == 1 else multipliers


def largest_difference(x: Tensor) -> np.ndarray:
    """The largest magnitude of a stored value less its zero point, as `bounds` of a requantisation."""
    low, high = x.dtype.bounds
    assert x.quantisation is not None
    return np.array([max(high - x.quantisation.zero_point, x.quantisation.zero_point - low)])

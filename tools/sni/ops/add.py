"""ADD and SUB: the sum and the difference of two inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from tools.sni.arithmetic import (
    activation_problems,
    float_bounds,
    float_kernel,
    integer_kernel,
    operand_problems,
    quantised_result,
    rescaled,
    wrapping,
)
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.dsp.addition import addition_of
from tools.sni.float_products import bounds_suffix
from tools.sni.ir import DType
from tools.sni.mve.addition import addition_of as mve_addition_of
from tools.sni.numerics.multiplier import Multiplier
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, activation_bounds, largest_difference
from tools.sni.rescaling import Rescaling
from tools.sni.x86.addition import sum_of

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.INT64)
_NAMES = tuple(t.value for t in _TYPES)
_HEADROOM = {DType.INT8: 20, DType.INT16: 15}
"""Bits by which TFLM shifts the inputs up, so that bringing them to one scale keeps their fractions."""


@operator("ADD", types=_NAMES, inputs=(2, 2), limits="broadcasts; int32 without a fused activation")
def check_add(layer: Layer) -> Iterator[str]:
    yield from _problems(layer)
    activation = layer.attribute("fused_activation_function", "NONE")
    if layer.output.dtype is DType.INT32 and activation != "NONE":
        yield f"has the fused activation {activation}, which TFLM ignores in an int32 ADD; accepted: NONE"


@operator("SUB", types=_NAMES, inputs=(2, 2), limits="broadcasts")
def check_sub(layer: Layer) -> Iterator[str]:
    yield from _problems(layer)


def _problems(layer: Layer) -> Iterator[str]:
    found = [*operand_problems(layer, *_TYPES), *activation_problems(layer)]
    yield from found
    if found or layer.output.dtype not in INTEGER_ACTIVATIONS:
        return
    _, _, total = _rescalings(layer)
    if total.real >= 1:
        y = layer.output.quantisation
        yield (
            f"needs an output scale of more than {y.scale * total.real:.6g}, 2^-{_HEADROOM[layer.output.dtype] - 1} "
            f"of the larger input scale; it has {y}"
        )


@kernel("ADD", profile="c99")
def add(layer: Layer) -> Kernel:
    return _lowered(layer, "add", "+")


@kernel("SUB", profile="c99")
def sub(layer: Layer) -> Kernel:
    return _lowered(layer, "sub", "-")


@kernel("ADD", profile="dsp")
def add_dsp(layer: Layer) -> Kernel | None:
    pairs = _pairs(layer)
    addition = addition_of(*pairs) if pairs else None
    if addition is None:
        return None
    low, high = pairs.clamp
    suffix = f"__{addition.shift}" + ("" if pairs.clamp == DType.INT8.bounds else "__clamped")
    return Kernel(
        name="add_int8_dsp",
        template="dsp_add.c.j2",
        values={"addition": addition, "low": low, "high": high, "count": layer.output.elements, "suffix": suffix},
        helpers=(f"dsp_add{suffix}",),
        in_place=((0, 0), (0, 1)),
        reason="one shape: two products for each element, the same for all pairs of inputs as TFLM's",
    )


@kernel("ADD", profile="mve_integer")
def add_mve(layer: Layer) -> Kernel | None:
    pairs = _pairs(layer)
    addition = mve_addition_of(*pairs) if pairs else None
    if addition is None:
        return None
    low, high = pairs.clamp
    return Kernel(
        name="add_int8_mve",
        template="mve_add.c.j2",
        values={"addition": addition, "low": low, "high": high, "count": layer.output.elements},
        helpers=("mve_add",),
        in_place=((0, 0), (0, 1)),
        reason="one shape: two products for each element, the same for all pairs of inputs as TFLM's",
    )


@kernel("ADD", profile="mve")
def float_add_mve(layer: Layer) -> Kernel | None:
    if layer.output.dtype is not DType.FLOAT32 or not _is_of_two_images(layer):
        return None
    suffix = bounds_suffix(layer)
    return Kernel(
        name="add_float32_mve",
        template="mve_float_add.c.j2",
        values={"bounds": float_bounds(layer), "count": layer.output.elements, "suffix": suffix},
        helpers=(f"mve_float_add{suffix}",),
        in_place=((0, 0), (0, 1)),
        reason="one shape: four elements at a time",
    )


@kernel("ADD", profile="x86")
def add_x86(layer: Layer) -> Kernel | None:
    pairs = _pairs(layer)
    found = sum_of(*pairs) if pairs else None
    if found is None:
        return None
    low, high = pairs.clamp
    suffix = "" if pairs.clamp == DType.INT8.bounds else "__clamped"
    return Kernel(
        name="add_int8_x86",
        template="x86_add.c.j2",
        values={"sum": found, "low": low, "high": high, "count": layer.output.elements, "suffix": suffix},
        helpers=(f"x86_add{suffix}",),
        in_place=((0, 0), (0, 1)),
        dispatched=True,
        reason="one shape: two products for each element, the same for all pairs of inputs as TFLM's",
    )


@kernel("ADD", profile="neon")
def add_neon(layer: Layer) -> Kernel | None:
    pairs = _pairs(layer)
    found = sum_of(*pairs) if pairs else None
    if found is None:
        return None
    low, high = pairs.clamp
    suffix = f"__{found.shift}" + ("" if pairs.clamp == DType.INT8.bounds else "__clamped")
    return Kernel(
        name="add_int8_neon",
        template="neon_add.c.j2",
        values={"sum": found, "low": low, "high": high, "count": layer.output.elements, "suffix": suffix},
        helpers=(f"neon_add{suffix}", "clamp"),
        includes=("arm_neon.h",),
        in_place=((0, 0), (0, 1)),
        reason="one shape: two products for each element, the same for all pairs of inputs as TFLM's",
    )


@kernel("ADD", profile="neon")
def float_add_neon(layer: Layer) -> Kernel | None:
    if layer.output.dtype is not DType.FLOAT32 or not _is_of_two_images(layer):
        return None
    return Kernel(
        name="add_float32_neon",
        template="neon_float_add.c.j2",
        values={"bounds": float_bounds(layer), "count": layer.output.elements},
        helpers=("neon_float_add", "clamp_float"),
        includes=("arm_neon.h",),
        in_place=((0, 0), (0, 1)),
        reason="one shape: eight elements at a time",
    )


@kernel("ADD", profile="neon")
def int16_add_neon(layer: Layer) -> Kernel | None:
    sums = _int16_sums(layer)
    if sums is None:
        return None
    # VRSHL shifts to the left; negative, to the right.
    scales = (sums.other.value, sums.other.shift, sums.total.value, sums.total.shift, *sums.clamp)
    suffix = "__both" if all(sums.halved) else "__first" if sums.halved[0] else "__second"
    return Kernel(
        name="add_int16_neon",
        template="neon_int16_add.c.j2",
        values={"scales": scales, "count": layer.output.elements, "suffix": suffix},
        helpers=(f"neon_int16_sums{suffix}",),
        includes=("arm_neon.h", "string.h"),
        in_place=((0, 0), (0, 1)),
        reason="one shape: eight elements at a time, rounded as TFLM does",
    )


@kernel("ADD", profile="x86")
def int16_add_x86(layer: Layer) -> Kernel | None:
    found = _int16_by_vectors(layer, "x86", -1, "8 to 32 elements")
    return found and replace(found, includes=("string.h",), dispatched=True)


@kernel("ADD", profile="mve_integer")
def int16_add_mve(layer: Layer) -> Kernel | None:
    return _int16_by_vectors(layer, "mve", 1, "four elements")


def _int16_by_vectors(layer: Layer, profile: str, direction: int, at_once: str) -> Kernel | None:
    """direction: -1 where shifts are told to the right, 1 to the left. None where the sums may leave 32 bits."""
    sums = _int16_sums(layer)
    if sums is None or not sums.fit:
        return None
    suffix = "__both" if all(sums.halved) else ""
    shifts = direction * sums.other.shift, direction * sums.total.shift
    return Kernel(
        name=f"add_int16_{profile}",
        template=f"{profile}_int16_add.c.j2",
        values={
            "scales": (sums.other.value, shifts[0], sums.total.value, shifts[1], *sums.clamp),
            "inputs": sums.in_order,
            "count": layer.output.elements,
            "suffix": suffix,
        },
        helpers=(f"{profile}_int16_add{suffix}",),
        in_place=((0, 0), (0, 1)),
        reason=f"one shape: {at_once} at a time, rounded as TFLM does",
    )


class _Int16Sums(NamedTuple):
    """An addition of int16 with zero points of 0.

    halved: of each input, whether it has the larger scale; halving it leaves no fraction. other: brings the other one
    to twice the larger scale. total: brings the sum to the output's.
    """

    halved: tuple[bool, bool]
    other: Multiplier
    total: Multiplier
    clamp: tuple[int, int]

    @property
    def fit(self) -> bool:
        """Whether no sum leaves 32 bits while it is rounded."""
        used = (self.total,) if all(self.halved) else (self.other, self.total)
        return all(1 <= -multiplier.shift <= 30 for multiplier in used)

    @property
    def in_order(self) -> tuple[str, str]:
        """What templates call the inputs, one that is halved first."""
        return ("input_0", "input_1") if self.halved[0] else ("input_1", "input_0")


def _int16_sums(layer: Layer) -> _Int16Sums | None:
    """Of two images of one shape, which are not the same one; None for others."""
    tensors = (*layer.inputs, layer.output)
    if layer.output.dtype is not DType.INT16 or not _is_of_two_images(layer) or layer.options.rounding != "double":
        return None
    *inputs, total = (rescaling.multiplier for rescaling in _rescalings(layer))
    if any(tensor.quantisation.zero_point for tensor in tensors) or total.shift > -1:
        return None
    first, second = (m.value == 1 << 30 and m.shift == 0 for m in inputs)
    clamp = activation_bounds(layer.output, layer.attribute("fused_activation_function", "NONE"))
    return _Int16Sums((first, second), inputs[1] if first else inputs[0], total, clamp)


def _is_of_two_images(layer: Layer) -> bool:
    """Whether both inputs are computed, not the same, and have the shape of the output."""
    a, b, y = *layer.inputs, layer.output
    alike = a.shape == b.shape == y.shape and layer.op.inputs[0] != layer.op.inputs[1]
    return alike and not a.is_constant and not b.is_constant


class _Pairs(NamedTuple):
    """What an addition of int8 makes of all pairs of inputs, [256][256] from -128 on, clamped; and its parameters.

    reals: scales of the inputs / that of the output. zero_points: of both inputs and the output.
    """

    expected: np.ndarray
    reals: tuple[float, float]
    zero_points: tuple[int, int, int]
    clamp: tuple[int, int]


def _pairs(layer: Layer) -> _Pairs | None:
    """Of two images of one shape, which are not the same one; None for others."""
    a, b, y = *layer.inputs, layer.output
    if y.dtype is not DType.INT8 or not _is_of_two_images(layer):
        return None
    clamp = activation_bounds(y, layer.attribute("fused_activation_function", "NONE"))
    qa, qb, qy = a.quantisation, b.quantisation, y.quantisation
    *inputs, total = _rescalings(layer)
    stored = np.arange(-128, 128)
    first, second = (
        rescaling.of(stored - q.zero_point, layer.options.rounding)
        for rescaling, q in zip(inputs, (qa, qb), strict=True)
    )
    sums = total.of(first[:, None] + second[None, :], layer.options.rounding) + qy.zero_point
    reals = qa.scale / qy.scale, qb.scale / qy.scale
    return _Pairs(np.clip(sums, *clamp), reals, (qa.zero_point, qb.zero_point, qy.zero_point), clamp)


def _lowered(layer: Layer, name: str, sign: str) -> Kernel:
    dtype = layer.output.dtype
    name = f"{name}_{dtype.value}"
    if dtype is DType.FLOAT32:
        return float_kernel(layer, name, sign)
    if dtype in INTEGER_ACTIVATIONS:
        return _quantised(layer, name, sign)
    return integer_kernel(layer, name, lambda a, b: wrapping(a, sign, b))


def _rescalings(layer: Layer) -> tuple[Rescaling, Rescaling, Rescaling]:
    """Of the two inputs to twice the larger of their scales, and of the sum to the output's."""
    a, b, y = (tensor.quantisation.scale for tensor in (*layer.inputs, layer.output))
    left = _HEADROOM[layer.output.dtype]
    twice = 2 * max(a, b)
    bounds = [int(largest_difference(tensor)[0]) for tensor in layer.inputs]
    # Each addend is at most half its shifted difference, and one more by rounding.
    total = sum((bound << (left - 1)) + 1 for bound in bounds)
    return (
        Rescaling(a / twice, bounds[0], left),
        Rescaling(b / twice, bounds[1], left),
        Rescaling(twice / ((1 << left) * y), total),
    )


def _quantised(layer: Layer, name: str, sign: str) -> Kernel:
    *inputs, total = _rescalings(layer)

    def element(a: Operand, b: Operand) -> Element:
        lines = (
            f"const int32_t a = {rescaled(a, inputs[0], layer)};",
            f"const int32_t b = {rescaled(b, inputs[1], layer)};",
            f"const int32_t y = {total.expression(f'a {sign} b')};",
        )
        return replace(quantised_result(layer, "y"), lines=lines)

    return broadcast(layer, name, element)

"""Networks of one element-wise operator, and inputs that cover all there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tests.support.models import quantised, single, tensor
from tools.sni.ir import Attribute, DType, Graph, Quantisation

INT8, INT16 = DType.INT8, DType.INT16
SAME = [((1,), (1,)), ((7,), (7,)), ((2, 3, 5), (2, 3, 5)), ((), ())]
BROADCASTS = [
    ((2, 3, 5), (1,)),
    ((), (2, 9)),
    ((4, 1), (1, 5)),
    ((2, 3, 4, 5), (5,)),
    ((4, 1), (2, 3, 4, 5)),
    ((2, 1, 4, 1), (1, 3, 1, 5)),
    ((1, 1, 1, 4), (2, 3, 3, 4)),
    ((2, 3, 1, 1), (2, 3, 3, 2)),
    ((1, 65), (3, 65)),
    ((2, 1, 2, 1, 3), (2, 2, 1, 2, 1)),
    ((3, 1, 2, 1, 1, 2), (1, 2, 1, 1, 3, 1)),
]
FEW = [SAME[2], BROADCASTS[0], BROADCASTS[3], BROADCASTS[4], BROADCASTS[5]]
"""Pairs of shapes, from all kinds."""
UNITS = {"ADD": 0.06, "SUB": 0.05, "MUL": 0.017, "DIV": 0.02, "SQUARED_DIFFERENCE": 0.09}
"""Output scales that neither saturate everything nor round everything away, for inputs of scale about 0.05."""


def quantisation(dtype: DType, scale: float, zero_point: int) -> Quantisation | None:
    """For int16, 1/256 of the scale and no zero point; none for plain types."""
    if dtype is INT8:
        return quantised(scale, zero_point)
    return quantised(scale / 256) if dtype is INT16 else None


def quantisations(scales: Sequence[float], zero_points: Sequence[int]) -> list[Quantisation]:
    return [quantised(*end) for end in zip(scales, zero_points, strict=True)]


def ends(kind: str, dtype: DType) -> list[Quantisation | None]:
    """Of two inputs and the output."""
    if kind in ("MAXIMUM", "MINIMUM"):
        return [quantisation(dtype, 0.05, -3)] * 3
    return [
        quantisation(dtype, 0.05, 3),
        quantisation(dtype, 0.043, -7),
        quantisation(dtype, UNITS.get(kind, 0.05), 11),
    ]


def unary(
    kind: str,
    dtype: DType,
    shape: tuple[int, ...],
    x: Quantisation | None = None,
    y: Quantisation | None = None,
    **attributes: Attribute,
) -> Graph:
    """One computed input."""
    return single(kind, [tensor("x", dtype, shape, x)], [tensor("y", dtype, shape, y)], **attributes)


def binary(
    kind: str,
    dtype: DType,
    shapes: tuple[Sequence[int], Sequence[int]],
    quantisations: Sequence[Quantisation | None] | None = None,
    activation: str | None = None,
) -> Graph:
    """Two computed inputs."""
    a, b, y = quantisations or ends(kind, dtype)
    inputs = [tensor("a", dtype, shapes[0], a), tensor("b", dtype, shapes[1], b)]
    attributes = {"fused_activation_function": activation} if activation else {}
    return single(kind, inputs, [tensor("y", dtype, np.broadcast_shapes(*shapes), y)], **attributes)


def everything(dtype: DType, low: int | None = None) -> list[tuple[np.ndarray]]:
    """All values of an 8- or 16-bit type, from `low` on; below it, `low` again and again."""
    first, last = dtype.bounds
    return [(np.maximum(np.arange(first, last + 1), first if low is None else low).astype(dtype.numpy),)]


def pairs_of_int8() -> tuple[np.ndarray, np.ndarray]:
    """Each with each: 65,536 pairs, flat."""
    a, b = np.meshgrid(*[np.arange(-128, 128).astype(np.int8)] * 2)
    return a.reshape(-1), b.reshape(-1)

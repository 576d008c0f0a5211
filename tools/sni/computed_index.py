"""Indices that the network computes. They can be anything, and generated code has no way to fail: each is held to the
nearest that is valid, so that nothing outside an array is ever read or written. TFLM stops with an error in some such
cases and reads beyond the array in others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Layer
from tools.sni.strided_copy import Lookup, row_major

INDEX_TYPES = (DType.INT32, DType.INT64)

_CLAMPS = {DType.INT32: "sni_clamp", DType.INT64: "sni_clamp_wide"}


def index_type_problems(indices: Tensor) -> Iterator[str]:
    """Indices are int32 or int64."""
    if indices.dtype not in INDEX_TYPES:
        yield f"takes indices of type {' or '.join(t.value for t in INDEX_TYPES)}; tensor {indices} is not"


def begin_problems(tensor: Tensor, rank: int, what: str) -> Iterator[str]:
    """Where a box begins: an index for each of `rank` dimensions."""
    if tensor.dtype not in INDEX_TYPES or tensor.elements != rank:
        accepted = " or ".join(t.value for t in INDEX_TYPES)
        yield f"takes {rank} elements of {accepted} as {what}; tensor {tensor} is not that"


def clamp_helper(dtype: DType) -> str:
    """The helper that `clamped` calls."""
    return _CLAMPS[dtype].removeprefix("sni_")


def clamped(expression: str, dtype: DType, largest: int, factor: int) -> str:
    """C for an index held between 0 and `largest`, times a factor."""
    return f"{_CLAMPS[dtype]}({expression}, 0, {largest})" + (f" * {factor}" if factor != 1 else "")


def clamped_start(
    layer: Layer, position: int, shape: Sequence[int], box: Sequence[int]
) -> tuple[tuple[Lookup, ...], tuple[str, ...], tuple[str, ...]]:
    """Where a box begins in an array of `shape`, from the computed input `position`: lookups, declarations, helpers."""
    name, tensor = layer.input_names[position], layer.inputs[position]
    assert name is not None
    assert tensor is not None
    lines, largest = [], 0
    for axis, (n, size, stride) in enumerate(zip(shape, box, row_major(shape), strict=True)):
        if n > size:
            lines.append(f"{clamped(f'{name}[{axis}]', tensor.dtype, n - size, stride)};")
            largest += (n - size) * stride
    if not lines:
        return (), (), ()
    declared = (f"const int32_t start = {lines[0]}",) if len(lines) == 1 else (f"int32_t start = {lines[0]}",)
    declared += tuple(f"start += {line}" for line in lines[1:])
    return (Lookup("start", largest, (0,) * len(shape)),), declared, (clamp_helper(tensor.dtype),)


def offsets_table(name: str, values: np.ndarray, comment: str) -> Constant:
    """Offsets known when the code is made, in the smallest type that holds them."""
    largest = int(values.max(initial=0))
    dtype = next(t for t in (np.uint8, np.uint16, np.int32) if largest <= np.iinfo(t).max)
    return Constant(name, values.reshape(-1).astype(dtype), comment)

"""Inputs that say how instead of what: axes, shapes, paddings. They are constants, because memory is planned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.sni.ir import DType, Tensor
from tools.sni.operators import Layer
from tools.sni.quantised import signature

MOVABLE = (DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL)
"""What can be moved about without looking at it."""

MOVABLE_TYPES = tuple(t.value for t in MOVABLE)
"""For the `types` of an operator."""

_INTEGERS = (DType.INT32, DType.INT64)


def integers(tensor: Tensor) -> tuple[int, ...]:
    """The elements of a constant, in a row."""
    assert tensor.data is not None
    return tuple(int(value) for value in tensor.data.reshape(-1))


def constant_problems(
    layer: Layer, position: int, what: str, *, elements: int | None = None, types: Sequence[DType] = _INTEGERS
) -> Iterator[str]:
    """Input `position`, called `what`, must be a constant of integers, and of so many elements."""
    tensor = layer.inputs[position]
    assert tensor is not None
    if not tensor.is_constant:
        yield (
            f"needs constant {what}: shapes are fixed when the code is made; tensor {tensor} is computed "
            "(convert the model with a fixed input shape, so that it becomes a constant)"
        )
    elif tensor.dtype not in types:
        yield f"takes {what} of type {' or '.join(t.value for t in types)}; tensor {tensor} is not"
    elif elements is not None and tensor.elements != elements:
        yield f"takes {elements} elements as {what}; tensor {tensor} has {tensor.elements}"


def axis_problems(axis: int, rank: int, what: str = "axis") -> Iterator[str]:
    """An axis counts from the front, or backwards from -1."""
    if not -rank <= axis < rank:
        yield f"has {what} {axis} of an array of {rank} dimensions; accepted: {-rank} to {rank - 1}"


def moved_type_problems(data: Sequence[Tensor | None], types: Sequence[DType] = MOVABLE) -> Iterator[str]:
    """What is moved keeps its type."""
    found = {tensor.dtype for tensor in data if tensor is not None}
    if len(found) > 1:
        yield f"keeps the element type; it has {signature(data)}"
    elif not found <= set(types):
        yield f"takes {', '.join(t.value for t in types)}; it has {signature(data)}"


def made_shape_problems(tensor: Tensor, shape: Sequence[int]) -> Iterator[str]:
    """An output must have the shape that the operator makes of its inputs."""
    if tensor.shape != tuple(shape):
        yield f"makes an output of shape {list(shape)} from these inputs; the model says {tensor}"

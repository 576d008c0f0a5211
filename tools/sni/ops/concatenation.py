"""CONCATENATION: arrays one after the other along an axis."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.along_axis import joined
from tools.sni.ir import DType, Tensor
from tools.sni.operators import ANY_NUMBER, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import MOVABLE_TYPES, axis_problems, made_shape_problems, moved_type_problems


@operator(
    "CONCATENATION",
    types=MOVABLE_TYPES,
    inputs=(1, ANY_NUMBER),
    limits="int8 inputs quantised as the output; fused activation NONE",
)
def check(layer: Layer) -> Iterator[str]:
    y = layer.output
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation != "NONE":
        yield f"has the fused activation {activation}; accepted: NONE"
    if None in layer.inputs:
        yield f"needs every input; it has {sum(x is None for x in layer.inputs)} left out"
        return
    yield from moved_type_problems((*layer.inputs, y))
    for x in layer.inputs:
        if x.dtype is DType.INT8 and x.quantisation != y.quantisation:
            yield (
                f"copies int8 without rescaling, so each input must be quantised as the output, {y.quantisation}; "
                f"tensor {x} has {x.quantisation}"
            )
    axis, rank = layer.attribute("axis", 0), len(layer.input.shape)
    problems = [*axis_problems(axis, rank), *_shape_problems(layer.inputs, axis)]
    yield from problems
    if not problems:
        yield from made_shape_problems(y, _shape(layer))


def _shape_problems(inputs: tuple[Tensor, ...], axis: int) -> Iterator[str]:
    first = inputs[0]
    rank = len(first.shape)
    for x in inputs[1:]:
        alike = len(x.shape) == rank and all(
            a == b for i, (a, b) in enumerate(zip(x.shape, first.shape, strict=True)) if i != axis % rank
        )
        if not alike:
            yield f"joins arrays that differ along axis {axis} only; it has {first} and {x}"


def _shape(layer: Layer) -> tuple[int, ...]:
    shape = list(layer.input.shape)
    axis = layer.attribute("axis", 0) % len(shape)
    shape[axis] = sum(x.shape[axis] for x in layer.inputs)
    return tuple(shape)


@kernel("CONCATENATION", profile="c99")
def concatenate(layer: Layer) -> Kernel:
    axis = layer.attribute("axis", 0) % len(layer.output.shape)
    counts = [x.shape[axis] for x in layer.inputs]
    return joined(layer, f"concatenation_{layer.output.dtype.value}", layer.output.shape, axis, counts)

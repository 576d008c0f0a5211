"""BROADCAST_ARGS: the shape that two shapes, given as arrays, broadcast to."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import made_shape_problems, moved_type_problems
from tools.sni.strided_copy import data_input


@operator("BROADCAST_ARGS", types=("int32", "int64"), inputs=(2, 2))
def check(layer: Layer) -> Iterator[str]:
    yield from moved_type_problems((*layer.inputs, layer.output), (DType.INT32, DType.INT64))
    for x in layer.inputs:
        if len(x.shape) != 1:
            yield f"takes shapes, arrays of one dimension; it has {x}"
    if all(len(x.shape) == 1 for x in layer.inputs):
        yield from made_shape_problems(layer.output, (max(x.elements for x in layer.inputs),))


@kernel("BROADCAST_ARGS", profile="c99")
def broadcast_args(layer: Layer) -> Kernel:
    """The last dimensions meet; what the longer shape has in front of them stays."""
    (a, of_a), (b, of_b) = (data_input(layer, position) for position in (0, 1))
    longer, shorter = sorted(((x.elements, n) for x, n in zip(layer.inputs, (a, b), strict=True)), reverse=True)
    return Kernel(
        f"broadcast_args_{layer.output.dtype.value}",
        "broadcast_args.c.j2",
        {
            "longer": longer[1],
            "shorter": shorter[1],
            "before": longer[0] - shorter[0],
            "elements": longer[0],
            "type": layer.output.dtype.c,
        },
        (*of_a, *of_b),
    )

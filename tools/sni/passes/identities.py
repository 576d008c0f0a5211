"""Operators that leave every element where it is become RESHAPE, which costs nothing; those that follow are merged.

An output of as many elements as the input has is all that most of these need to show: then nothing was cut off, added
or repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tools.sni.ir import DType, Graph, Op
from tools.sni.operators import Layer
from tools.sni.passes.rewriting import RESHAPES, Sweep
from tools.sni.shape_inputs import integers

_FINITE = ("ADD", "DIV", "LOGISTIC", "MUL", "RELU6", "RELU_N1_TO_1", "SOFTMAX", "SUB", "TANH")
"""Operators of float32 that never make an infinity, here and in TFLM."""


def remove_identities(graph: Graph) -> Graph:
    """What leaves every element where it is becomes RESHAPE: SQUEEZE, EXPAND_DIMS, TRANSPOSE that moves axes of 1 only,
    CONCATENATION and PACK of one, SPLIT, SPLIT_V and UNPACK into one, SLICE and STRIDED_SLICE of everything, PAD, PADV2
    and MIRROR_PAD by nothing, BROADCAST_TO and CAST to the same; float32 times 1, through 1, less 0 or plus -0 where no
    infinity can come in.
    """
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        source = _source(sweep, sweep.constant_last(op))
        sweep.keep(op if source is None else replace(op, kind="RESHAPE", inputs=(source,), attributes={}))
    return sweep.graph()


def _source(sweep: Sweep, op: Op) -> int | None:
    """The tensor that the operator's only output repeats, if it does."""
    known = _IDENTITIES.get(op.kind)
    if known is None or len(op.outputs) != 1 or not sweep.legal(op):
        return None
    position, holds = known
    source = op.inputs[position]
    x, y = sweep.tensors[source], sweep.tensors[op.outputs[0]]
    same = x.dtype is y.dtype and x.elements == y.elements
    return source if same and holds(sweep, sweep.layer(op)) else None


def _always(sweep: Sweep, layer: Layer) -> bool:
    return True


def _alone(sweep: Sweep, layer: Layer) -> bool:
    return len(layer.inputs) == 1


def _keeps_order(sweep: Sweep, layer: Layer) -> bool:
    """Of a TRANSPOSE: whether the axes of more than one element stay in order."""
    rank = len(layer.input.shape)
    moved = [axis % rank for axis in integers(layer.inputs[1])]
    large = [axis for axis in moved if layer.input.shape[axis] > 1]
    return large == sorted(large)


def _forwards(sweep: Sweep, layer: Layer) -> bool:
    return min(integers(layer.inputs[3]), default=1) > 0


def _neutral(sweep: Sweep, layer: Layer) -> bool:
    """Whether the second input changes no float. Infinities, which TFLM makes finite here, must not come in."""
    second = layer.inputs[1]
    neutral = {"MUL": 1.0, "DIV": 1.0, "SUB": 0.0, "ADD": -0.0}[layer.op.kind]
    return (
        layer.input.dtype is DType.FLOAT32
        and layer.attribute("fused_activation_function", "NONE") == "NONE"
        and second.is_constant
        # Bytes, not values: 0.0 equals -0.0.
        and second.data.tobytes() == np.float32(neutral).tobytes() * second.elements
        and sweep.producer(layer.op.inputs[0], _FINITE) is not None
    )


_IDENTITIES: dict[str, tuple[int, Callable[[Sweep, Layer], bool]]] = {
    **dict.fromkeys(RESHAPES, (0, _always)),
    **dict.fromkeys(("BROADCAST_TO", "CAST", "MIRROR_PAD", "PAD", "PADV2", "SLICE", "SPLIT_V", "UNPACK"), (0, _always)),
    **dict.fromkeys(("ADD", "DIV", "MUL", "SUB"), (0, _neutral)),
    **dict.fromkeys(("CONCATENATION", "PACK"), (0, _alone)),
    "SPLIT": (1, _always),
    "STRIDED_SLICE": (0, _forwards),
    "TRANSPOSE": (0, _keeps_order),
}
"""For each kind the input that is repeated and what must hold, besides one output of the same type and size."""

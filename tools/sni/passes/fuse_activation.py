"""An activation that only clamps becomes part of the operator in front of it.

Where both sides are quantised alike, the clamp of what the operator makes is the clamp of the activation. Anywhere else
TFLM rounds twice, or something reads the value in between. Two clamps in a row are one, if there is a name for it.
"""

from __future__ import annotations

from dataclasses import replace

from tools.sni.ir import Graph, Op
from tools.sni.passes.rewriting import Sweep
from tools.sni.quantised import ACTIVATIONS

FUSING = (
    "ADD",
    "AVERAGE_POOL_2D",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DIV",
    "FULLY_CONNECTED",
    "L2_POOL_2D",
    "MAX_POOL_2D",
    "MUL",
    "SUB",
    "TRANSPOSE_CONV",
)
"""The operators in which TFLM regards `fused_activation_function`; their checks say for which types."""


def fuse_activations(graph: Graph) -> Graph:
    """RELU, RELU6 and RELU_N1_TO_1 go into the operator that alone makes their input, if both are quantised alike."""
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        producer = sweep.mergeable(op, FUSING) if op.kind in ACTIVATIONS and op.inputs and op.outputs else None
        merged = _merged(sweep, producer, op) if producer else None
        if merged:
            sweep.merge(producer, merged)
        else:
            sweep.keep(op)
    return sweep.graph()


def _merged(sweep: Sweep, producer: Op, activation: Op) -> Op | None:
    before, after = sweep.tensors[producer.outputs[0]], sweep.tensors[activation.outputs[0]]
    both = _both(str(producer.attributes.get("fused_activation_function", "NONE")), activation.kind)
    if both is None or replace(before, name="") != replace(after, name="") or not sweep.legal(activation):
        return None
    attributes = {**producer.attributes, "fused_activation_function": both}
    merged = replace(producer, outputs=activation.outputs, attributes=attributes)
    return merged if sweep.legal(merged) else None


def _both(first: str, second: str) -> str | None:
    """The activation that is one after the other, if there is one."""
    if first not in ACTIVATIONS:
        return None
    bounds = list(zip(ACTIVATIONS[first], ACTIVATIONS[second], strict=True))
    low, high = (
        choose((bound for bound in side if bound is not None), default=None)
        for choose, side in zip((max, min), bounds, strict=True)
    )
    return next((name for name, given in ACTIVATIONS.items() if given == (low, high)), None)

"""FULLY_CONNECTED followed by RELU or RELU6 becomes one operator with a fused activation.

Only where the activation clamps and does nothing else: float, or the same quantisation on both sides, so that the clamp
of the sum is the clamp of the activation. Anywhere else TFLM rounds twice, or something reads the value in between.
"""

from __future__ import annotations

from dataclasses import replace

from tools.sni.ir import Graph, Op

_FUSING = ("FULLY_CONNECTED",)
_ACTIVATIONS = ("RELU", "RELU6")


def fuse_activations(graph: Graph) -> Graph:
    fused: dict[int, Op] = {}
    ops: list[Op] = []
    for op in graph.ops:
        producer = fused.get(op.inputs[0]) if op.kind in _ACTIVATIONS and op.inputs else None
        if producer is not None and _fits(graph, producer, op):
            merged = replace(
                producer, outputs=op.outputs, attributes={**producer.attributes, "fused_activation_function": op.kind}
            )
            ops[ops.index(producer)] = merged
            fused[op.outputs[0]] = merged
            continue
        if op.kind in _FUSING and len(op.outputs) == 1:
            fused[op.outputs[0]] = op
        ops.append(op)
    return graph.with_ops(tuple(ops))


def _fits(graph: Graph, producer: Op, activation: Op) -> bool:
    between, after = graph.tensors[activation.inputs[0]], graph.tensors[activation.outputs[0]]
    return (
        producer.attributes.get("fused_activation_function", "NONE") == "NONE"
        and activation.inputs[0] not in graph.outputs
        and len(list(graph.consumers(activation.inputs[0]))) == 1
        and between.shape == after.shape
        and between.dtype is after.dtype
        and between.quantisation == after.quantisation
    )

"""Float16 constants go as they are, with 16 bits, to the operators whose kernels convert them when they run.

For all others constant folding makes float32 of them when the code is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tools.sni.ir import DType, Graph, Op
from tools.sni.passes.rewriting import Sweep

POSITIONS: Mapping[str, tuple[int, ...]] = dict.fromkeys(
    ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"), (1,)
)
"""The inputs, of each kind of operator, that may be float16 constants."""


def keep_float16_weights(graph: Graph) -> Graph:
    """DEQUANTIZE of a float16 constant goes where a kernel takes the constant itself."""
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        sweep.keep(_with_float16(sweep, op))
    return sweep.graph()


def _with_float16(sweep: Sweep, op: Op) -> Op:
    if op.kind not in POSITIONS:
        return op
    inputs, kept = list(op.inputs), False
    for position, tensor in enumerate(op.inputs):
        dequantise = sweep.producer(tensor, ("DEQUANTIZE",))
        source = sweep.tensors[dequantise.inputs[0]] if dequantise else None
        if not source or not source.is_constant or source.dtype is not DType.FLOAT16:
            continue
        if position in POSITIONS[op.kind]:
            inputs[position], kept = dequantise.inputs[0], True
        elif sweep.legal(dequantise):
            # A bias, which kernels want to be a constant before they take such weights.
            inputs[position] = sweep.constant(source.name, DType.FLOAT32, source.data)
    changed = replace(op, inputs=tuple(inputs))
    return changed if kept and sweep.legal(changed) else op

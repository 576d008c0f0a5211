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
    inputs = list(op.inputs)
    for position in POSITIONS.get(op.kind, ()):
        dequantise = sweep.producer(inputs[position], ("DEQUANTIZE",)) if position < len(inputs) else None
        source = sweep.tensors[dequantise.inputs[0]] if dequantise else None
        if source and source.is_constant and source.dtype is DType.FLOAT16:
            inputs[position] = dequantise.inputs[0]
    changed = replace(op, inputs=tuple(inputs))
    return changed if changed != op and sweep.legal(changed) else op

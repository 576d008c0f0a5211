"""Two TRANSPOSE in a row are one. What comes of a detour there and back is an identity, which another pass removes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tools.sni.ir import DType, Graph, Op
from tools.sni.passes.rewriting import Sweep
from tools.sni.shape_inputs import integers


def merge_transposes(graph: Graph) -> Graph:
    """TRANSPOSE of a TRANSPOSE becomes one, of what the first one reads."""
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        first = sweep.producer(op.inputs[0], ("TRANSPOSE",)) if op.kind == "TRANSPOSE" and op.inputs else None
        if first and sweep.stable(first.inputs[0]) and sweep.legal(first) and sweep.legal(op):
            op = _merged(sweep, first, op)
        sweep.keep(op)
    return sweep.graph()


def _merged(sweep: Sweep, first: Op, second: Op) -> Op:
    rank = len(sweep.tensors[first.inputs[0]].shape)
    inner, outer = (integers(sweep.tensors[op.inputs[1]]) for op in (first, second))
    permutation = np.array([inner[axis % rank] % rank for axis in outer])
    name = sweep.tensors[second.inputs[1]].name
    return replace(second, inputs=(first.inputs[0], sweep.constant(name, DType.INT32, permutation)))

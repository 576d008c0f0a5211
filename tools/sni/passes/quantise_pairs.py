"""QUANTIZE that gives back the integers that are there already becomes RESHAPE.

Of DEQUANTIZE and QUANTIZE with the same scale s and zero point the integer d + zero point comes back, because
d * s / s, rounded to single precision twice, is off d by less than |d| * 2^-22, which is less than a half for all that
16 bits hold. Only a product beyond the largest float would not be.

QUANTIZE of integers with the same scale and zero point on both sides multiplies by 1: by 2^30 * 2 / 2^31, exactly.
"""

from __future__ import annotations

from dataclasses import replace

from tools.sni.ir import DType, Graph, Op
from tools.sni.passes.rewriting import RESHAPES, Sweep

_LARGEST_SCALE = 1e33
"""2^16 times that is still a float."""


def remove_quantise_pairs(graph: Graph) -> Graph:
    """QUANTIZE of what DEQUANTIZE made, and QUANTIZE of integers, become RESHAPE if the type, scale and zero point that
    come out went in.
    """
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        source = _source(sweep, op) if op.kind == "QUANTIZE" else None
        sweep.keep(op if source is None else replace(op, kind="RESHAPE", inputs=(source,), attributes={}))
    return sweep.graph()


def _source(sweep: Sweep, op: Op) -> int | None:
    """The tensor that holds the integers already."""
    if not sweep.legal(op):
        return None
    source = op.inputs[0]
    if sweep.tensors[source].dtype is DType.FLOAT32:
        dequantise = sweep.producer(sweep.source(source, RESHAPES), ("DEQUANTIZE",))
        if dequantise is None or not sweep.legal(dequantise):
            return None
        source = dequantise.inputs[0]
    x, y = sweep.tensors[source], sweep.tensors[op.outputs[0]]
    same = (x.dtype, x.quantisation, x.per_step) == (y.dtype, y.quantisation, y.per_step)
    return source if same and sweep.stable(source) and y.quantisation.scale <= _LARGEST_SCALE else None

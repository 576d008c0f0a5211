"""A RESHAPE reads what the operators of its kind in front of it read; one that changes nothing goes.

The shape that a RESHAPE makes is that of its output tensor, so an input that computes it is dropped as well.
"""

from __future__ import annotations

from dataclasses import replace

from tools.sni.ir import Graph
from tools.sni.passes.rewriting import RESHAPES, Sweep


def merge_reshapes(graph: Graph) -> Graph:
    """Of a chain of RESHAPE, SQUEEZE and EXPAND_DIMS the last reads what the first did, without an input for the shape;
    RESHAPE to the shape that is there already goes.
    """
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        if op.kind != "RESHAPE" or not sweep.legal(op):
            sweep.keep(op)
            continue
        source = sweep.source(op.inputs[0], RESHAPES)
        if not sweep.identify(source, op.outputs[0]):
            sweep.keep(replace(op, inputs=(source,), attributes={}))
    return sweep.graph()

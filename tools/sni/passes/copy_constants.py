"""Constants that a kernel wants to find in the arena are copied there. The last pass: folding would undo it.

Most kernels read what their first input is from where the layer before it wrote. Weights, axes and other constants that
say how, and all inputs of the operators listed here, become tables or literals of the C instead.
"""

from __future__ import annotations

from dataclasses import replace

from tools.sni.ir import Graph, Op
from tools.sni.passes.rewriting import Sweep

_BROADCASTING = (
    *("ADD", "DIV", "FLOOR_DIV", "FLOOR_MOD", "MAXIMUM", "MINIMUM", "MUL", "PRELU", "SQUARED_DIFFERENCE", "SUB"),
    *("EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL", "NOT_EQUAL"),
    *("CAST", "LOGICAL_AND", "LOGICAL_OR", "SELECT", "SELECT_V2"),
)
_MOVING = (
    *("BATCH_TO_SPACE_ND", "BROADCAST_ARGS", "BROADCAST_TO", "CONCATENATION", "DEPTH_TO_SPACE", "DYNAMIC_UPDATE_SLICE"),
    *("EMBEDDING_LOOKUP", "EXPAND_DIMS", "FILL", "GATHER", "GATHER_ND", "MIRROR_PAD", "PACK", "PAD", "PADV2"),
    *("RESHAPE", "REVERSE_V2", "SHAPE", "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE"),
    *("STRIDED_SLICE", "TILE", "TRANSPOSE", "UNPACK", "ZEROS_LIKE"),
)
_COPYING = ("ASSIGN_VARIABLE", "READ_VARIABLE", "copy")
_NOT_OF_DATA = ("TRANSPOSE_CONV",)
"""The first input is a shape."""

TAKING_CONSTANTS = frozenset((*_BROADCASTING, *_MOVING, *_COPYING, *_NOT_OF_DATA))
"""Kinds whose kernels take a constant as their first input too."""


def takes_constant(kind: str, position: int) -> bool:
    """Whether the kernels of a kind can do with a constant as that input."""
    return position > 0 or kind in TAKING_CONSTANTS


def copy_constants(graph: Graph) -> Graph:
    """A constant that is the first input of a kernel which reads the arena is copied there by a RESHAPE."""
    sweep = Sweep(graph)
    for op in graph.ops:
        sweep.keep(_with_copy(sweep, op))
    return sweep.graph()


def _with_copy(sweep: Sweep, op: Op) -> Op:
    if not op.inputs or op.inputs[0] is None or takes_constant(op.kind, 0):
        return op
    source, *others = op.inputs
    # No activation is of these, so whoever takes one takes it as a constant.
    if not sweep.tensors[source].is_constant or sweep.tensors[source].is_narrow:
        return op
    copy = sweep.computed(sweep.tensors[source])
    sweep.keep(Op("RESHAPE", (source,), (copy,), {}, op.index, op.subgraph))
    return replace(op, inputs=(copy, *others))

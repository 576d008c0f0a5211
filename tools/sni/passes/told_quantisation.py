"""Loops whose quantisation differs from step to step: whether there are kernels for it, and who else is to use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tools.sni.ir import Graph, Op, Tensor
from tools.sni.lower import iterations, layer_of, problems
from tools.sni.operators import STEPPED, Layer
from tools.sni.options import Options

_MOVING = frozenset(
    (
        *("CONCATENATION", "EXPAND_DIMS", "GATHER", "PACK", "RESHAPE", "SLICE"),
        *("SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK"),
    )
)
"""Kinds that do the same whatever the quantisation, as long as it is one."""

_OPTIONS = Options("model")
"""Whether there is a kernel depends on none of what can be chosen."""


def has_kernels(tensors: Mapping[int, Tensor], body: Sequence[Op]) -> bool:
    """Whether every operator of a loop has a kernel for the quantisation of each step, or does not care."""
    graph = Graph(tensors, tuple(body), (), ())
    # What is wrong is told of the operators as they stand in the file.
    return not problems(graph, "", _OPTIONS) and all(_has_kernel(layer_of(graph, op, _OPTIONS)) for op in body)


def _has_kernel(layer: Layer) -> bool:
    steps = iterations(layer)
    if not steps:
        return True
    if layer.op.kind in _MOVING:
        return all(_quantised_alike((*step.inputs, *step.outputs)) for step in steps)
    return layer.op.kind in STEPPED and STEPPED[layer.op.kind]["c99"](layer, steps) is not None


def _quantised_alike(tensors: Sequence[Tensor | None]) -> bool:
    return len({tensor.quantisation for tensor in tensors if tensor and not tensor.is_constant}) <= 1


def tell_others(tensors: Mapping[int, Tensor], body: Sequence[Op], outside: Sequence[Op]) -> dict[int, Tensor]:
    """Tensors of operators outside that do what some in the loop do, but are not told their quantisation yet.

    The first step of a network has no state before it and is no part of the loop. Told like the others, it shares their
    functions and tables.
    """
    told = {_doing(tensors, op): op for op in body if op.kind in STEPPED and _is_told(tensors, op)}
    changed = {}
    for op in outside:
        like = told.get(_doing(tensors, op)) if op.kind in STEPPED else None
        if like is None:
            continue
        # A bias may be left out.
        pairs = (*zip(like.inputs, op.inputs, strict=False), *zip(like.outputs, op.outputs, strict=True))
        for theirs, own in pairs:
            tensor, other = tensors.get(own), tensors.get(theirs)
            if other and other.per_step and tensor and tensor.quantisation and not tensor.per_step:
                changed[own] = replace(tensor, per_step=(tensor.quantisation,))
    return changed


def _is_told(tensors: Mapping[int, Tensor], op: Op) -> bool:
    return any(tensors[tensor].per_step for tensor in (*op.inputs, *op.outputs) if tensor is not None)


def _doing(tensors: Mapping[int, Tensor], op: Op) -> object:
    """What an operator does, without its quantisation, and without the bias that comes third in FULLY_CONNECTED."""
    inputs = [tensors[tensor] for tensor in op.inputs[:2] if tensor is not None]
    constants = tuple(None if tensor.data is None else tensor.data.tobytes() for tensor in inputs)
    shapes = tuple((tensor.dtype, tensor.shape) for tensor in (*inputs, *(tensors[t] for t in op.outputs)))
    return op.kind, tuple(sorted(op.attributes.items())), shapes, constants

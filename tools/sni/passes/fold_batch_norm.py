"""What is left of a batch normalisation behind a float32 layer goes into the layer's weights and bias.

A factor and a summand for each channel behind a weighted sum: f * (sum of x * w + b) + c is sum of x * (f * w) plus
f * b + c. Weights and bias are computed in double precision and rounded once, so the results are other floats, within
the contract for float32; this is the one pass that changes bits. Integers would change by whole steps and are left
alone. So are layers where b, f * b or c are so much larger than what the weights make of inputs of size 1 and what is
left of the bias, that digits would cancel in one computation and not in the other.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tools.sni.ir import DType, Graph, Op
from tools.sni.passes.rewriting import Sweep

_OUTPUT_AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "FULLY_CONNECTED": 0}
"""The layers that take a factor, with the axis of their weights that counts outputs."""

_AFFINE = ("ADD", "DIV", "MUL", "SUB")
_LARGEST_RATIO = 64.0
"""How much larger constants may be than what is left of them: a float's 24 bits less these 6 are 4e-6 of the rest."""


def fold_batch_norms(graph: Graph) -> Graph:
    """MUL, DIV, ADD and SUB of a constant for each channel go into weights and bias of the float32 CONV_2D,
    DEPTHWISE_CONV_2D or FULLY_CONNECTED in front of them. Changes bits, within 1e-5.
    """
    sweep = Sweep(graph)
    for op in map(sweep.current, graph.ops):
        affine = sweep.constant_last(op)
        layer = sweep.mergeable(affine, _OUTPUT_AXES) if op.kind in _AFFINE and len(op.outputs) == 1 else None
        merged = _merged(sweep, layer, affine) if layer else None
        if merged:
            sweep.merge(layer, merged)
        else:
            sweep.keep(op)
    return sweep.graph()


def _merged(sweep: Sweep, layer: Op, op: Op) -> Op | None:
    made, y = sweep.tensors[layer.outputs[0]], sweep.tensors[op.outputs[0]]
    weights = sweep.tensors[layer.inputs[1]]
    # Weights of fewer bits would need more of them.
    if not made.dtype is weights.dtype is DType.FLOAT32:
        return None
    if made.shape != y.shape or not (sweep.legal(layer) and sweep.legal(op)):
        return None
    if layer.attributes.get("fused_activation_function", "NONE") != "NONE":
        return None
    given = _factor_and_summand(sweep, op, made.shape[-1])
    folded = _folded(sweep, layer, *given) if given else None
    if folded is None:
        return None
    bias = sweep.layer(layer).optional(2)
    inputs = (
        layer.inputs[0],
        layer.inputs[1] if given[0] is None else sweep.constant(weights.name, DType.FLOAT32, folded[0]),
        sweep.constant(bias.name if bias else f"{weights.name} bias", DType.FLOAT32, folded[1]),
    )
    activation = op.attributes.get("fused_activation_function", "NONE")
    attributes = {**layer.attributes, "fused_activation_function": activation}
    merged = replace(layer, inputs=inputs, outputs=op.outputs, attributes=attributes)
    return merged if sweep.legal(merged) else None


def _factor_and_summand(sweep: Sweep, op: Op, channels: int) -> tuple[np.ndarray | None, np.ndarray | None] | None:
    """What the operator multiplies by and what it adds, for each channel; None for neither, or for something else."""
    constant = sweep.tensors[op.inputs[1]]
    per_channel = constant.shape[-1:] == (channels,) and constant.elements == channels
    if not constant.is_constant or not (per_channel or constant.elements == 1):
        return None
    values = np.broadcast_to(constant.data.reshape(-1).astype(np.float64), (channels,))
    if op.kind in ("ADD", "SUB"):
        return None, values if op.kind == "ADD" else -values
    with np.errstate(divide="ignore"):
        return values if op.kind == "MUL" else 1 / values, None


def _folded(
    sweep: Sweep, layer: Op, factor: np.ndarray | None, summand: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Weights and bias in float32, None if they are not finite or if digits cancel."""
    _, weights, *rest = sweep.layer(layer).inputs
    bias = rest[0] if rest else None
    channels = weights.shape[_OUTPUT_AXES[layer.kind]]
    f = np.ones(channels) if factor is None else factor
    c = np.zeros(channels) if summand is None else summand
    b = np.zeros(channels) if bias is None else bias.data.reshape(-1).astype(np.float64)
    rows = np.moveaxis(weights.data, _OUTPUT_AXES[layer.kind], -1).astype(np.float64)
    with np.errstate(all="ignore"):
        scaled, shifted = (rows * f).astype(np.float32), (f * b + c).astype(np.float32)
        norms = np.sqrt((scaled.reshape(-1, channels).astype(np.float64) ** 2).sum(axis=0))
        constants = np.abs([b * f, c]).max()
    if not (np.all(np.isfinite(scaled)) and np.all(np.isfinite(shifted))):
        return None
    if b.any() and constants > _LARGEST_RATIO * max(norms.max(), np.abs(shifted).max()):
        return None
    return np.moveaxis(scaled, -1, _OUTPUT_AXES[layer.kind]), shifted

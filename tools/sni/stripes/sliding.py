"""Which operators can make a few rows of their output from a few rows of their inputs."""

from __future__ import annotations

from collections.abc import Mapping

from tools.sni.hybrid import is_hybrid
from tools.sni.operators import Layer
from tools.sni.windows import Axis, Window, window_of

_EACH_ELEMENT = frozenset({"ADD", "MUL", "SUB", "RELU", "RELU6", "RELU_N1_TO_1", "QUANTIZE", "DEQUANTIZE"})
"""Operators that make each element from those in its place."""

_POOLS = frozenset({"AVERAGE_POOL_2D", "MAX_POOL_2D"})
_CONVOLUTIONS = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})


def window(layer: Layer) -> Window | None:
    """The window of an operator that slides one over an image."""
    if layer.op.kind in _POOLS:
        return window_of(layer, (int(layer.attribute("filter_height", 1)), int(layer.attribute("filter_width", 1))))
    if layer.op.kind in _CONVOLUTIONS:
        return window_of(layer, layer.inputs[1].shape[1:3])
    return None


def rows_needed(layer: Layer) -> Mapping[int, Axis] | None:
    """How the rows of each computed input become those of the output; None where they cannot be taken a few at a time.

    Both are images [1, rows, columns, channels].
    """
    computed = [i for i, x in enumerate(layer.inputs) if x is not None and not x.is_constant]
    shapes = [layer.inputs[i].shape for i in computed] + [y.shape for y in layer.outputs]
    if not computed or len(layer.outputs) != 1 or any(len(shape) != 4 or shape[0] != 1 for shape in shapes):
        return None
    if any(x is not None and (x.per_step or x.data_per_step or x.variable) for x in (*layer.inputs, *layer.outputs)):
        return None
    if layer.op.kind in _EACH_ELEMENT:
        constants = [x.shape for x in layer.inputs if x is not None and x.is_constant]
        alike = len(set(shapes)) == 1 and all(len(shape) < 3 or shape[-3] == 1 for shape in constants)
        rows = shapes[0][1]
        return {i: Axis(rows, rows, 1, 1, 1, 0) for i in computed} if alike else None
    slides = window(layer) if computed == [0] else None
    # Hybrid layers quantise by the range of a whole image.
    by_parts = slides is not None and (layer.op.kind in _POOLS or not is_hybrid(layer))
    return {0: slides.y} if by_parts else None

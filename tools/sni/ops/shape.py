"""SHAPE: the dimensions of an array, which are known when the code is made."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.ir import DType
from tools.sni.operators import Constant, Kernel, Layer, kernel, operator
from tools.sni.shape_inputs import made_shape_problems
from tools.sni.strided_copy import Move, Place, movement


@operator("SHAPE", types=("any to int32", "any to int64"))
def check(layer: Layer) -> Iterator[str]:
    y = layer.output
    if y.dtype not in (DType.INT32, DType.INT64):
        yield f"makes int32 or int64; its output is {y}"
    yield from made_shape_problems(y, (len(layer.input.shape),))


@kernel("SHAPE", profile="c99")
def shape(layer: Layer) -> Kernel:
    y = layer.output
    dimensions = Constant("dimensions", np.array(layer.input.shape, y.dtype.numpy), "of the input")
    copy = Move((y.elements,), Place(layer.output_names[0], y.elements, (1,)), Place("dimensions", y.elements, (1,)))
    return movement(layer, f"shape_{y.dtype.value}", [copy], constants=(dimensions,))

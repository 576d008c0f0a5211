"""ABS: the magnitude of each element."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.arithmetic import operand_problems, quantised_result
from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.elementwise import INT8_INPUTS, table
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import INTEGER_ACTIVATIONS, largest_difference, symmetric_problems
from tools.sni.rescaling import Rescaling, factor_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32)


@operator("ABS", types=tuple(t.value for t in _TYPES), limits="int16 with zero points of 0")
def check(layer: Layer) -> Iterator[str]:
    found = list(operand_problems(layer, *_TYPES))
    yield from found
    if not found and layer.output.dtype in INTEGER_ACTIVATIONS:
        yield from symmetric_problems(layer.input, layer.output)
        yield from factor_problems("the magnitude", _rescaling(layer).real)


def _rescaling(layer: Layer) -> Rescaling:
    x, y = layer.input, layer.output
    return Rescaling(x.quantisation.scale / y.quantisation.scale, int(largest_difference(x)[0]))


@kernel("ABS", profile="c99")
def absolute(layer: Layer) -> Kernel:
    dtype = layer.output.dtype
    if dtype is DType.FLOAT32:
        return broadcast(layer, "abs_float32", lambda x: Element(f"fabsf({x})", includes=("math.h",)))
    if dtype is DType.INT32:
        # The smallest integer has no positive counterpart; modulo 2^32 it stays itself.
        return broadcast(layer, "abs_int32", lambda x: Element(f"{x} < 0 ? (int32_t)(0U - (uint32_t){x}) : {x}"))
    rescaling = _rescaling(layer)
    if dtype is DType.INT8:
        magnitudes = np.abs(INT8_INPUTS - layer.input.quantisation.zero_point)
        outputs = rescaling.of(magnitudes, layer.options.rounding) + layer.output.quantisation.zero_point
        return table(layer, "abs_int8_table", np.clip(outputs, -128, 127))

    def element(x: Operand) -> Element:
        scaled = rescaling.expression(f"{x} < 0 ? -{x} : {x}")
        return quantised_result(layer, scaled)

    return broadcast(layer, "abs_int16", element)

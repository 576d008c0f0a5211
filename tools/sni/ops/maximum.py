"""MAXIMUM and MINIMUM: the larger or the smaller of two inputs."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, broadcast
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import same_quantisation_problems

_TYPES = (DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.INT64)
_NAMES = tuple(t.value for t in _TYPES)
_LIMITS = "broadcasts; inputs and output quantised alike"


@operator("MAXIMUM", types=_NAMES, inputs=(2, 2), limits=_LIMITS)
def check_maximum(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, *_TYPES)
    yield from same_quantisation_problems(*layer.inputs, layer.output)


@operator("MINIMUM", types=_NAMES, inputs=(2, 2), limits=_LIMITS)
def check_minimum(layer: Layer) -> Iterator[str]:
    yield from check_maximum(layer)


@kernel("MAXIMUM", profile="c99")
def maximum(layer: Layer) -> Kernel:
    # The comparison, and not fmaxf: a NaN on either side gives b, as in TFLM.
    return broadcast(layer, f"maximum_{layer.output.dtype.value}", lambda a, b: Element(f"{a} > {b} ? {a} : {b}"))


@kernel("MINIMUM", profile="c99")
def minimum(layer: Layer) -> Kernel:
    return broadcast(layer, f"minimum_{layer.output.dtype.value}", lambda a, b: Element(f"{a} < {b} ? {a} : {b}"))

"""L2_NORMALIZATION over the last axis: x / sqrt(sum of squares of x)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.elementwise import IN_PLACE
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import largest_difference, per_tensor_problems, signature

_EPSILON = float(np.float32(1e-6))
"""TFLM takes no smaller norm than this in float."""


@operator(
    "L2_NORMALIZATION",
    types=("float32", "int8"),
    limits="over the last axis, without a fused activation; int8 into scale 1/128 and zero point 0",
)
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.dtype not in (DType.FLOAT32, DType.INT8):
        yield f"takes and makes one of float32, int8; it has {signature((x, y))}"
        return
    if not x.shape or x.shape != y.shape:
        yield f"keeps the shape, of one dimension or more; it has {x} and {y}"
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation != "NONE":
        yield f"has the fused activation {activation}; accepted: NONE"
    found = list(per_tensor_problems(x, y))
    yield from found
    if x.dtype is not DType.INT8 or found or not x.shape:
        return
    if (y.quantisation.scale, y.quantisation.zero_point) != (1 / 128, 0):
        yield f"makes int8 of scale 1/128 and zero point 0; it has {y.quantisation}"
    longest = ((1 << 31) - 1) // int(largest_difference(x)[0]) ** 2
    if x.shape[-1] > longest:
        yield f"adds up at most {longest} such squares without overflow; it has {x.shape[-1]}"


@kernel("L2_NORMALIZATION", profile="c99")
def l2_normalization(layer: Layer) -> Kernel:
    x = layer.input
    depth = x.shape[-1]
    values: dict[str, object] = {"rows": x.elements // depth if depth else 0, "depth": depth}
    if x.dtype is DType.FLOAT32:
        values["epsilon"] = _EPSILON
        return Kernel(
            "l2_normalization_float32", "l2_normalization_float32.c.j2", values, includes=("math.h",), in_place=IN_PLACE
        )
    values["zero_point"] = x.quantisation.zero_point
    helpers = ("inverse_square_root", "requantise_any", "clamp")
    return Kernel("l2_normalization_int8", "l2_normalization_int8.c.j2", values, helpers=helpers, in_place=IN_PLACE)

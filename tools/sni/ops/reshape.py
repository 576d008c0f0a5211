"""RESHAPE: the same elements under another shape. No code: the output is the input's memory."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.strided_copy import copied


@operator("RESHAPE", types=("any",), inputs=(1, 2), limits="shapes known at build time")
def check(layer: Layer) -> Iterator[str]:
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype:
        yield f"keeps the element type; it has {x.dtype.value} and {y.dtype.value}"
    if x.elements != y.elements:
        yield f"keeps the number of elements; it has {x} ({x.elements}) and {y} ({y.elements})"


@kernel("RESHAPE", profile="c99")
def view(layer: Layer) -> Kernel:
    return copied(layer, "copy_of_constant") if layer.input.is_constant else Kernel("view", view=True)

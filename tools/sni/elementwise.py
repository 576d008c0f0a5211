"""What the operators that map each element on its own share: checks, and the kernels that several of them render."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.ir import DType
from tools.sni.memory.overlap import elementwise_overlap
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import per_tensor_problems, signature

IN_PLACE = ((0, 0),)
"""Element i of the output depends on element i of the input alone."""


def same_type_problems(layer: Layer, *types: DType) -> Iterator[str]:
    """One input and an output of the same type and size, of one of `types`; integers quantised per tensor."""
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.dtype not in types:
        yield f"takes and makes one of {', '.join(t.value for t in types)}; it has {signature((x, y))}"
    elif x.elements != y.elements:
        yield f"makes as many elements as it takes; it has {x} and {y}"
    else:
        yield from per_tensor_problems(x, y)


def loop(
    layer: Layer, name: str, expression: str, *, helpers: tuple[str, ...] = (), includes: tuple[str, ...] = ()
) -> Kernel:
    """output[i] = expression of input[i], in a loop that compilers vectorise.

    expression: C, with `input[i]`; of the output's type, or wider where it is known to fit.
    """
    same_size = layer.input.dtype.size == layer.output.dtype.size
    places = {"in_place": IN_PLACE} if same_size else {"overlap": elementwise_overlap(layer)}
    values = {"elements": layer.output.elements, "expression": expression, "output_type": layer.output.dtype.c}
    return Kernel(name, "elementwise.c.j2", values, helpers=helpers, includes=includes, **places)


def table(layer: Layer, name: str, outputs: np.ndarray) -> Kernel:
    """output[i] = table[input[i]] for int8. outputs: the 256 results, for inputs -128 to 127."""
    assert outputs.shape == (256,)
    constant = Constant("table", outputs.astype(np.int8), "output for the inputs -128 to 127")
    return Kernel(name, "elementwise_table.c.j2", {"elements": layer.output.elements}, (constant,), in_place=IN_PLACE)


INT8_INPUTS = np.arange(-128, 128, dtype=np.int64)
"""Every int8, in the order of `table`."""

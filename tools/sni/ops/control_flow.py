"""WHILE, IF, variables: what passes make of them, which are blocks of operators, and copies.

passes/inline_subgraphs.py puts the operators of a subgraph between the one that begins a block (`loop`, `if`) and its
`end`. passes/resolve_variables.py makes each variable a tensor, which lies in the caller's state. What they cannot
treat so stays as it was, with the reason as its attribute `problem`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tools.sni.ir import DType
from tools.sni.operators import ANY_NUMBER, Constant, Kernel, Layer, kernel, operator


@operator(
    "WHILE",
    types=("any",),
    inputs=(0, ANY_NUMBER),
    outputs=(0, ANY_NUMBER),
    limits="a bound of the iterations follows from counters that start at constants, change by constants, and are "
    "compared with constants",
)
@operator("IF", types=("any",), inputs=(1, ANY_NUMBER), outputs=(0, ANY_NUMBER))
def check_left(layer: Layer) -> Iterator[str]:
    yield layer.attribute("problem", "stands in a graph whose subgraphs are not known")


@operator("loop", types=("any",), inputs=(0, 0), outputs=0)
@operator("else", types=("any",), inputs=(0, 0), outputs=0)
@operator("end", types=("any",), inputs=(0, 0), outputs=0)
@operator("copy", types=("any",))
@operator("row", types=("any",))
def check_nothing(layer: Layer) -> Iterator[str]:
    """The pass that makes them has checked what they need."""
    del layer
    yield from ()


_FOLLOWED = "a handle leads to one variable, known when the code is made"


@operator("VAR_HANDLE", types=("any",), inputs=(0, 0), limits=_FOLLOWED)
@operator(
    "CALL_ONCE",
    types=("any",),
    inputs=(0, 0),
    outputs=0,
    limits="sets variables to constants, before anything uses them",
)
def check_unresolved(layer: Layer) -> Iterator[str]:
    yield layer.attribute("problem", f"could not be resolved; accepted: {_FOLLOWED}")


@operator("READ_VARIABLE", types=("any",), limits=_FOLLOWED)
@operator("ASSIGN_VARIABLE", types=("any",), inputs=(1, 2), outputs=(0, 1), limits=_FOLLOWED)
def check_variable(layer: Layer) -> Iterator[str]:
    if layer.attribute("problem", ""):
        yield layer.attribute("problem", "")
        return
    x, y = layer.input, layer.output
    if x.dtype is not y.dtype or x.elements != y.elements:
        yield f"copies between a variable and a value of the same type and size; it has {x} and {y}"


@operator("if", types=("any",), inputs=(1, 1), outputs=0)
@operator("leave", types=("any",), inputs=(1, 1), outputs=0)
def check_condition(layer: Layer) -> Iterator[str]:
    if layer.input.dtype is not DType.BOOL or layer.input.elements != 1:
        yield f"needs a condition of one bool; it has {layer.input}"


@kernel("loop", profile="c99")
def loop(layer: Layer) -> Kernel:
    return Kernel("loop", values={"count": layer.attribute("count", 0)}, block="loop")


@kernel("if", profile="c99")
@kernel("else", profile="c99")
@kernel("end", profile="c99")
@kernel("leave", profile="c99")
def block(layer: Layer) -> Kernel:
    return Kernel(layer.op.kind, block=layer.op.kind)


@kernel("copy", profile="c99")
@kernel("READ_VARIABLE", profile="c99")
@kernel("ASSIGN_VARIABLE", profile="c99")
def copy(layer: Layer) -> Kernel:
    """A view, which the emitter makes a copy where the planner could not give both the same place."""
    if not layer.input.is_constant:
        return Kernel("copy", view=True)
    value = np.ascontiguousarray(layer.input.data).reshape(-1)
    raw = value.view(np.uint8)
    same = raw.size and (raw == raw[0]).all()
    return Kernel(
        "copy_constant",
        "copy.c.j2",
        {"bytes": value.nbytes, "byte": int(raw[0]) if same else None},
        () if same else (Constant("value", value, f"{layer.input}"),),
        includes=("string.h",),
    )


@kernel("row", profile="c99")
def row(layer: Layer) -> Kernel:
    """Rows of an array that a loop goes through: `start` and `stride` count in outputs, or in a `unit` of bytes."""
    start, stride = layer.attribute("start", 0), layer.attribute("stride", 0)
    size = layer.attribute("unit", layer.output.bytes)
    return Kernel("row", view=True, row=(start * size, stride * size))

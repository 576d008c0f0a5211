"""LOGICAL_AND, LOGICAL_OR and LOGICAL_NOT of bool."""

from __future__ import annotations

from collections.abc import Iterator

from tools.sni.arithmetic import operand_problems
from tools.sni.broadcast import Element, broadcast
from tools.sni.ir import DType
from tools.sni.operators import Kernel, Layer, kernel, operator


@operator("LOGICAL_AND", types=("bool",), inputs=(2, 2), limits="broadcasts")
def check_and(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.BOOL)


@operator("LOGICAL_OR", types=("bool",), inputs=(2, 2), limits="broadcasts")
def check_or(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.BOOL)


@operator("LOGICAL_NOT", types=("bool",))
def check_not(layer: Layer) -> Iterator[str]:
    yield from operand_problems(layer, DType.BOOL)


@kernel("LOGICAL_AND", profile="c99")
def logical_and(layer: Layer) -> Kernel:
    return broadcast(layer, "logical_and", lambda a, b: Element(f"{a} && {b}"))


@kernel("LOGICAL_OR", profile="c99")
def logical_or(layer: Layer) -> Kernel:
    return broadcast(layer, "logical_or", lambda a, b: Element(f"{a} || {b}"))


@kernel("LOGICAL_NOT", profile="c99")
def logical_not(layer: Layer) -> Kernel:
    return broadcast(layer, "logical_not", lambda x: Element(f"!{x}"))

"""ADD, SUB, MUL and QUANTIZE of int8 in a loop whose steps are quantised differently."""

from __future__ import annotations

from collections.abc import Callable

from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import factor
from tools.sni.operators import Kernel, Layer, stepped
from tools.sni.stepping import Product, Scale, Told, held, less

_HEADROOM = 20
"""Bits by which TFLM shifts int8 inputs of ADD and SUB up, so that bringing them to one scale keeps their fractions."""

_LARGEST = 255
"""Of a stored int8 less its zero point."""

_TEMPLATE = "stepped_broadcast.c.j2"


class _Arithmetic(Told):
    """What these kernels are told: a scale and a zero point for each input, and those of the output."""

    def __init__(self, layer: Layer, steps: tuple[Layer, ...]) -> None:
        super().__init__(layer, steps)
        activation = layer.attribute("fused_activation_function", "NONE")
        self.relu = activation == "RELU"
        self.fits &= activation in ("NONE", "RELU")
        if not self.fits:
            return
        numbers = [f"_{i}" for i in range(len(layer.inputs))] if len(layer.inputs) > 1 else ["_in"]
        self.scales = [self.scale(f"scale{n}", lambda step, i=i: step.inputs[i]) for i, n in enumerate(numbers)]
        self.made = self.scale("scale", lambda step: step.output)
        self.points = [
            self.zero_point(f"zero_point{n}", lambda step, i=i: step.inputs[i]) for i, n in enumerate(numbers)
        ]
        self.point = self.zero_point("zero_point", lambda step: step.output)

    def difference(self, number: int, operand: Operand) -> str:
        """C for an input less its zero point."""
        return less(operand.value, self.points[number])

    def element(self, layer: Layer, name: str, lines: Callable[..., tuple[str, ...]]) -> Kernel | None:
        """The kernel, from what gives the lines that compute `y`, the output less its zero point, from the inputs."""

        def element(*operands: Operand) -> Element:
            return Element(held("y", self.point, relu=self.relu), wide=True, lines=lines(*operands))

        return self.kernel(broadcast(layer, name, element), _TEMPLATE)


@stepped("ADD")
def add(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sum(layer, steps, "add_int8_told", "+")


@stepped("SUB")
def sub(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sum(layer, steps, "sub_int8_told", "-")


def _sum(layer: Layer, steps: tuple[Layer, ...], name: str, sign: str) -> Kernel | None:
    told = _Arithmetic(layer, steps)
    if not told.fits:
        return None
    larger = told.larger(*told.scales)

    def brought(number: int, scale: Scale) -> Product:
        reals = scale.values / (2 * larger.values)
        return told.factor(f"factor_{number}", reals, scale, 0.5, larger, bound=_LARGEST, left=_HEADROOM)

    to_larger = [brought(number, scale) for number, scale in enumerate(told.scales)]
    reals = 2 * larger.values / ((1 << _HEADROOM) * told.made.values)
    # Each addend is at most half its shifted difference, and one more by rounding.
    bound = 2 * ((_LARGEST << (_HEADROOM - 1)) + 1)
    total = told.factor("factor", reals, larger, 2.0 ** (1 - _HEADROOM), told.made, bound=bound)

    def lines(a: Operand, b: Operand) -> tuple[str, ...]:
        first, a = to_larger[0](told.difference(0, a))
        second, b = to_larger[1](told.difference(1, b))
        _, y = total(f"a {sign} b")
        return *first, f"const int32_t a = {a};", *second, f"const int32_t b = {b};", f"const int32_t y = {y};"

    return told.element(layer, name, lines)


@stepped("MUL")
def mul(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    told = _Arithmetic(layer, steps)
    if not told.fits:
        return None
    (a, b), y = told.scales, told.made
    scaled = told.factor("factor", a.values * b.values / y.values, a, b, y, bound=_LARGEST**2)

    def lines(a: Operand, b: Operand) -> tuple[str, ...]:
        product = f"{factor(told.difference(0, a))} * {factor(told.difference(1, b))}"
        return f"const int32_t product = {product};", f"const int32_t y = {scaled('product')[1]};"

    return told.element(layer, "mul_int8_told", lines)


@stepped("QUANTIZE")
def quantise(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    told = _Arithmetic(layer, steps)
    if not told.fits:
        return None
    (x,), y = told.scales, told.made
    scaled = told.factor("factor", x.values / y.values, x, 1.0, y, bound=_LARGEST)

    def lines(x: Operand) -> tuple[str, ...]:
        return (f"const int32_t y = {scaled(told.difference(0, x))[1]};",)

    return told.element(layer, "requantise_int8_int8_told", lines)

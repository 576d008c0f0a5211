"""ADD, SUB, MUL and QUANTIZE of int8 in a loop whose steps are quantised differently."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

from tools.sni.broadcast import Element, Operand, broadcast
from tools.sni.emit.literals import factor
from tools.sni.operators import Constant, Kernel, Layer, stepped
from tools.sni.stepping import Product, Scale, Told, less

_HEADROOM = 20
"""Bits by which TFLM shifts int8 inputs of ADD and SUB up, so that bringing them to one scale keeps their fractions."""

_LARGEST = 255
"""Of a stored int8 less its zero point."""

_VECTORS = ("neon", "x86")
"""Profiles with a kernel for vectors of two inputs."""

_TURNS = (("input_0", "by_larger"), ("input_1", "by_smaller"))
"""What the inputs of take_turns are called."""

_TEMPLATE = "stepped_broadcast.c.j2"


class _Arithmetic(Told):
    """What these kernels are told: a scale and a zero point for each input, and those of the output."""

    def __init__(self, layer: Layer, steps: tuple[Layer, ...], profile: str) -> None:
        super().__init__(layer, steps, dsp=profile == "dsp")
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

    def take_turns(self, layer: Layer) -> bool:
        """Lets `by_larger` and `by_smaller` be the inputs of the larger and the smaller scale, where that is another
        from step to step: so only one of them is brought to the other's scale. Whether it did.
        """
        (a, b), (p, q) = self.scales, self.points
        alike = None not in layer.input_names and layer.inputs[0].elements == layer.inputs[1].elements
        if not alike or (a.values >= b.values).all() or (a.values <= b.values).all() or (a.values == b.values).any():
            return False
        for name, x, y in (("by_larger", "input_0", "input_1"), ("by_smaller", "input_1", "input_0")):
            self.lines.append(f"const int8_t *const {name} = {a.c} > {b.c} ? {x} : {y};")
        for name, x, y in (("larger_point", p, q), ("smaller_point", q, p)):
            self.lines.append(f"const int32_t {name} = {a.c} > {b.c} ? {x} : {y};")
        self.scales = [self.larger(a, b), self.smaller(a, b)]
        self.points = ["larger_point", "smaller_point"]
        return True

    def element(
        self, layer: Layer, name: str, scaled: Product, lines: Callable[..., tuple[str, tuple[str, ...]]]
    ) -> Kernel | None:
        """The kernel. lines: gives what `scaled` brings to the output's scale, for inputs, and statements before."""

        def element(*operands: Operand) -> Element:
            x, before = lines(*operands)
            shifted, y = scaled.of(x)
            result = self.held("y", self.point, relu=self.relu, small=bool(scaled.factor))
            return Element(result, wide=True, lines=(*before, *shifted, f"const int32_t y = {y};"))

        return self.kernel(broadcast(layer, f"{name}_{'dsp_' if self.dsp else ''}told", element), _TEMPLATE)

    def pairs(
        self, layer: Layer, profile: str, name: str, names: Sequence[str], order: Sequence[int], *products: Product
    ) -> Kernel | None:
        """The kernel of x86 or neon for inputs of one shape; None if it is not for them.

        names: what C calls the inputs. order: which comes first. products: what brings the second input to the scale of
        the first, where there is one, and the result to that of the output.
        """
        inputs = [tensor for tensor in layer.inputs if tensor]
        fits = all(p.factor for p in products) and not self.relu and layer.options.rounding == "double"
        if not fits or any(tensor.elements != layer.output.elements for tensor in inputs):
            return None
        constants = [Constant("constants", t.data.reshape(-1), f"{list(t.shape)}") for t in inputs if t.is_constant]
        values = {
            "count": layer.output.elements,
            "points": (*(self.points[i] for i in order), self.point),
            "first": products[0].factor if len(products) > 1 else "",
            "last": products[-1].factor,
            "profile": profile,
            "operation": name,
            "a": names[order[0]],
            "b": names[order[1]],
        }
        kernel = Kernel(
            f"{name}_int8_{profile}_told",
            "stepped_pairs.c.j2",
            values,
            tuple(constants),
            helpers=(f"{profile}_told_pairs__{name}",),
            in_place=tuple((0, position) for position, tensor in enumerate(inputs) if not tensor.is_constant),
            includes=("arm_neon.h",) if profile == "neon" else (),
            dispatched=profile == "x86",
        )
        return self.kernel(kernel)


def _sum(layer: Layer, steps: tuple[Layer, ...], profile: str, name: str, sign: str) -> Kernel | None:
    told = _Arithmetic(layer, steps, profile)
    if not told.fits:
        return None
    turns = sign == "+" and told.take_turns(layer)
    larger = told.scales[0] if turns else told.larger(*told.scales)

    def brought(number: int, scale: Scale) -> Product:
        reals = scale.values / (2 * larger.values)
        return told.factor(f"factor_{number}", reals, scale, 0.5, larger, bound=_LARGEST, left=_HEADROOM)

    to_larger = [brought(number, scale) for number, scale in enumerate(told.scales)]
    reals = 2 * larger.values / ((1 << _HEADROOM) * told.made.values)
    # Each addend is at most half its shifted difference, and one more by rounding.
    bound = 2 * ((_LARGEST << (_HEADROOM - 1)) + 1)
    total = told.factor("factor", reals, larger, 2.0 ** (1 - _HEADROOM), told.made, bound=bound)

    if profile in _VECTORS:
        order = (0, 1) if turns or not to_larger[0].factor else (1, 0)
        names = [name for _, name in _TURNS] if turns else [name or "constants" for name in layer.input_names]
        one_stays = sum(bool(product.factor) for product in to_larger) == 1
        return (
            told.pairs(layer, profile, name, names, order, to_larger[order[1]], total)
            if one_stays and sign == "+"
            else None
        )

    def lines(a: Operand, b: Operand) -> tuple[str, tuple[str, ...]]:
        if turns:
            a, b = (replace(x, value=x.value.replace(*names)) for x, names in zip((a, b), _TURNS, strict=True))
        first, a = to_larger[0].of(told.difference(0, a))
        second, b = to_larger[1].of(told.difference(1, b))
        return f"a {sign} b", (*first, f"const int32_t a = {a};", *second, f"const int32_t b = {b};")

    return told.element(layer, f"{name}_int8", total, lines)


def _mul(layer: Layer, steps: tuple[Layer, ...], profile: str) -> Kernel | None:
    told = _Arithmetic(layer, steps, profile)
    if not told.fits:
        return None
    (a, b), y = told.scales, told.made
    scaled = told.factor("factor", a.values * b.values / y.values, a, b, y, bound=_LARGEST**2)
    if profile in _VECTORS:
        return told.pairs(
            layer, profile, "multiply", [name or "constants" for name in layer.input_names], (0, 1), scaled
        )

    def lines(a: Operand, b: Operand) -> tuple[str, tuple[str, ...]]:
        return f"{factor(told.difference(0, a))} * {factor(told.difference(1, b))}", ()

    return told.element(layer, "mul_int8", scaled, lines)


def _quantise(layer: Layer, steps: tuple[Layer, ...], profile: str) -> Kernel | None:
    told = _Arithmetic(layer, steps, profile)
    if not told.fits:
        return None
    (x,), y = told.scales, told.made
    scaled = told.factor("factor", x.values / y.values, x, 1.0, y, bound=_LARGEST)

    def lines(x: Operand) -> tuple[str, tuple[str, ...]]:
        return told.difference(0, x), ()

    return told.element(layer, "requantise_int8_int8", scaled, lines)


def _register(kind: str, lower: Callable[..., Kernel | None], *profiles: str, **named: str) -> None:
    for profile in ("c99", "dsp", *profiles):
        stepped(kind, profile)(functools.partial(lower, profile=profile, **named))


_register("ADD", _sum, *_VECTORS, name="add", sign="+")
_register("SUB", _sum, name="sub", sign="-")
_register("MUL", _mul, *_VECTORS)
_register("QUANTIZE", _quantise)

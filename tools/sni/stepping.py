"""What kernels share that are told their quantisation by numbers, because it differs from step to step of a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.emit.literals import c_float, factor, plus
from tools.sni.ir import DType, Quantisation, Tensor
from tools.sni.numerics.scales import computed_factors, factors_of
from tools.sni.operators import Kernel, Layer, PerStep
from tools.sni.rescaling import Rescaling


@dataclass(frozen=True)
class Scale:
    """A scale in C, and its value in each step. told: it is no literal."""

    c: str
    values: np.ndarray
    told: bool


@dataclass(frozen=True)
class Product:
    """C for a product with a factor. of: gives statements and C for it.

    factor: what C calls the factor, where requantise_twice does; then a zero point can be added to the product.
    """

    of: Callable[[str], tuple[tuple[str, ...], str]]
    factor: str = ""


class Told:
    """Collects what a kernel is told, and what it computes of that before its loops.

    lines: C for the latter. fits: every factor comes out as TFLM's does; otherwise the kernel is of no use.
    dsp: by the helpers of that profile.
    """

    def __init__(self, layer: Layer, steps: Sequence[Layer], *, dsp: bool = False) -> None:
        self._layer = layer
        # Its products are rounded twice.
        self.dsp = dsp and layer.options.rounding == "double"
        self._steps = steps
        self.per_step: list[PerStep] = []
        self.lines: list[str] = []
        self.helpers: set[str] = set()
        computed = [t for t in (*layer.inputs, *layer.outputs) if t is not None and not t.is_constant]
        self.fits = all(t.dtype is DType.INT8 and t.quantisation and not t.quantisation.per_channel for t in computed)

    def _over_steps(self, tensor: Callable[[Layer], Tensor]) -> list[Quantisation]:
        found = [tensor(step).quantisation for step in self._steps]
        assert all(found), "a kernel asks for the quantisation of what it has checked to be quantised"
        return [q for q in found if q]

    def scale(self, name: str, tensor: Callable[[Layer], Tensor]) -> Scale:
        """The scale of a tensor of the layer."""
        values = np.array([q.scale for q in self._over_steps(tensor)])
        if not tensor(self._layer).per_step:
            return Scale(c_float(float(values[0])), values, told=False)
        self.per_step.append(PerStep(name, values.astype(np.float32), f"[step] scale of {tensor(self._layer)}"))
        return Scale(name, values, told=True)

    def literal(self, value: float) -> Scale:
        """A number that is no scale of a tensor's."""
        return Scale(c_float(value), np.full(len(self._steps), value), told=False)

    def larger(self, a: Scale, b: Scale) -> Scale:
        """The larger of two scales in each step."""
        values = np.maximum(a.values, b.values)
        if not (a.told or b.told):
            return Scale(c_float(float(values[0])), values, told=False)
        self.lines.append(f"const float larger = {a.c} > {b.c} ? {a.c} : {b.c};")
        return Scale("larger", values, told=True)

    def smaller(self, a: Scale, b: Scale) -> Scale:
        """The smaller of two scales in each step."""
        self.lines.append(f"const float smaller = {a.c} > {b.c} ? {b.c} : {a.c};")
        return Scale("smaller", np.minimum(a.values, b.values), told=True)

    def zero_point(self, name: str, tensor: Callable[[Layer], Tensor]) -> str:
        """C for the zero point of a tensor of the layer."""
        values = np.array([q.zero_point for q in self._over_steps(tensor)])
        if not tensor(self._layer).per_step:
            return str(values[0])
        self.per_step.append(PerStep(name, values.astype(np.int8), f"[step] zero point of {tensor(self._layer)}"))
        return name

    def factor(
        self, name: str, reals: np.ndarray, a: Scale, b: Scale | float, c: Scale, *, bound: int, left: int = 0
    ) -> Product:
        """Multiplication by a * b / c, which is `reals` in double as TFLM computes it.

        The product is x * 2^left * a * b / c of an int32_t x, |x| <= bound.
        """
        b = b if isinstance(b, Scale) else self.literal(b)
        # Twice the larger of two scales is twice one of them: that input's factor is always the same.
        if not (a.told or b.told or c.told) or (reals == 0.5).all():
            literal = Rescaling(float(reals[0]), bound, left)
            return Product(lambda x: ((), self._called(literal.expression(x))))
        wanted, found = factors_of(reals), computed_factors(a.values, b.values, c.values)
        self.fits &= found is not None and wanted.equal(found) and bool((abs(wanted.shifts) <= 30).all())
        self.lines.append(f"const sni_factor {name} = sni_scale_factor({a.c}, {b.c}, {c.c});")
        self.helpers.add("scale_factor")
        # The upper half of a product with twice the number needs no shift.
        proved = all(s < 0 and (bound << (left + 1)) + (1 << -s) < 1 << 31 for s in wanted.shifts.tolist())
        helper, more = (
            ("sni_dsp_requantise_twice" if self.dsp else "sni_requantise_twice", 1)
            if proved
            else ("sni_requantise_any", 0)
        )

        def product(x: str) -> tuple[tuple[str, ...], str]:
            called = self._called(f"{helper}({{}}, {name}.multiplier, {name}.shift)")
            if not left + more:
                return (), called.format(x)
            shifted = name.replace("factor", "shifted")
            return (f"const int32_t {shifted} = {factor(x)} * {1 << (left + more)};",), called.format(shifted)

        return Product(product, name if proved else "")

    def _called(self, expression: str) -> str:
        names = ("requantise", "requantise_any", "requantise_twice", "dsp_requantise_twice")
        self.helpers |= {name for name in names if f"sni_{name}(" in expression}
        return expression

    def kernel(self, kernel: Kernel, template: str = "", **values: object) -> Kernel | None:
        """A kernel with all that it is told; None if a factor would not come out as TFLM's. template: another one."""
        if not self.fits:
            return None
        return replace(
            kernel,
            template=template or kernel.template,
            values={**kernel.values, **values, "told": self.lines},
            helpers=tuple(sorted({*kernel.helpers, *self.helpers})),
            includes=tuple(sorted({*kernel.includes, *(("string.h",) if self.lines else ())})),
            per_step=tuple(self.per_step),
        )

    def held(self, value: str, zero_point: str, *, relu: bool = False, small: bool = False) -> str:
        """As held(). small: the zero point can be added first."""
        if not small or relu:
            return held(value, zero_point, relu=relu)
        value += plus(int(zero_point)) if _is_number(zero_point) else f" + {zero_point}"
        return f"sni_dsp_saturate({value})" if self.dsp else f"sni_clamp({value}, -128, 127)"


def less(value: str, zero_point: str) -> str:
    """C for a stored integer less a zero point, which is a number or a name."""
    return f"{value}{plus(-int(zero_point))}" if _is_number(zero_point) else f"{value} - {zero_point}"


def held(value: str, zero_point: str, *, relu: bool = False) -> str:
    """C for an int8 output of a value: held between the bounds that are left beside the zero point, and that added.

    relu: values below 0 become 0.
    """
    low, high = (
        (str(bound - int(zero_point)) for bound in (-128, 127))
        if _is_number(zero_point)
        else (f"{bound} - {zero_point}" for bound in (-128, 127))
    )
    added = plus(int(zero_point)) if _is_number(zero_point) else f" + {zero_point}"
    return f"sni_clamp({value}, {'0' if relu else low}, {high}){added}"


def _is_number(text: str) -> bool:
    return text.lstrip("-").isdigit()

"""FULLY_CONNECTED of int8 in a loop whose steps are quantised differently: what its kernels share, of any profile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType
from tools.sni.numerics.scales import computed_factors, factors_of
from tools.sni.operators import Constant, Layer
from tools.sni.stepping import Told


@dataclass(frozen=True)
class ToldProduct:
    """Rows of inputs times a matrix, whose factors are products of a quotient of scales and a scale.

    told: what the kernel is told. weights: [outputs, inputs]. starts: what sums start from, [step][output], or
    [1][output] where it is always the same; with what the zero point of the input adds up to, if it is `folded`.
    scales: of the weights, one for each output or one for all. point_in, point: C for the zero points of input and
    output. largest: magnitude of a sum. proved: additions of sni_requantise do not overflow. between_powers: no factor
    is a power of two, or was rounded up to one.
    """

    told: Told
    rows: int
    weights: np.ndarray
    starts: np.ndarray
    scales: np.ndarray
    point_in: str
    point: str
    relu: bool
    folded: bool
    largest: int
    proved: bool
    between_powers: bool

    @property
    def outputs(self) -> int:
        return self.weights.shape[0]

    @property
    def inputs(self) -> int:
        return self.weights.shape[1]

    @property
    def macs(self) -> int:
        return self.rows * self.weights.size

    @property
    def simple(self) -> bool:
        """Whether nothing is told but the scale and the zero point of the output."""
        return self.folded and len(self.starts) == 1 and not self.relu and self.proved and self.between_powers

    def scales_table(self) -> Constant:
        return Constant("scales", self.scales.view(np.uint32), "[output], of the weights, as the bits of floats")


def told_product(layer: Layer, steps: tuple[Layer, ...]) -> ToldProduct | None:
    """None where a factor would not come out as TFLM's, or a sum does not fit."""
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    told = Told(layer, steps)
    activation = layer.attribute("fused_activation_function", "NONE")
    if not told.fits or activation not in ("NONE", "RELU") or weights.dtype is not DType.INT8:
        return None
    outputs, inputs = weights.shape
    scale = told.scale("scale_in", lambda step: step.input)
    made = told.scale("scale", lambda step: step.output)
    point = told.zero_point("zero_point_in", lambda step: step.input)
    output_point = told.zero_point("zero_point", lambda step: step.output)
    w = weights.data.astype(np.int64)
    # [step][output], or [1][output] where it does not change.
    given = [step.inputs[2].data for step in steps] if bias and bias.data_per_step else [bias.data] if bias else [0]
    start = np.stack([np.broadcast_to(data, (outputs,)) for data in given]).astype(np.int64)
    bound = int((255 * np.abs(w).sum(axis=1) + np.abs(start)).max())
    # TFLM forms input * weights / output in double; on a core without that, one quotient a step serves all outputs.
    reals = scale.values[:, None] * np.array(weights.quantisation.scales) / made.values[:, None]
    wanted, found = (
        factors_of(reals),
        computed_factors(
            *np.broadcast_arrays(scale.values[:, None], np.array(weights.quantisation.scales), made.values[:, None])
        ),
    )
    if found is None or not wanted.equal(found) or (abs(wanted.shifts) > 30).any() or bound >= 1 << 31:
        return None
    told.lines += ["sni_quotient quotient;", f"sni_scale_divide({scale.c}, {made.c}, &quotient);"]
    told.helpers.add("scale_divide")
    folded = point.lstrip("-").isdigit()
    return ToldProduct(
        told,
        x.elements // inputs,
        weights.data,
        start - int(point) * w.sum(axis=1) if folded else start,
        np.array(weights.quantisation.scales, np.float32),
        point,
        output_point,
        relu=activation == "RELU",
        folded=folded,
        largest=bound,
        proved=bool((wanted.shifts < 0).all()) and bound + (1 << int(-wanted.shifts.min() - 1)) < 1 << 31,
        between_powers=bool((wanted.values != 1 << 30).all()),
    )

"""FULLY_CONNECTED of int8 in a loop whose steps are quantised differently: all share one table of weights."""

from __future__ import annotations

import numpy as np

from tools.sni.ir import DType
from tools.sni.numerics.scales import computed_factors, factors_of
from tools.sni.operators import Constant, Kernel, Layer, PerStep, stepped
from tools.sni.stepping import Told, held, less


@stepped("FULLY_CONNECTED")
def fully_connected(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
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
    fits = found is not None and wanted.equal(found) and (abs(wanted.shifts) <= 30).all() and bound < 1 << 31
    if not fits:
        return None
    proved = bool((wanted.shifts < 0).all()) and bound + (1 << int(-wanted.shifts.min() - 1)) < 1 << 31
    helper = "requantise" if proved else "requantise_any"
    folded = point.lstrip("-").isdigit()
    if folded:
        start = start - int(point) * w.sum(axis=1)
    tables = [Constant("weights", weights.data.reshape(-1), f"[{outputs} outputs][{inputs} inputs]")]
    tables.append(Constant("scales", np.array(weights.quantisation.scales, np.float32), "[output], of the weights"))
    comment = "[output]" + (", with what the zero point of the input adds up to" if folded else "")
    if len(start) > 1:
        told.per_step.append(PerStep("start", _smallest(start), f"[step]{comment}"))
    elif start.any():
        tables.append(Constant("start", _smallest(start[0]), comment))
    return told.kernel(
        Kernel(
            "fully_connected_int8_told",
            "stepped_fully_connected.c.j2",
            {
                "rows": x.elements // inputs,
                "inputs": inputs,
                "outputs": outputs,
                "start": "start[o]" if start.any() else "0",
                "value": "input[i]" if folded else f"({less('input[i]', point)})",
                "quotient": f"sni_scale_divide({scale.c}, {made.c})",
                "scale": "scales[o]" if len(weights.quantisation.scales) > 1 else "scales[0]",
                "helper": helper,
                "y": held("y", output_point, relu=activation == "RELU"),
            },
            tuple(tables),
            helpers=(helper, "clamp", "scale_divide", "scale_multiply"),
            includes=("string.h",),
            macs=x.elements * outputs,
        )
    )


def _smallest(values: np.ndarray) -> np.ndarray:
    """The values in the narrowest type that holds them."""
    narrow = bool((values == values.astype(np.int16)).all())
    return values.astype(np.int16 if narrow else np.int32)

"""Networks of one FULLY_CONNECTED, for tests: float32, int8 and int16x8, with scales that fit unless told otherwise."""

from __future__ import annotations

import numpy as np

from tests.support.models import constant, per_channel, quantised, single, tensor
from tools.sni.ir import DType, Graph

FLOAT, INT8, INT16, INT32 = DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32


def float_layer(rows: int, inputs: int, outputs: int, activation: str, bias: bool) -> Graph:
    rng = np.random.default_rng(inputs * outputs)
    # Sums of about the size of the inputs: of larger ones little would lie between the bounds of an activation.
    weights = rng.normal(0, 1 / np.sqrt(inputs), (outputs, inputs))
    operands = [tensor("x", FLOAT, (rows, inputs)), constant("w", FLOAT, weights)]
    operands += [constant("b", FLOAT, rng.normal(0, 1, outputs))] if bias else []
    y = tensor("y", FLOAT, (rows, outputs))
    return single("FULLY_CONNECTED", operands, [y], fused_activation_function=activation)


def integer_layer(
    shape: tuple[int, int, int],
    *,
    types: tuple = (INT8, INT32),
    activation: str = "NONE",
    channels: bool = False,
    bias: bool = True,
    zero_points: tuple[int, int] = (3, -5),
    output_scale: float = 0.0,
    input_scale: float = 0.05,
    full_range: bool = False,
) -> Graph:
    """types: of activations and bias. output_scale: 0 for one that fits the sums."""
    rows, inputs, outputs = shape
    rng = np.random.default_rng(inputs * 7 + outputs)
    weights = rng.integers(-127, 128, (outputs, inputs)) if not full_range else np.full((outputs, inputs), 127)
    scale = 0.004
    w_quantisation = per_channel(rng.uniform(0.3, 1.7, outputs) * scale) if channels else quantised(scale)
    spread = input_scale * scale * 74 * 74 * np.sqrt(inputs) * (250 if types[0] is INT16 else 1)
    limit = 100 if types[0] is INT8 else 20000
    output_scale = output_scale or spread * 3 / limit
    product = (
        quantised(input_scale * scale)
        if not channels
        else per_channel([input_scale * s for s in w_quantisation.scales])
    )
    operands = [
        tensor("x", types[0], (rows, inputs), quantised(input_scale, zero_points[0])),
        constant("w", INT8, weights, w_quantisation),
    ]
    if bias:
        operands.append(constant("b", types[1], rng.integers(-3000, 3000, outputs), product))
    y = tensor("y", types[0], (rows, outputs), quantised(output_scale, zero_points[1]))
    attributes = {"fused_activation_function": activation}
    if not bias and types[0] is INT16:
        attributes["quantized_bias_type"] = types[1].value.upper()
    return single("FULLY_CONNECTED", operands, [y], **attributes)

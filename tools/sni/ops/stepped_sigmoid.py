"""LOGISTIC and TANH of int8 in a loop whose steps are quantised differently: computed, not read from a table a step."""

from __future__ import annotations

from tools.sni.elementwise import IN_PLACE
from tools.sni.operators import Kernel, Layer, stepped
from tools.sni.stepping import Told, less

_INTEGER_BITS = 4
"""Of the fixed-point input, as in TFLM."""


@stepped("LOGISTIC")
def logistic(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sigmoid(layer, steps, "logistic", output_bits=8, zero_point=-128)


@stepped("TANH")
def tanh(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    return _sigmoid(layer, steps, "tanh", output_bits=7, zero_point=0)


def _sigmoid(layer: Layer, steps: tuple[Layer, ...], function: str, output_bits: int, zero_point: int) -> Kernel | None:
    told = Told(layer, steps)
    if not told.fits:
        return None
    scale = told.scale("scale", lambda step: step.input)
    point = told.zero_point("zero_point", lambda step: step.input)
    unit = 2.0 ** (31 - _INTEGER_BITS)
    one = told.literal(1.0)
    scaled = told.factor("factor", scale.values * unit, scale, unit, one, bound=255)
    # The factor's shift says how many differences fit the fixed-point number; TFLM takes it to be to the left.
    told.fits &= scale.told and bool((scale.values * unit >= 1).all())
    kernel = Kernel(
        f"{function}_int8_told",
        "stepped_sigmoid.c.j2",
        {
            "elements": layer.output.elements,
            "function": function,
            "difference": less("input[i]", point),
            "largest": ((1 << _INTEGER_BITS) - 1) << (31 - _INTEGER_BITS),
            "scaled": scaled("difference")[1],
            "shift": 31 - output_bits,
            "mask": (1 << (31 - output_bits)) - 1,
            "zero_point": zero_point,
        },
        helpers=("clamp", f"fixed_{function}"),
        in_place=IN_PLACE,
    )
    return told.kernel(kernel)

"""FULLY_CONNECTED of int8 in a loop whose steps are quantised differently: all share one table of weights."""

from __future__ import annotations

import numpy as np

from tools.sni.dsp.products import told_row
from tools.sni.neon import products as neon_products
from tools.sni.operators import Constant, Kernel, Layer, PerStep, stepped
from tools.sni.stepping import held, less
from tools.sni.told_products import told_product
from tools.sni.x86.products import told_rows


@stepped("FULLY_CONNECTED", profile="c99")
def fully_connected(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    p = told_product(layer, steps)
    if p is None:
        return None
    helper = "requantise" if p.proved else "requantise_any"
    tables = [
        Constant("weights", p.weights.reshape(-1), f"[{p.outputs} outputs][{p.inputs} inputs]"),
        p.scales_table(),
    ]
    comment = "[output]" + (", with what the zero point of the input adds up to" if p.folded else "")
    if len(p.starts) > 1:
        p.told.per_step.append(PerStep("start", _smallest(p.starts), f"[step]{comment}"))
    elif p.starts.any():
        tables.append(Constant("start", _smallest(p.starts[0]), comment))
    return p.told.kernel(
        Kernel(
            "fully_connected_int8_told",
            "stepped_fully_connected.c.j2",
            {
                "p": p,
                "start": "start[o]" if p.starts.any() else "0",
                "value": "input[i]" if p.folded else f"({less('input[i]', p.point_in)})",
                "scale": "scales[o]" if len(p.scales) > 1 else "scales[0]",
                "helper": helper,
                "y": held("y", p.point, relu=p.relu),
            },
            tuple(tables),
            helpers=(helper, "clamp", "scale_multiply"),
            includes=("string.h",),
            macs=p.macs,
        )
    )


@stepped("FULLY_CONNECTED", profile="dsp")
def dsp(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    p = told_product(layer, steps)
    return p and told_row(layer, p)


@stepped("FULLY_CONNECTED", profile="neon")
def neon(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    p = told_product(layer, steps)
    return p and neon_products.told_row(layer, p)


@stepped("FULLY_CONNECTED", profile="x86")
def x86(layer: Layer, steps: tuple[Layer, ...]) -> Kernel | None:
    p = told_product(layer, steps)
    return p and told_rows(layer, p)


def _smallest(values: np.ndarray) -> np.ndarray:
    """The values in the narrowest type that holds them."""
    narrow = bool((values == values.astype(np.int16)).all())
    return values.astype(np.int16 if narrow else np.int32)

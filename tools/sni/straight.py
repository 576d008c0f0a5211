"""Pruned weights in portable C: statements that add up inputs, in which zeros do not occur.

    t = 0 + x[4] - x[7];        inputs with the largest weight, 11, or its negative
    s += 6 * t;                 which is 6 above the next one
    t = t + x[1] + x[30];       those with 5
    s += 5 * t;

An input is an addition, and so is most of what follows, for neighbouring weights often differ by a power of two: then a
processor shifts as it adds. Multiplying each input by its own weight takes half as much again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from tools.sni import products
from tools.sni.costs import Cost, compared, pays
from tools.sni.hybrid import HybridSums
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import row_overlap
from tools.sni.operators import Kernel, Layer, Scratch
from tools.sni.products import Products
from tools.sni.sums import Sums

_FEWEST_ZEROS = 0.4
"""Share of weights that are zero below which there is nothing to gain."""

_PART = 300
"""Products in one function: in larger ones GCC runs out of registers, smaller ones are called more often."""


@dataclass(frozen=True)
class Sum:
    """A sum. start: what it begins with. steps: what t becomes, and how often it then counts.

    products: inputs in it.
    """

    start: int
    steps: tuple[tuple[str, int], ...]
    products: int


@dataclass(frozen=True)
class Part:
    """Sums that a function makes. first: the first of them."""

    first: int
    sums: tuple[Sum, ...]


def sum_of(start: int, weights: np.ndarray) -> Sum:
    """The sum of `start` and of inputs x times weights, by magnitudes of the weights from the largest down."""
    magnitudes = np.abs(weights.astype(np.int64))
    falling = np.unique(magnitudes[magnitudes > 0])[::-1].tolist()
    steps = []
    for magnitude, following in pairwise([*falling, 0]):
        inputs = np.flatnonzero(magnitudes == magnitude)
        signed = sorted((int(weights[i]) < 0, int(i)) for i in inputs)
        # After what there is: a term each, where the parts of a bracket would be added up first.
        text = "t" if steps else "0"
        text += "".join(f" {'-' if minus else '+'} x[{i}]" for minus, i in signed)
        steps.append((text, magnitude - following))
    return Sum(start, tuple(steps), int(np.count_nonzero(weights)))


def rows_by_matrix(
    layer: Layer, rows: int, weights: np.ndarray, bias: Tensor | None, name: str, hybrid: HybridSums | None = None
) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes: this one or a dense one.

    weights: [outputs, inputs]. hybrid: the sums, if the layer itself quantises its input, row by row.
    """
    dense = products.rows_by_matrix(layer, rows, weights, bias, name, hybrid)
    p: Products = dense.values["p"]
    zeros = 1 - np.count_nonzero(weights) / weights.size
    int8 = layer.input.dtype is DType.INT8 and layer.inputs[1].dtype is DType.INT8
    if not int8 or zeros < _FEWEST_ZEROS or p.sums.type != "int32_t" or not _fits(p.sums.bias, weights):
        return dense
    found = [sum_of(int(start), row) for start, row in zip(_starts(p.sums.bias, weights), weights, strict=True)]
    cost, dense_cost = _cost(rows, p, found), _dense_cost(rows, p)
    taken = pays(cost, dense_cost, weights.size, layer.options.optimise)
    why = compared(taken, zeros, cost, dense_cost)
    if not taken:
        return replace(dense, reason=why)
    return Kernel(
        name=f"{name}_int8_straight",
        template="straight.c.j2",
        functions="straight_parts.c.j2",
        values={
            "rows": rows,
            "inputs": p.inputs,
            "outputs": p.outputs,
            "parts": _parts(found),
            "sums": p.sums,
            "output_type": layer.output.dtype.c,
        },
        constants=tuple(constant for constant in p.sums.constants if constant.name != "bias"),
        helpers=p.sums.helpers,
        scratch=(Scratch("x", DType.INT32, p.inputs), Scratch("sums", DType.INT32, p.outputs)),
        overlap=row_overlap(layer, rows, p.inputs),
        macs=dense.macs,
        reason=why,
    )


def _starts(bias: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """What sums start from: inputs are 128 too large, so that none has a sign, which vectors take longer to extend."""
    return bias.astype(np.int64) - 128 * weights.astype(np.int64).sum(axis=1)


def _fits(bias: np.ndarray, weights: np.ndarray) -> bool:
    """Whether no sum of some of the products leaves 32 bits."""
    reach = 255 * np.abs(weights.astype(np.int64)).sum(axis=1) + np.abs(_starts(bias, weights))
    return int(reach.max()) < 1 << 31


def _parts(found: list[Sum]) -> tuple[Part, ...]:
    parts, first, products = [], 0, 0
    for n, one in enumerate(found):
        if n > first and products + one.products > _PART:
            parts.append(Part(first, tuple(found[first:n])))
            first, products = n, 0
        products += one.products
    return (*parts, Part(first, tuple(found[first:])))


def _cost(rows: int, p: Products, found: list[Sum]) -> Cost:
    """On x86-64 by GCC at -O3, as the dense one: that is where vectors of products, without options, cost least."""
    inputs = sum(one.products for one in found)
    steps = [times for one in found for _, times in one.steps]
    # A factor that is no power of two takes a multiplication, or two instructions in its place.
    multiplied = sum(times not in (1, 2, 4, 8) for times in steps)
    outputs = (14 + _requantised(p.sums)) * p.outputs
    instructions = rows * (0.9 * p.inputs + inputs + len(steps) + multiplied + outputs)
    return Cost(round(instructions), round(5.6 * inputs + 2.5 * len(steps) + 3 * multiplied + 12 * p.outputs))


def _dense_cost(rows: int, p: Products) -> Cost:
    output = 0.856 * p.inputs + _requantised(p.sums) + (15 if p.by_column else 0)
    return Cost(round(rows * p.outputs * output), p.matrix.size)


def _requantised(sums: Sums) -> int:
    """Instructions for an output."""
    return 20 if sums.q.per_channel else 10

"""Rows of int8 inputs times a constant matrix: which kernel they get, from what each would cost.

Instructions are those of a Cortex-M4, for GCC at -O3; tests/bench/test_pruned.py compares them with what is counted.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tools.sni.costs import Cost, compared, pays
from tools.sni.dsp import products
from tools.sni.dsp.clusters import clustered
from tools.sni.dsp.packing import groups, words
from tools.sni.dsp.products import Product, scaling_of_layer
from tools.sni.dsp.program import OUTPUTS, Block, pack
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap, row_overlap
from tools.sni.operators import Constant, Kernel, Layer, Overlap, Scratch

_DENSEST = 0.6
"""Share of weights that are not zero from which on straight code takes too much flash whatever it saves."""

_ROW = 60
"""Instructions of a row, or of two at a time, besides what its inputs and outputs take."""

_BLOCK_CODE = 24
"""Bytes of code for four outputs of a program besides its terms."""


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes.

    matrix: weights [outputs, inputs]. None where no kernel of this profile is for them.
    """
    dense = products.rows_by_matrix(layer, rows, matrix, bias, name)
    zeros = 1 - np.count_nonzero(matrix) / matrix.size
    found = _program(layer, rows, matrix, bias, name) if 1 - zeros <= _DENSEST else None
    if dense is None:
        return found[0] if found else None
    dense_cost = _dense_cost(rows, dense.values["p"])
    why = ""
    if found:
        kernel, cost = found
        taken = pays(cost, dense_cost, matrix.size, layer.options.optimise)
        why = compared(taken, zeros, cost, dense_cost)
        if taken:
            return replace(kernel, reason=f"{kernel.reason}; {why}")
    few, why_few = clustered(layer, rows, matrix, bias, dense, dense_cost, name)
    chosen = few or dense
    return replace(chosen, reason="; ".join(part for part in (chosen.reason, why, why_few) if part))


def _dense_cost(rows: int, p: Product) -> Cost:
    """Of dsp_row and dsp_rows: inputs that are widened, products of four inputs, beginning and end of sums."""
    at_a_time, pairs = (4, 1) if rows == 1 else (2, -(-rows // 2))
    one, two = ((7, 12.5, 20), (12, 11.5, 26)) if p.wide else ((7, 15, 41), (12, 12.5, 47))
    widen, group, block = one if rows == 1 else two
    # Groups that are no full four take a loop of their own.
    block += 0 if p.wide or rows == 1 else 2.5 * (p.groups % 4)
    block += (14 if rows == 1 else 8) * p.scaling.signed
    instructions = pairs * (_ROW + widen * p.groups + -(-p.outputs // at_a_time) * (group * p.groups + block))
    return Cost(round(instructions), p.weights.data.nbytes)


def _program(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> tuple[Kernel, Cost] | None:
    """The kernel that leaves out zeros, and its cost; None where sums do not fit."""
    scaling, clamp = scaling_of_layer(layer, matrix, bias)
    if scaling is None:
        return None
    outputs, inputs = matrix.shape
    weights = 256 * np.where(scaling.constant[:, None], 0, matrix).astype(np.int64)
    starts = np.zeros(-(-outputs // OUTPUTS) * OUTPUTS, np.int64)
    starts[:outputs] = 256 * scaling.starts
    blocks = [pack(weights[first : first + OUTPUTS]) for first in range(0, outputs, OUTPUTS)]
    table = [
        part for start, block in zip(starts.reshape(-1, OUTPUTS), blocks, strict=True) for part in (start, block.table)
    ]
    if not scaling.uniform:
        table.append(np.stack([scaling.factors, scaling.addends], axis=1).reshape(-1))
    comment = (
        "256 times: for each four outputs what their sums start from, then their weights, two to a word, in the order "
        f"of the program{'' if scaling.uniform else '; then factor and addend of each output'}"
    )
    p = Product(
        scaling,
        clamp,
        outputs,
        inputs,
        shared=scaling.uniform,
        wide=False,
        weights=Constant("weights", words(np.concatenate(table)), comment, named=True),
    )
    kernel = Kernel(
        name=f"{name}_int8_dsp_program",
        template="dsp_sparse.c.j2",
        values={"p": p, "rows": rows, "blocks": blocks},
        constants=(p.weights,),
        helpers=("dsp_program", "dsp_widen_one", f"dsp_scale_sums{p.suffix}{p.each}"),
        scratch=(Scratch("scratch", DType.INT32, p.values_words(1) + len(starts)),),
        overlap=_overlap(layer, rows, inputs),
        macs=rows * matrix.size,
        reason="straight code without the zeros",
    )
    return kernel, _program_cost(rows, p, blocks)


def _program_cost(rows: int, p: Product, blocks: list[Block]) -> Cost:
    """Of dsp_program: the terms, inputs that are widened, sums that begin, end and become outputs."""
    terms = sum(block.instructions for block in blocks)
    output = 7 + (0 if p.shared else 1.5) + 2 * p.scaling.signed
    instructions = rows * (_ROW + 7 * groups(p.inputs) + terms + 6 * len(blocks) + output * p.outputs)
    code = sum(block.code + _BLOCK_CODE for block in blocks)
    return Cost(round(instructions), code + p.weights.data.nbytes)


def _overlap(layer: Layer, rows: int, inputs: int) -> tuple[Overlap, ...]:
    """A row is read to its end before anything is made of it."""
    whole = layer.input.elements == rows * inputs
    return batch_overlap(layer, rows) if whole else row_overlap(layer, rows, inputs)

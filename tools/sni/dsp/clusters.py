"""Clustered weights, of 16 values or fewer: four bits each in flash, brought back to the dense kernel's form in RAM.

A look-up takes several instructions for each weight, so it pays where a weight is used again: by further rows. A part
of the outputs at a time has its weights looked up, and then sees all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.costs import Cost
from tools.sni.dsp.packing import filled, groups, starts, words
from tools.sni.dsp.products import Product
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import paired_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch

VALUES = 16
_RAM = 2560
"""Bytes that the weights looked up at a time may take."""

_LOOK_UP = 4.5
"""Instructions for a weight."""

_WIDEN, _ROW = 12, 60
"""Instructions for four inputs of two rows, and for two rows, in each part of the outputs."""

_SLOWER = 1.15
"""How much longer than the dense kernel this one may take."""


@dataclass(frozen=True)
class Clusters:
    """at_a_time: outputs whose weights are looked up at a time, even. words: that these take."""

    at_a_time: int
    words: int


def clusters_of(p: Product) -> Clusters:
    """Equal parts of the outputs, none too large."""
    pair = 6 + 2 * p.groups
    pairs = -(-p.outputs // 2)
    parts = -(-4 * pair * pairs // _RAM)
    at_a_time = -(-pairs // parts)
    return Clusters(2 * at_a_time, pair * at_a_time)


def indices(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    """For each two outputs and each input, filled up to fours, the places of both weights among the values, four bits.

    In the order in which packed() has the weights of two outputs: inputs 0, 2, 1, 3 of each four. What fills up is
    place 0, whatever stands there, for inputs that are missing are 0.
    """
    places = filled(np.searchsorted(values, matrix), 2).reshape(-1, 2, groups(matrix.shape[1]), 4)[..., [0, 2, 1, 3]]
    return (places[:, 0] | places[:, 1] << 4).astype(np.uint8).reshape(-1)


def weights_of(held: np.ndarray, values: np.ndarray, outputs: int, inputs: int) -> np.ndarray:
    """The weights [outputs, inputs] that indices() holds."""
    fours = held.reshape(-(-outputs // 2), -1, 4)[..., [0, 2, 1, 3]]
    both = np.stack([values[fours & 15], values[fours >> 4]], axis=1)
    return both.reshape(2 * len(fours), -1)[:outputs, :inputs]


def clustered(
    layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, dense: Kernel, dense_cost: Cost, name: str
) -> tuple[Kernel | None, str]:
    """The kernel for rows times a matrix of few values; if none, why. dense: what there is instead; what that costs."""
    p: Product = dense.values["p"]
    used = np.where(p.scaling.constant[:, None], 0, matrix)
    values = np.unique(used)
    if len(values) > VALUES:
        return None, ""
    if p.wide:
        return None, f"{len(values)} different weights, as 16 bits for speed"
    if rows == 1:
        return None, f"{len(values)} different weights, as 8 bits: looking each up for one use takes longer"
    clusters = clusters_of(p)
    held = indices(used, values)
    pairs = -(-p.outputs // 2)
    ends = np.concatenate(
        [
            starts(p.scaling.starts, 2).reshape(pairs, 2),
            words(filled(np.stack([p.scaling.factors, p.scaling.addends], axis=1), 2, 1)).reshape(pairs, 4),
        ],
        axis=1,
    )
    parts = -(-p.outputs // clusters.at_a_time)
    again = (parts - 1) * -(-rows // 2) * (_WIDEN * p.groups + _ROW)
    cost = Cost(dense_cost.instructions + round(again + _LOOK_UP * 2 * held.size), held.size + ends.nbytes + 32)
    if cost.instructions > _SLOWER * dense_cost.instructions or cost.bytes >= dense_cost.bytes:
        return None, f"{len(values)} different weights, as 8 bits: {cost} would take the place of {dense_cost}"
    table = np.zeros(VALUES, np.int16)
    table[: len(values)] = values
    kernel = Kernel(
        name=f"{name}_int8_dsp_clusters",
        template="dsp_clusters.c.j2",
        values={"p": p, "rows": rows, "clusters": clusters},
        constants=(
            Constant(
                "ends", ends.reshape(-1), "for each two outputs: what their sums start from, factors and addends", True
            ),
            Constant(
                "indices", held, "for each two outputs, then each input: places of both weights, 4 bits each", True
            ),
            Constant("centres", table, "the weights", True),
        ),
        helpers=(f"dsp_clusters{p.suffix}", "keep_loop"),
        scratch=(
            Scratch("values", DType.INT32, p.values_words(2)),
            Scratch("stream", DType.INT32, clusters.words),
        ),
        overlap=paired_overlap(layer, rows, p.inputs) if parts == 1 else (),
        macs=rows * matrix.size,
    )
    return kernel, f"{len(values)} different weights in 4 bits each: {cost} instead of {dense_cost}"

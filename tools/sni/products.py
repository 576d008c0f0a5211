"""Vectors of quantised values times a constant matrix, in the form that ops/products.j2 renders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.blocks import Blocks, blocks
from tools.sni.float_products import variant
from tools.sni.hybrid import QUANTISED, HybridSums
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap, row_overlap
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.sums import Sums, has_wide_sums, sums_of
from tools.sni.weights import Storage, storage

_FEW_INPUTS = 32
"""Rows shorter than this are too short to be worth a vector of partial sums each, which must be added up at its end."""


@dataclass(frozen=True)
class Products:
    """One row of outputs: sums of `inputs` products each, as many as `matrix` has rows.

    by_column: vectors of outputs, to which each input adds its products; the table is the transposed matrix. Otherwise
    row by row, with vectors along the inputs. paired: the products of two neighbours add up to an int16.
    blocks: (first, last, size) of the loops over outputs. storage: of the weights.
    """

    matrix: np.ndarray
    blocks: Blocks
    sums: Sums | HybridSums
    by_column: bool
    paired: bool
    storage: Storage

    @property
    def outputs(self) -> int:
        return self.matrix.shape[0]

    @property
    def inputs(self) -> int:
        return self.matrix.shape[1]

    @property
    def variant(self) -> str:
        return "columns" if self.by_column else "rows"

    @property
    def row(self) -> int:
        """Elements of the table for each output."""
        return self.storage.elements(self.inputs)

    @property
    def constants(self) -> tuple[Constant, ...]:
        what = f"{self.row} pairs i, i + {self.row} of {self.inputs}" if self.storage.paired else f"{self.inputs}"
        held = self.storage.table(self.matrix)
        table = (
            Constant("weights", held.T, f"[{what} inputs][{self.outputs} outputs]")
            if self.by_column
            else Constant("weights", held, f"[{self.outputs} outputs][{what} inputs]")
        )
        return table, *self.sums.constants

    @property
    def helpers(self) -> tuple[str, ...]:
        return *self.sums.helpers, *self.storage.helpers


def products_of(
    layer: Layer,
    weights: np.ndarray,
    bias: Tensor | None,
    *,
    padded: bool = False,
    groups: int = 1,
    hybrid: HybridSums | None = None,
) -> Products:
    """The products of a layer whose input is multiplied as it is stored, with the zero point in the bias.

    weights: [outputs, inputs]. padded: rows may be longer than that, for the kernel has values to go with the zeros.
    groups: equal shares of the outputs that see different inputs, so that no block may reach across. hybrid: the sums,
    if the input is multiplied as the layer itself quantises it.
    """
    sums = hybrid or sums_of(layer, weights, bias, wide=has_wide_sums(layer, bias), folded=True)
    share = len(weights) // groups
    rows = _lengthened(weights) if padded else weights
    uneven = rows.shape[1] % 16 != 0 and rows.shape[1] < 2 * _FEW_INPUTS
    by_column = share >= 16 and (rows.shape[1] < _FEW_INPUTS or uneven)
    paired = layer.input.dtype is not DType.INT16 and _pairs_fit_16_bits(weights)
    loops = blocks(len(weights), groups=groups)
    return Products(weights if by_column else rows, loops, sums, by_column, paired, storage(layer.inputs[1].dtype))


def _lengthened(weights: np.ndarray) -> np.ndarray:
    """Rows filled up with zeros to a multiple of 16, which leaves vectors no rest, if that adds a quarter or less."""
    extra = -weights.shape[1] % 16
    return np.pad(weights, ((0, 0), (0, extra))) if 4 * extra <= weights.shape[1] else weights


def _pairs_fit_16_bits(weights: np.ndarray) -> bool:
    """Whether a sum of products of two neighbours with any int8 values fits an int16, as all but -128 twice do."""
    w = np.abs(weights[:, : weights.shape[1] // 2 * 2].astype(np.int64))
    return int((w[:, 0::2] + w[:, 1::2]).max(initial=0)) * 128 < 1 << 15


def rows_by_matrix(
    layer: Layer, rows: int, weights: np.ndarray, bias: Tensor | None, name: str, hybrid: HybridSums | None = None
) -> Kernel:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes.

    weights: [outputs, inputs]. hybrid: the sums, if the layer itself quantises its input, row by row.
    """
    p = products_of(layer, weights, bias, hybrid=hybrid)
    return Kernel(
        name=f"{name}_{variant(layer)}_{p.variant}",
        template="fully_connected_int.c.j2",
        values={
            "rows": rows,
            "p": p,
            "before": hybrid.before if hybrid else (),
            "source": QUANTISED if hybrid else "input",
            "output_type": layer.output.dtype.c,
        },
        constants=p.constants,
        helpers=p.helpers,
        includes=p.sums.includes,
        scratch=p.sums.scratch,
        overlap=batch_overlap(layer, rows) if hybrid else row_overlap(layer, rows, weights.shape[1]),
        macs=rows * weights.size,
    )

"""How sums of int16 layers become outputs, where 32 bits hold every sum: in one rounding, or as TFLM's two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.int16 import scales_of
from tools.sni.ir import Tensor
from tools.sni.operators import Constant, Layer
from tools.sni.sums import has_wide_sums, sums_of


@dataclass(frozen=True)
class Scaling:
    """starts: what sums start from, [output]. scales: of each output a factor, or multiplier and shift to the right."""

    starts: np.ndarray
    scales: np.ndarray
    clamp: tuple[int, int]

    @property
    def twice(self) -> bool:
        """Whether TFLM rounds twice."""
        return self.scales.shape[1] == 2

    @property
    def suffix(self) -> str:
        """Of the helpers that scale."""
        return "__exact" if self.twice else ""

    def tables(self, order: np.ndarray) -> tuple[Constant, ...]:
        """What sums start from, factors and addends, of outputs in this order; -1 stands for none."""

        def ordered(name: str, values: np.ndarray, missing: int, comment: str) -> Constant:
            held = np.append(values, missing)[order].astype(np.int32)
            return Constant(name, held, comment, named=True, aligned=True)

        starts = ordered("starts", self.starts, 0, "[output], what sums start from")
        if not self.twice:
            return starts, ordered("factors", self.scales[:, 0], 0, "[output]")
        multipliers = ordered("factors", self.scales[:, 0], 0, "[output], multipliers")
        return starts, multipliers, ordered("addends", self.scales[:, 1], 1, "[output], shifts to the right")


def scaling_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> Scaling | None:
    """matrix: weights [outputs, products of one sum]. None where sums need 64 bits, or no level scales them."""
    sums = sums_of(layer, matrix, bias, wide=has_wide_sums(layer, bias), folded=True)
    scales = scales_of(sums.q, len(matrix))
    if sums.type != "int32_t" or scales is None or (scales.shape[1] == 2 and layer.options.rounding != "double"):
        return None
    return Scaling(sums.bias, scales, (sums.q.low, sums.q.high))

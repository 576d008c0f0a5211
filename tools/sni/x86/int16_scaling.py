"""How sums of int16 layers become outputs: by one rounding or by two where 32 bits hold them, else one by one in C."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.dsp.int16 import scales_of
from tools.sni.ir import Tensor
from tools.sni.operators import Constant, Layer
from tools.sni.sums import has_wide_sums, sums_of


@dataclass(frozen=True)
class Scaling:
    """starts: what sums start from, [output]. scales: of each output a factor, or multiplier and shift to the right.

    kind: "" for a factor; "exact" where TFLM rounds twice; "wide" where sums take 64 bits, or factors are no fractions.
    """

    kind: str
    starts: np.ndarray
    scales: np.ndarray
    clamp: tuple[int, int]

    @property
    def wide(self) -> bool:
        return self.kind == "wide"

    @property
    def suffix(self) -> str:
        """Of the helpers that scale."""
        return f"__{self.kind}" if self.kind else ""

    def tables(self, order: np.ndarray) -> tuple[Constant, ...]:
        """What sums start from, factors and addends, of outputs in this order; -1 stands for none."""

        def ordered(name: str, values: np.ndarray, missing: int, comment: str) -> Constant:
            held = np.append(values, missing)[order].astype(values.dtype)
            return Constant(name, held, comment, named=True, aligned=True)

        starts = ordered("starts", self.starts, 0, "[output], what sums start from")
        if not self.kind:
            return starts, ordered("factors", self.scales[:, 0], 0, "[output]")
        multipliers = ordered("factors", self.scales[:, 0], 0, "[output], multipliers")
        return starts, multipliers, ordered("addends", self.scales[:, 1], 1, "[output], shifts to the right")


def scaling_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> Scaling | None:
    """matrix: weights [outputs, products of one sum]. None where no level scales the sums as TFLM does."""
    is_wide = has_wide_sums(layer, bias)
    sums = sums_of(layer, matrix, bias, wide=is_wide, folded=True)
    clamp = sums.q.low, sums.q.high
    scales = scales_of(sums.q, len(matrix))
    if is_wide and (sums.type == "int64_t" or scales is None):
        each = np.array([(m.value, -m.shift) for m in sums.q.multipliers], np.int32)
        return Scaling("wide", sums.bias.astype(np.int64), np.broadcast_to(each, (len(matrix), 2)), clamp)
    if sums.type != "int32_t" or scales is None or (not is_wide and layer.options.rounding != "double"):
        return None
    return Scaling("" if is_wide else "exact", sums.bias, scales.astype(np.int32), clamp)

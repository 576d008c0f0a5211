"""How int8 sums become outputs on cores without vectors: by one product and one shift where that is proved to do.

The formula is that of tools/sni/dsp/scaling.py. ARMv6-M multiplies to 32 bits alone. There a product of 32 by 32 bits
is a call of 50 instructions; one of a sum and a part of the factor is a MULS, and the parts come together with rounding
down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.dsp.products import scaling_of_layer
from tools.sni.dsp.scaling import Scaling
from tools.sni.ir import Tensor
from tools.sni.operators import Constant, Layer
from tools.sni.sums import Sums, sums_of

_PARTS = (12, 11, 8)
"""Bits of a part of the factor: sums below 2^19, 2^20 and 2^23 times so many fit 32 bits, and their sums as well."""


@dataclass(frozen=True)
class Outputs:
    """bias: what each sum starts from, int64. sums: the clamp, and how to requantise without a scaling.
    part: bits of the factor to
       multiply by at once.
    """

    bias: np.ndarray
    sums: Sums
    scaling: Scaling | None
    part: int

    def starting(self, further: np.ndarray) -> Outputs | None:
        """With something added to what sums start from; None where that does not fit 32 bits."""
        bias = self.bias + further
        return replace(self, bias=bias) if (np.abs(bias) < 1 << 31).all() else None

    @property
    def has_bias(self) -> bool:
        return bool(self.bias.any())

    @property
    def suffix(self) -> str:
        """Of sni_scalar_scale()."""
        return f"__{self.part}"

    @property
    def constants(self) -> tuple[Constant, ...]:
        """The tables of the templates: bias, and factors or multipliers, each only where it is needed."""
        if self.scaling is None:
            return replace(self.sums, bias=self.bias.astype(np.int32)).constants
        comment = "[output], with what zero points add up to"
        bias = (Constant("bias", self.bias.astype(np.int32), comment),) if self.has_bias else ()
        if self.scaling.uniform:
            return bias
        return *bias, Constant("scales", self.scaling.table.reshape(-1), "[output][factor, addend]")

    @property
    def helpers(self) -> tuple[str, ...]:
        return ("clamp", f"scalar_scale{self.suffix}") if self.scaling else self.sums.helpers


def outputs_of(layer: Layer, matrix: np.ndarray, bias: Tensor | None) -> tuple[Outputs, np.ndarray] | None:
    """The outputs of a layer, and its weights, int64, without those that none depends on; None where sums need 64 bits.

    matrix: [output, products of one sum].
    """
    sums = sums_of(layer, matrix, bias, wide=False, folded=True)
    if sums.type != "int32_t":
        return None
    w = matrix.astype(np.int64)
    scaling, _ = scaling_of_layer(layer, matrix, bias)
    if scaling is None:
        return Outputs(sums.bias.astype(np.int64), sums, None, 0), w
    w = np.where(scaling.constant[:, None], 0, w)
    reach = np.abs(scaling.starts) + 128 * np.abs(w).sum(axis=1)
    part = next(bits for bits in _PARTS if reach.max() < 1 << (31 - bits))
    return Outputs(scaling.starts, sums, scaling, part), w

"""How constant weights are held in tables, and how kernels read them: the one place that knows of each type.

float32 and int8 lie as they are. float16 keeps its 16 bits, and int4 its four, two weights to a byte; kernels widen
them as they multiply, so that flash holds no more than the model's file does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.sni.ir import DType

NARROW_FLOATS = "float32 with float16 weights"
NARROW_INTEGERS = "int8 with int4 weights"
HYBRIDS = "float32 with int8 or int4 weights"
"""What operators with such weights say of their types."""


@dataclass(frozen=True)
class Storage:
    """How weights of a type lie in a table.

    type: of a table's elements in C. load: C for the weights in an element, which stands for `%s`: one, or two where an
    element holds a pair of them. helpers: what these call.
    """

    type: str
    loads: tuple[str, ...] = ("%s",)
    helpers: tuple[str, ...] = ()

    @property
    def paired(self) -> bool:
        """Whether an element holds two weights."""
        return len(self.loads) == 2

    def elements(self, weights: int) -> int:
        """Of a row that holds so many weights."""
        return (weights + 1) // 2 if self.paired else weights

    def weight(self, element: str, half: int = 0) -> str:
        """C for the weight in an element, or for one of its two."""
        return self.loads[half] % element

    def table(self, rows: np.ndarray) -> np.ndarray:
        """Rows of weights, [.., weights], as the elements of a table, [.., elements].

        Where elements hold pairs, element i of a row of n holds the weights i and i + ceil(n / 2), so that compilers
        find vectors in both.
        """
        if self.paired:
            return _nibbles(rows)
        return rows.view(np.uint16) if rows.dtype == np.float16 else rows


FLOAT32 = Storage("float")

_STORAGES = {
    DType.FLOAT32: FLOAT32,
    DType.FLOAT16: Storage("uint16_t", ("sni_from_half(%s)",), ("from_half",)),
    DType.INT8: Storage("int8_t"),
    DType.INT4: Storage("uint8_t", ("sni_low_weight(%s)", "sni_high_weight(%s)"), ("low_weight", "high_weight")),
}


def storage(dtype: DType) -> Storage:
    """How weights of a type are held."""
    return _STORAGES[dtype]


def _nibbles(rows: np.ndarray) -> np.ndarray:
    """Nibbles hold weights plus 8, so that they can be taken apart without a word about signs; nothing is 8, a zero."""
    count = rows.shape[-1]
    half = (count + 1) // 2
    low, high = rows[..., :half], rows[..., half:]
    high = np.concatenate([high, np.zeros((*rows.shape[:-1], 2 * half - count), rows.dtype)], axis=-1)
    return (low + 8).astype(np.uint8) | (high + 8).astype(np.uint8) << 4

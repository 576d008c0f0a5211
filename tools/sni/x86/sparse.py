"""FULLY_CONNECTED and 1x1 CONV_2D of int8 with many weights that are zero: only the others are there, by steps.

What PSHUFB (or VPERMB) brought together of a window is multiplied as the dense kernel does, or by PMADDUBSW,
for which the magnitudes of two weights side by side add up to 128 at most. Outputs with about as many weights share
steps, sorted in each 128.

There are two forms of the weights: near, for windows of 16, and far, for windows of 64 with AVX-512 VBMI. Inputs are
copied once, with 128 added to each byte, for the processor multiplies unsigned bytes by signed ones.

Of a single row the far form is a function of the layer's own, a line for each step: windows are registers, and the
steps of 128 outputs come by turns. For loops that end after another few steps each time are what a processor guesses
wrong, and a sum waits for the one before it. Near steps are loops, with tables in the place of code.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tools.sni.costs import Cost, pays
from tools.sni.ir import DType, Tensor
from tools.sni.memory.overlap import batch_overlap
from tools.sni.operators import Constant, Kernel, Layer, Scratch
from tools.sni.x86 import products
from tools.sni.x86.image import Image
from tools.sni.x86.products import Product, Scaled, scaled
from tools.sni.x86.single import single_of
from tools.sni.x86.sparse_steps import SORTED, Steps, sorted_outputs, steps_of, stream_of, tables_of

_FEWEST_ZEROS = 0.4
"""Share of weights that are zero below which there is nothing to gain."""

_MORE_FLASH = 2.0
"""How much flash both forms may take, times the dense weights."""

_AT_ONCE = 4
"""Rows that are taken at a time, where there are several."""

_NEAR, _FAR = 16, 64
"""Bytes that PSHUFB and VPERMB choose from."""

_BLOCKS = SORTED // 16
"""Of 16 outputs, that are sorted together."""

_STRIDE = 16
"""From one window of a single row to the next, where they are registers: closer ones would save 2% of the steps, for
three times as many registers."""

_STEP_CODE = 28
"""Bytes of code of a step that is a line of its own."""

_LARGEST_PAIR = 128
"""Of the magnitudes of two weights, for 255 times that is what PMADDUBSW holds."""

_FARTHEST = 1 << 16
"""Where a window can begin."""


@dataclass(frozen=True)
class _Form:
    """The weights for some levels. code: bytes that they take as code."""

    steps: Steps
    tables: tuple[Constant, ...]
    code: int = 0

    @property
    def bytes(self) -> int:
        return self.code + sum(table.data.nbytes for table in self.tables)


def _near(matrix: np.ndarray) -> _Form:
    steps = steps_of(matrix, _NEAR, _LARGEST_PAIR)
    return _Form(steps, tables_of(steps, "near"))


def _far(matrix: np.ndarray, rows: int) -> _Form:
    if rows > 1:
        steps = steps_of(matrix, _FAR, 0)
        return _Form(steps, tables_of(steps, "far"))
    steps = steps_of(matrix, _FAR, 0, _STRIDE).in_turns()
    return _Form(steps, (stream_of(steps, "far"),), _STEP_CODE * steps.count)


@dataclass(frozen=True)
class _Level:
    """Instructions at a level.

    row: one row, for a step, for 16 outputs, and for the layer. rows: each of several, for a step and for 16 outputs.
    dense_row, dense_rows: of the dense kernel, for four inputs of 16 outputs, and for these.
    """

    name: str
    row: tuple[float, float, float]
    rows: tuple[float, float]
    dense_row: tuple[float, float]
    dense_rows: tuple[float, float]

    def sparse(self, rows: int, steps: int, groups: int) -> int:
        if rows == 1:
            a_step, a_group, more = self.row
            return round(a_step * steps + a_group * groups + more)
        a_step, a_group = self.rows
        return round(-(-rows // _AT_ONCE) * _AT_ONCE * (a_step * steps + a_group * groups))

    def dense(self, rows: int, fours: int, groups: int) -> int:
        a_four, a_group = self.dense_row if rows == 1 else self.dense_rows
        return round(rows * groups * (a_four * fours + a_group))


_LEVELS = (
    _Level("AVX2", (12, 120, 150), (13, 78), (18, 165), (14.5, 62)),
    _Level("AVX-512 VBMI", (3.3, 11, 53), (5.3, 33), (3.65, 42), (1.6, 21)),
)
"""As counted with GCC 14 at -O3. What pays at both pays between them, and with SSE4.1, where there is more to gain."""


@dataclass(frozen=True)
class _Choice:
    """taken: whether zeros are left out. reason: for the report."""

    taken: bool
    reason: str


def _choice(layer: Layer, rows: int, matrix: np.ndarray, near: _Form, far: _Form, dense_bytes: int) -> _Choice:
    zeros = 1 - np.count_nonzero(matrix) / matrix.size
    groups, fours = -(-len(matrix) // 16), -(-matrix.shape[1] // 4)
    size = near.bytes + far.bytes
    counts = [
        (level.sparse(rows, form.steps.count, form.steps.blocks), level.dense(rows, fours, groups))
        for level, form in zip(_LEVELS, (near, far), strict=True)
    ]
    # With AVX-512 both wait for what they read, if that is more than the first cache holds.
    taken = far.bytes < dense_bytes and all(
        pays(Cost(ours, size), Cost(dense, dense_bytes), matrix.size, layer.options.optimise, _MORE_FLASH)
        for ours, dense in counts
    )
    counted = ", ".join(
        f"{ours:,} instructions instead of {dense:,} with {level.name}"
        for level, (ours, dense) in zip(_LEVELS, counts, strict=True)
    )
    left_out = "left out: " if taken else "not left out: would take "
    return _Choice(
        taken,
        f"{zeros:.0%} zeros {left_out}{counted}; {near.bytes:,} and {far.bytes:,} bytes instead of {dense_bytes:,}",
    )


def rows_by_matrix(layer: Layer, rows: int, matrix: np.ndarray, bias: Tensor | None, name: str) -> Kernel | None:
    """The kernel whose input starts with `rows` rows of as many elements as the matrix takes: this or the dense one."""
    dense = products.rows_by_matrix(layer, rows, matrix, bias, name)
    few = 0 < np.count_nonzero(matrix) <= (1 - _FEWEST_ZEROS) * matrix.size
    s = scaled(layer, matrix, bias) if dense and few and matrix.shape[1] < _FARTHEST else None
    if dense is None or s is None:
        return dense
    order = sorted_outputs(s.weights)
    held = np.vstack([s.weights, np.zeros((1, matrix.shape[1]), np.int64)])[order]
    near, far = _near(held), _far(held, rows)
    choice = _choice(layer, rows, s.weights, near, far, dense.constants[0].data.nbytes)
    if not choice.taken:
        return replace(dense, reason=choice.reason)
    kernel = _row(layer, s, order, far.steps, name) if rows == 1 else _rows(layer, rows, s, order, name)
    return replace(
        kernel, constants=(*near.tables, *far.tables, *kernel.constants), macs=rows * matrix.size, reason=choice.reason
    )


def _rows(layer: Layer, rows: int, s: Scaled, order: np.ndarray, name: str) -> Kernel:
    """But for the weights."""
    outputs, inputs = s.weights.shape
    suffix = f"__n{s.suffix}"
    filled = -(-rows // _AT_ONCE) * _AT_ONCE
    return Kernel(
        name=f"{name}_int8_x86_sparse",
        template="x86_sparse.c.j2",
        values={"p": _product(rows, inputs, outputs), "s": s, "suffix": suffix},
        constants=_tables(s, order),
        helpers=("x86_show", f"x86_sparse{suffix}"),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, filled * inputs + _FAR),),
        overlap=batch_overlap(layer, 1),
        dispatched=True,
    )


def _row(layer: Layer, s: Scaled, order: np.ndarray, far: Steps, name: str) -> Kernel:
    """But for the weights."""
    outputs, inputs = s.weights.shape
    suffix = f"__1{s.suffix}"
    single = single_of(s)
    if single:
        s = replace(s, starts=single.starts)
    return Kernel(
        name=f"{name}_int8_x86_sparse",
        template="x86_sparse_row.c.j2",
        functions="x86_sparse_vbmi.c.j2",
        values={
            "p": _product(1, inputs, outputs),
            "s": s,
            "suffix": suffix,
            "steps": list(zip((far.block % _BLOCKS).tolist(), far.at.tolist(), strict=True)),
            "parts": np.bincount(far.block // _BLOCKS, minlength=-(-far.blocks // _BLOCKS)).tolist(),
            "begins": np.unique(far.at).tolist(),
            "single": single,
        },
        constants=_tables(s, order),
        helpers=("x86_show", f"x86_sparse{suffix}", "x86_step", *(("x86_single",) if single else ())),
        includes=("string.h",),
        scratch=(Scratch("patch", DType.UINT8, max(inputs, _NEAR)),),
        # With AVX-512 VBMI too the input is read to its end before anything is stored.
        overlap=batch_overlap(layer, 1),
        dispatched=True,
    )


def _product(rows: int, inputs: int, outputs: int) -> Product:
    return Product(Image(1, rows * inputs, 0, 0, 0, 0, 0), 1, rows, 0, inputs, (0,), inputs, outputs)


def _tables(s: Scaled, order: np.ndarray) -> tuple[Constant, ...]:
    places = _places(order, len(s.weights))
    return (
        *s.tables(order),
        Constant("places", places, "[output], where it is in the order of the steps, of its 128", named=True),
        Constant(
            "packed", _packed(places), "[output], where it is after vectors were packed", named=True, aligned=True
        ),
    )


def _places(order: np.ndarray, outputs: int) -> np.ndarray:
    """Where each output is in the order, within its 128; filled up as the order is."""
    places = np.zeros(len(order), np.uint8)
    places[order[order >= 0]] = np.flatnonzero(order >= 0) % SORTED
    return places


def _packed(places: np.ndarray) -> np.ndarray:
    """Packing four vectors of 16 words stays within 128 bits: bytes come out as [half][four][vector][of the four]."""
    half, vector, four, output = places // 64, places // 16 % 4, places % 16 // 4, places % 4
    return (64 * half + 16 * four + 4 * vector + output).astype(np.uint8)

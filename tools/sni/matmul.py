"""Products of two matrices of which either may be computed at run time: BATCH_MATMUL, and FULLY_CONNECTED where weights
or bias are not constant. Zero points are subtracted value by value; there is nothing to fold them into.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.sni.blocks import blocks, loop_helpers
from tools.sni.emit.literals import plus
from tools.sni.float_products import FloatProducts
from tools.sni.ir import DType, Tensor
from tools.sni.operators import Constant, Kernel, Layer
from tools.sni.quantised import ACTIVATIONS, activation_bounds, requantisation, wide_requantisation
from tools.sni.sums import Sums


@dataclass(frozen=True)
class Matrix:
    """An operand.

    source: what the C function calls it, None for a constant. transposed: stored as [.., columns, rows].
    strides: by how many matrices each loop over batches moves it.
    """

    tensor: Tensor
    source: str | None
    transposed: bool = False
    strides: tuple[int, ...] = ()

    @property
    def zero_point(self) -> int:
        return 0 if self.tensor.dtype is DType.FLOAT32 else self.tensor.quantisation.zero_point

    @property
    def largest(self) -> int:
        """Magnitude of a value less its zero point."""
        low, high = self.tensor.dtype.bounds
        return max(high - self.zero_point, self.zero_point - low)

    def arranged(self, transposed: bool) -> Matrix:
        """The same operand, stored as asked for if it is a constant."""
        if self.source or self.transposed == transposed:
            return self
        data = self.tensor.data.swapaxes(-1, -2)
        return replace(self, tensor=replace(self.tensor, data=data, shape=data.shape), transposed=transposed)

    def place(self, name: str) -> str:
        """C for the address of the matrix that the loops over batches have come to. name: of its table."""
        size = self.tensor.shape[-1] * self.tensor.shape[-2]
        moves = [f"batch_{loop} * {stride * size}" for loop, stride in enumerate(self.strides) if stride]
        source = self.source or name
        return f"&{source}[{' + '.join(moves)}]" if moves else source

    def constants(self, name: str) -> tuple[Constant, ...]:
        """The table of a constant."""
        return () if self.source else (Constant(name, self.tensor.data, f"{list(self.tensor.shape)}"),)


@dataclass(frozen=True)
class MatrixProduct:
    """output[.., row, column] = activation(sum over inputs of left[.., row, input] * right[.., input, column] + bias).

    batches: extents of the loops over matrices. factors: what turns sums into output steps, for the tensor or for each
    column. wide: TFLM adds up and requantises in 64 bits. bias: of each column. bias_source: what the C function calls
    that, None for a constant.
    """

    left: Matrix
    right: Matrix
    rows: int
    inputs: int
    columns: int
    batches: tuple[int, ...] = ()
    factors: Sequence[float] = ()
    wide: bool = False
    bias: Tensor | None = None
    bias_source: str | None = None

    @property
    def bias_name(self) -> str:
        return (self.bias_source or "bias") if self.bias else ""


def matmul_kernel(layer: Layer, product: MatrixProduct, name: str) -> Kernel:
    """The kernel of a product; the layer gives the output and the fused activation."""
    output = layer.output
    is_float = output.dtype is DType.FLOAT32
    # Rows of the right matrix make vectors of outputs, its columns vectors of products, which must be added up; floats
    # have their order of additions, and short columns are not worth it.
    in_rows = is_float or (product.columns >= 16 and product.inputs < 32)
    left, right = product.left.arranged(transposed=False), product.right.arranged(transposed=not in_rows)
    loops = blocks(product.columns)
    values = {
        "batches": product.batches,
        "rows": product.rows,
        "inputs": product.inputs,
        "outputs": product.columns,
        "blocks": loops,
        "operands": [
            {"name": "left", "type": left.tensor.dtype.c, "place": left.place("left_table")},
            {"name": "right", "type": right.tensor.dtype.c, "place": right.place("right_table")},
        ],
        "left": f"left[{f'i * {product.rows} + row' if left.transposed else f'row * {product.inputs} + i'}]"
        + plus(-left.zero_point),
        "right": f"(right[%s]{plus(-right.zero_point)})" if right.zero_point else "right[%s]",
        "by_column": not right.transposed,
        "output_type": output.dtype.c,
    }
    constants = (*left.constants("left_table"), *right.constants("right_table"))
    helpers = loop_helpers(loops) if not right.transposed else ()
    if is_float:
        low, high = ACTIVATIONS[layer.attribute("fused_activation_function", "NONE")]
        values |= {
            "p": FloatProducts(product.columns, product.inputs, loops, low, high, (), product.bias_name),
            "sums": None,
            "sum_type": "float",
            "value_type": "float",
            "start": "0.0f",
            "add": "%(sum)s = sni_multiply_add(value, %(weight)s, %(sum)s);",
        }
        helpers += ("multiply_add",)
        held = np.float32
    else:
        sums = _sums(layer, product)
        values |= {
            "sums": sums,
            "sum_type": sums.type,
            "value_type": "int32_t",
            "start": f"{product.bias_name}[%s]" if product.bias else "0",
            "add": "%(sum)s += value * %(weight)s;",
        }
        constants += sums.constants
        helpers += sums.helpers
        held = np.int32 if sums.type == "int32_t" else np.int64
    if product.bias and not product.bias_source:
        constants += (Constant("bias", product.bias.data.reshape(-1).astype(held), "[column]"),)
    return Kernel(
        name=f"{name}_{output.dtype.value}",
        template="matmul.c.j2",
        values=values,
        constants=constants,
        helpers=helpers,
        includes=("math.h",) if is_float else (),
        macs=output.elements * product.inputs,
    )


def _sums(layer: Layer, product: MatrixProduct) -> Sums:
    """A bias that is computed can be anything, so that the sums must be cut to 32 bits as TFLM's are."""
    bias = product.bias
    largest = product.inputs * product.left.largest * product.right.largest
    if bias:
        largest += int(np.abs(bias.data.astype(np.int64)).max()) if bias.is_constant else 1 << 31
    narrow = largest < 1 << 31
    clamp = activation_bounds(layer.output, layer.attribute("fused_activation_function", "NONE"))
    scaling = (
        wide_requantisation(product.factors, layer.output, clamp)
        if product.wide
        else requantisation(product.factors, np.array([largest]), layer.output, clamp)
    )
    return Sums("int32_t" if narrow else "int64_t", np.zeros(0), not narrow and not product.wide, scaling)

"""FULLY_CONNECTED: output[b, o] = activation(sum over i of input[b, i] * weights[o, i] + bias[o])."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tools.sni.convolution import described
from tools.sni.dsp import products as dsp_products
from tools.sni.dsp import rows as dsp_rows
from tools.sni.dsp.floats import float_rows
from tools.sni.dsp.int16 import int16_rows, is_int16
from tools.sni.float_products import float_rows_by_matrix, is_float
from tools.sni.hybrid import hybrid_sums, is_hybrid
from tools.sni.ir import DType, Tensor
from tools.sni.matmul import Matrix, MatrixProduct, matmul_kernel
from tools.sni.mve import floats as mve_floats
from tools.sni.mve import int16 as mve_int16
from tools.sni.mve import products as mve_products
from tools.sni.neon import floats as neon_floats
from tools.sni.neon import int16 as neon_int16
from tools.sni.neon import products as neon_products
from tools.sni.operators import Kernel, Layer, kernel, operator
from tools.sni.quantised import ACTIVATIONS, per_tensor_problems, signature
from tools.sni.scalar.products import scalar_rows
from tools.sni.straight import rows_by_matrix
from tools.sni.sums import (
    bias_problems,
    has_wide_sums,
    narrow_weight_problems,
    real_factors,
    weight_quantisation_problems,
)
from tools.sni.weights import HYBRIDS, NARROW_FLOATS, NARROW_INTEGERS
from tools.sni.x86 import floats as x86_floats
from tools.sni.x86 import int16 as x86_int16
from tools.sni.x86 import sparse as x86_sparse

_TYPES = {
    (DType.FLOAT32, DType.FLOAT32): (DType.FLOAT32,),
    (DType.FLOAT32, DType.FLOAT16): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT8): (DType.FLOAT32,),
    (DType.FLOAT32, DType.INT4): (DType.FLOAT32,),
    (DType.INT8, DType.INT8): (DType.INT32,),
    (DType.INT8, DType.INT4): (DType.INT32,),
    (DType.INT16, DType.INT8): (DType.INT32, DType.INT64),
}
"""(input, weights) to the types its bias may have."""


@operator(
    "FULLY_CONNECTED",
    types=("float32", "int8", "int16x8", NARROW_FLOATS, NARROW_INTEGERS, HYBRIDS),
    inputs=(2, 3),
    limits="constant or computed weights and bias, int64 bias constant; per-tensor or per-channel weights; "
    "NONE, RELU, RELU6, RELU_N1_TO_1",
)
def check(layer: Layer) -> Iterator[str]:
    x, weights, bias, y = layer.input, layer.inputs[1], layer.optional(2), layer.output
    bias_types = _TYPES.get((x.dtype, weights.dtype)) if weights else None
    if bias_types is None or y.dtype is not x.dtype or (bias and bias.dtype not in bias_types):
        yield (f"takes {described(_TYPES)}; it has {signature((*layer.inputs, y))}")
        return
    if bias and bias.dtype is DType.INT64 and not bias.is_constant:
        yield "needs a constant int64 bias, which can be proved to leave room in 64-bit sums; it is computed"
    if len(weights.shape) != 2 or weights.shape[0] < 1 or weights.shape[1] < 1:
        yield f"needs weights of shape [outputs, inputs]; they are {list(weights.shape)}"
        return
    outputs, inputs = weights.shape
    if x.elements % inputs:
        yield f"cannot split an input of {x.elements} elements into rows of {inputs}"
    elif y.elements != x.elements // inputs * outputs or not y.shape or y.shape[-1] != outputs:
        yield f"makes {x.elements // inputs} rows of {outputs}; its output is {y}"
    if bias and bias.elements != outputs:
        yield f"needs one bias for each of {outputs} outputs; it has {bias.elements}"
    activation = layer.attribute("fused_activation_function", "NONE")
    if activation not in ACTIVATIONS:
        yield f"has the fused activation {activation}; accepted: {', '.join(ACTIVATIONS)}"
    if layer.attribute("weights_format", 0) != 0:
        yield f"has weights in format {layer.attribute('weights_format', 0)}; accepted: 0 (row by row)"
    yield from narrow_weight_problems(x, weights, bias)
    if weights.dtype.is_integer:
        yield from per_tensor_problems(x, y)
        yield from _weights_problems(weights, hybrid=is_hybrid(layer))
        yield from bias_problems(bias)


def _weights_problems(weights: Tensor, *, hybrid: bool) -> Iterator[str]:
    """Weights with one scale may have any zero point, as those that other layers compute do."""
    if weights.quantisation and not weights.quantisation.per_channel and not hybrid:
        yield from per_tensor_problems(weights)
    else:
        yield from weight_quantisation_problems(weights, axis=0)


@kernel("FULLY_CONNECTED", profile="c99")
def constant_weights(layer: Layer) -> Kernel | None:
    """Rows of inputs times the matrix of weights."""
    weights, bias = layer.inputs[1], layer.optional(2)
    if not weights.is_constant or (bias and not bias.is_constant) or not layer.input_names[0]:
        return None
    rows = layer.input.elements // weights.shape[1]
    if is_hybrid(layer):
        asymmetric = bool(layer.attribute("asymmetric_quantize_inputs", False))
        sums = hybrid_sums(layer, weights.data, bias, weights.shape[1], asymmetric=asymmetric)
        return rows_by_matrix(layer, rows, weights.data, bias, "fully_connected_hybrid", sums)
    if layer.input.dtype is DType.FLOAT32:
        return float_rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if any(weights.quantisation.zero_points):
        return None
    return rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")


@kernel("FULLY_CONNECTED", profile="c99")
def computed_operands(layer: Layer) -> Kernel:
    """Input and weights as matrices of which either, or the bias, may be computed."""
    x, weights, bias = layer.input, layer.inputs[1], layer.optional(2)
    names = layer.input_names
    outputs, inputs = weights.shape
    rows = x.elements // inputs
    data = None if x.data is None else x.data.reshape(rows, inputs)
    left = Matrix(replace(x, shape=(rows, inputs), data=data), names[0])
    right = Matrix(weights, names[1], transposed=True)
    product = MatrixProduct(
        left,
        right,
        rows,
        inputs,
        outputs,
        factors=() if x.dtype is DType.FLOAT32 else real_factors(layer, weights),
        wide=has_wide_sums(layer, bias),
        bias=bias,
        bias_source=names[2] if bias else None,
    )
    return matmul_kernel(layer, product, "fully_connected_computed")


@kernel("FULLY_CONNECTED", profile="dsp")
def dsp(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    rows = layer.input.elements // weights.shape[1]
    if is_float(layer, weights, bias):
        return float_rows(layer, rows, weights.data, bias, "fully_connected")
    if is_int16(layer, weights, bias):
        return int16_rows(layer, rows, weights.data, bias, "fully_connected")
    if not dsp_products.is_int8(layer, weights, bias):
        return None
    return dsp_rows.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")


@kernel("FULLY_CONNECTED", profile="mve")
def mve(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if not is_float(layer, weights, bias):
        return None
    rows = layer.input.elements // weights.shape[1]
    return mve_floats.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")


@kernel("FULLY_CONNECTED", profile="mve_integer")
def mve_integer(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    rows = layer.input.elements // weights.shape[1]
    if is_int16(layer, weights, bias):
        return mve_int16.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if not dsp_products.is_int8(layer, weights, bias):
        return None
    return mve_products.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")


@kernel("FULLY_CONNECTED", profile="neon")
def neon(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    if not weights.is_constant:
        return None
    rows = layer.input.elements // weights.shape[1]
    if is_float(layer, weights, bias):
        return neon_floats.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if is_int16(layer, weights, bias):
        return neon_int16.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if not dsp_products.is_int8(layer, weights, bias):
        return None
    return neon_products.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")


@kernel("FULLY_CONNECTED", profile="scalar")
def scalar(layer: Layer) -> Kernel | None:
    weights = layer.inputs[1]
    rows = layer.input.elements // weights.shape[1]
    return scalar_rows(layer, rows, weights.data, layer.optional(2), "fully_connected")


@kernel("FULLY_CONNECTED", profile="x86")
def x86(layer: Layer) -> Kernel | None:
    weights, bias = layer.inputs[1], layer.optional(2)
    rows = layer.input.elements // weights.shape[1]
    if is_float(layer, weights, bias):
        return x86_floats.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if is_int16(layer, weights, bias):
        return x86_int16.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")
    if not dsp_products.is_int8(layer, weights, bias):
        return None
    return x86_sparse.rows_by_matrix(layer, rows, weights.data, bias, "fully_connected")

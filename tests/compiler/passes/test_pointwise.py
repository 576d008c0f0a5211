"""1x1 convolutions as matrix products: left to the kernels, which choose the same loops for both."""

from __future__ import annotations

import numpy as np
import pytest

from tests.compiler.passes.checking import FLOAT, INT8, INT32, assert_same_bits, optimised_kinds
from tests.support.models import constant, per_channel, quantised, single, tensor
from tools.sni.ir import DType, Graph
from tools.sni.lower import lower
from tools.sni.options import Options

WINDOW = {"stride_h": 1, "stride_w": 1, "dilation_h_factor": 1, "dilation_w_factor": 1, "padding": "SAME"}


def product(kind: str, dtype: DType) -> Graph:
    """[1, 4, 5, 7] times [7, 6], as a convolution or as a fully connected layer of 20 rows."""
    rng = np.random.default_rng(6)
    shape = (6, 1, 1, 7) if kind == "CONV_2D" else (6, 7)
    w, b = rng.integers(-127, 128, shape), rng.integers(-99, 99, 6)
    attributes = {"fused_activation_function": "RELU", **(WINDOW if kind == "CONV_2D" else {"keep_num_dims": True})}
    if dtype is FLOAT:
        x, y = tensor("x", FLOAT, (1, 4, 5, 7)), tensor("y", FLOAT, (1, 4, 5, 6))
        return single(kind, [x, constant("w", FLOAT, w / 99), constant("b", FLOAT, b / 99)], [y], **attributes)
    x, y = tensor("x", INT8, (1, 4, 5, 7), quantised(0.1, 3)), tensor("y", INT8, (1, 4, 5, 6), quantised(0.3, -9))
    scales = per_channel(np.linspace(0.004, 0.02, 6))
    return single(kind, [x, constant("w", INT8, w, scales), constant("b", INT32, b)], [y], **attributes)


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
def test_both_have_one_kernel(dtype: DType) -> None:
    (convolution,), (dense,) = (
        lower(product(kind, dtype), "model", Options("model")) for kind in ("CONV_2D", "FULLY_CONNECTED")
    )
    assert convolution.template == dense.template
    assert convolution.macs == dense.macs == 20 * 6 * 7
    for a, b in zip(convolution.constants, dense.constants, strict=True):
        assert (a.name, a.data.tobytes()) == (b.name, b.data.tobytes())


@pytest.mark.parametrize("dtype", [INT8, FLOAT])
def test_both_have_the_bits_of_tflm(dtype: DType) -> None:
    """So the products and the rounding of the two are the same in TFLM as well."""
    assert optimised_kinds(product("CONV_2D", dtype)) == ["CONV_2D"]
    assert_same_bits(product("CONV_2D", dtype))
    assert_same_bits(product("CONV_2D", dtype), same=product("FULLY_CONNECTED", dtype))

"""What the element-wise operators say of what they cannot do."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.ir import Attribute, DType, Quantisation, Tensor
from tools.sni.options import Options

FLOAT, INT8, INT16, INT32, BOOL = DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32, DType.BOOL
Q = quantised(0.1)


def problems(kind: str, inputs: list[Tensor], output: Tensor, **attributes: Attribute) -> list[str]:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(single(kind, inputs, [output], **attributes)), "m.tflite", Options("m"))
    found = [str(problem) for problem in caught.value.problems]
    assert all(text.startswith(f"m.tflite: operator 0 {kind} (makes tensor ") for text in found)
    return found


def value(dtype: DType, shape: tuple[int, ...] = (4,), q: Quantisation | None = None) -> Tensor:
    return tensor("t", dtype, shape, q)


@pytest.mark.parametrize("kind", ["ADD", "MUL", "MAXIMUM", "LESS", "SELECT_V2", "PRELU", "FLOOR_MOD"])
def test_shapes_that_do_not_broadcast(kind: str) -> None:
    inputs = [value(FLOAT, (2, 3)), value(FLOAT, (4,))]
    condition = [value(BOOL, (3,))] if kind == "SELECT_V2" else []
    output = value(BOOL if kind == "LESS" else FLOAT, (2, 3))
    (text,) = problems(kind, [*condition, *inputs], output)
    assert "cannot broadcast" in text
    assert "[2, 3] and [4]: counted from the last, dimensions must be equal or 1" in text


@pytest.mark.parametrize("shape", [(3, 2), (6,), (2, 3, 1), (2, 4), ()])
def test_an_output_of_another_shape_is_no_overrun_but_an_error(shape: tuple[int, ...]) -> None:
    (text,) = problems("ADD", [value(FLOAT, (2, 3)), value(FLOAT, (3,))], value(FLOAT, shape))
    assert "makes [2, 3] of [2, 3] and [3]; its output is" in text


@pytest.mark.parametrize(
    ("kind", "inputs", "output", "attributes", "why"),
    [
        ("ADD", [value(FLOAT), value(INT32)], value(FLOAT), {}, "takes and makes one of float32, int8, int16"),
        ("DIV", [value(INT16, q=Q)] * 2, value(INT16, q=Q), {}, "takes and makes one of float32, int8, int32; it has"),
        ("ADD", [value(INT8)] * 2, value(INT8), {}, "needs one scale and one zero point; it has no quantisation"),
        (
            "MUL",
            [value(FLOAT)] * 2,
            value(FLOAT),
            {"fused_activation_function": "TANH"},
            "has the fused activation TANH; accepted: NONE, RELU, RELU6, RELU_N1_TO_1",
        ),
        (
            "ADD",
            [value(INT32)] * 2,
            value(INT32),
            {"fused_activation_function": "RELU"},
            "has the fused activation RELU, which TFLM ignores in an int32 ADD; accepted: NONE",
        ),
        (
            "SUB",
            [value(INT8, q=Q)] * 2,
            value(INT8, q=quantised(1e-7)),
            {},
            "needs an output scale of more than 1.90735e-07, 2^-19 of the larger input scale; it has scale 1.0000",
        ),
        (
            "MUL",
            [value(INT16, q=quantised(0.1, 3)), value(INT16, q=Q)],
            value(INT16, q=Q),
            {},
            "int16 with zero point 0",
        ),
        ("MUL", [value(INT8, q=Q)] * 2, value(INT8, q=quantised(1e-20)), {}, "would multiply by 1e+18; at most 2^30"),
        ("DIV", [value(INT8, q=Q)] * 2, value(INT8, q=quantised(1e-9)), {}, "would multiply the quotient by 1e+09"),
        (
            "MAXIMUM",
            [value(INT8, q=Q), value(INT8, q=quantised(0.2))],
            value(INT8, q=Q),
            {},
            "needs the same scale and zero point everywhere; it has scale 0.1",
        ),
        ("LESS", [value(BOOL)] * 2, value(BOOL), {}, "compares two of float32, int8, int16, int32, int64 into bool"),
        ("EQUAL", [value(FLOAT)] * 2, value(FLOAT), {}, "into bool; it has float32, float32, float32"),
        (
            "GREATER",
            [value(INT16, q=Q), value(INT16, q=quantised(0.2))],
            value(BOOL),
            {},
            "needs int16 of the same scale and zero point; it has scale 0.1",
        ),
        (
            "GREATER",
            [value(INT8, q=Q), value(INT8, q=quantised(2.0))],
            value(BOOL),
            {},
            "needs int8 of scales below 1 where they differ",
        ),
        (
            "LOGICAL_AND",
            [value(INT8, q=Q)] * 2,
            value(BOOL),
            {},
            "takes and makes one of bool; it has int8, int8, bool",
        ),
        ("SELECT_V2", [value(FLOAT)] * 3, value(FLOAT), {}, "takes bool and two of float32"),
        (
            "SELECT",
            [value(BOOL, (3,)), value(FLOAT, (2, 3)), value(FLOAT, (2, 3))],
            value(FLOAT, (2, 3)),
            {},
            "needs a condition of shape [2, 3], [2] or []; it has [3]",
        ),
        ("CAST", [value(FLOAT)], value(DType.FLOAT16), {}, "takes and makes float32, int8"),
        ("CAST", [value(FLOAT)], value(INT32, (5,)), {}, "keeps the shape"),
        ("SIN", [value(INT8, q=Q)], value(INT8, q=Q), {}, "takes and makes one of float32; it has int8, int8"),
        (
            "RSQRT",
            [value(INT8, q=Q)],
            value(INT8, q=quantised(1e6)),
            {},
            "needs sqrt(input scale) * output scale between",
        ),
        (
            "ADD_N",
            [value(FLOAT, (2, 3)), value(FLOAT, (3,))],
            value(FLOAT, (2, 3)),
            {},
            "adds inputs of one shape; it has [2, 3] and [3]",
        ),
        (
            "ADD_N",
            [value(INT8, q=quantised(0.1, -128)) for _ in range(16)],
            value(INT8, q=Q),
            {},
            "adds up at most 15 such inputs without overflow",
        ),
        (
            "PRELU",
            [value(INT16, q=Q), value(INT16, q=Q)],
            value(INT16, q=Q),
            {},
            "takes float32, int8 or int16 with an int8 alpha; it has int16, int16, int16",
        ),
        (
            "HARD_SWISH",
            [value(INT8, q=Q)],
            value(INT8, q=quantised(1e-4)),
            {},
            "needs an output scale of more than 1/128 of the input's",
        ),
        ("LOG_SOFTMAX", [value(INT8, q=Q)], value(INT8, q=Q), {}, "makes int8 of scale 0.0625 and zero point 127"),
        ("L2_NORMALIZATION", [value(INT8, q=Q)], value(INT8, q=Q), {}, "makes int8 of scale 1/128 and zero point 0"),
        (
            "L2_NORMALIZATION",
            [value(INT8, (1, 40000), quantised(0.1, -128))],
            value(INT8, (1, 40000), quantised(1 / 128)),
            {},
            "adds up at most 33025 such squares without overflow; it has 40000",
        ),
        (
            "L2_NORMALIZATION",
            [value(FLOAT)],
            value(FLOAT),
            {"fused_activation_function": "RELU"},
            "has the fused activation RELU; accepted: NONE",
        ),
    ],
)
def test_messages(kind: str, inputs: list[Tensor], output: Tensor, attributes: dict[str, Attribute], why: str) -> None:
    found = problems(kind, inputs, output, **attributes)
    assert any(why in text for text in found), found


def test_a_constant_is_checked_like_any_other_operand() -> None:
    (text,) = problems("ADD", [value(FLOAT), constant("c", FLOAT, np.ones(3))], value(FLOAT))
    assert "cannot broadcast [4] and [3]" in text

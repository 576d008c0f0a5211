"""What the compiler says of operators that move or reduce arrays when their inputs do not fit."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tools.sni.compiler import compile_model
from tools.sni.errors import CompileError
from tools.sni.ir import Attribute, DType, Tensor
from tools.sni.options import Options

FLOAT, INT8, INT16, INT32 = DType.FLOAT32, DType.INT8, DType.INT16, DType.INT32


def f(name: str, *shape: int) -> Tensor:
    return tensor(name, FLOAT, shape)


def i(values: object) -> Tensor:
    return constant("how", INT32, np.array(values))


COMPUTED = tensor("how", INT32, (2,))


def problems(kind: str, inputs: list[Tensor], outputs: list[Tensor], **attributes: Attribute) -> list[str]:
    with pytest.raises(CompileError) as caught:
        compile_model(write_tflite(single(kind, inputs, outputs, **attributes)), "m.tflite", Options("m"))
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("kind", "inputs", "made", "attributes", "why"),
    [
        # Computed where it must be constant.
        ("PAD", [f("x", 2), COMPUTED], (4,), {}, "needs constant paddings: shapes are fixed when the code is made"),
        ("STRIDED_SLICE", [f("x", 2, 2), COMPUTED, i([1, 1]), i([1, 1])], (1, 1), {}, "needs constant begin"),
        ("TRANSPOSE", [f("x", 2, 3), COMPUTED], (3, 2), {}, "needs constant permutation"),
        ("MEAN", [f("x", 2, 3), COMPUTED], (), {}, "needs constant axes"),
        ("FILL", [COMPUTED, f("x")], (2, 2), {}, "needs constant shape"),
        ("RESIZE_BILINEAR", [f("x", 1, 2, 2, 1), COMPUTED], (1, 4, 4, 1), {}, "needs constant size"),
        ("SLICE", [f("x", 2, 3), COMPUTED, i([1, -1])], (1, 2), {}, "-1 (all that is left) needs a constant one"),
        # The output is not what the operator makes.
        ("PAD", [f("x", 2), i([[1, 2]])], (4,), {}, "makes an output of shape [5] from these inputs"),
        ("CONCATENATION", [f("x", 2, 3), f("z", 2, 1)], (2, 5), {"axis": 1}, "makes an output of shape [2, 4]"),
        ("PACK", [f("x", 2), f("z", 2)], (2, 1), {"axis": 1}, "makes an output of shape [2, 2]"),
        ("TRANSPOSE", [f("x", 2, 3), i([1, 0])], (2, 3), {}, "makes an output of shape [3, 2]"),
        ("GATHER", [f("x", 2, 3), i([0, 1, 1])], (2, 3), {"axis": 0}, "makes an output of shape [3, 3]"),
        ("STRIDED_SLICE", [f("x", 5), i([0]), i([5]), i([2])], (2,), {}, "makes an output of shape [3]"),
        ("MEAN", [f("x", 2, 3), i([1])], (3,), {}, "makes an output of shape [2] or, with keep_dims, [2, 1]"),
        ("ARG_MAX", [f("x", 2, 3), i(0)], (2,), {}, "makes an output of shape [3]"),
        ("TILE", [f("x", 2), i([3])], (5,), {}, "makes an output of shape [6]"),
        ("SQUEEZE", [f("x", 1, 2, 1)], (2, 1), {}, "makes an output of shape [2]"),
        ("SPACE_TO_DEPTH", [f("x", 1, 2, 2, 1)], (1, 1, 1, 2), {"block_size": 2}, "output of shape [1, 1, 1, 4]"),
        # Values out of range.
        ("PAD", [f("x", 4), i([[-1, 0]])], (3,), {}, "has paddings [-1, 0]; accepted: 0 or more"),
        ("MIRROR_PAD", [f("x", 2), i([[2, 0]])], (4,), {}, "mirrors at most 1 of 2 elements (REFLECT)"),
        ("CONCATENATION", [f("x", 2)], (2,), {"axis": 1}, "has axis 1 of an array of 1 dimensions; accepted: -1 to 0"),
        ("CONCATENATION", [f("x", 2, 3), f("z", 3, 3)], (2, 6), {"axis": 1}, "joins arrays that differ along axis 1"),
        (
            "CONCATENATION", [f("x", 2)], (2,), {"axis": 0, "fused_activation_function": "RELU"},
            "has the fused activation RELU; accepted: NONE",
        ),
        ("SLICE", [f("x", 4), i([2]), i([3])], (3,), {}, "takes a box inside"),
        ("STRIDED_SLICE", [f("x", 4), i([0]), i([4]), i([0])], (4,), {}, "has stride 0 in dimension 0"),
        (
            "STRIDED_SLICE", [f("x", 4), i([4]), i([5]), i([1])], (), {"shrink_axis_mask": 1},
            'takes element 4 of dimension 0 of "x" float32[4]; accepted: -4 to 3',
        ),
        (
            "STRIDED_SLICE", [f("x", 4), i([0, 0]), i([1, 1]), i([1, 1])], (1,), {"ellipsis_mask": 3},
            "has the ellipsis mask 0b11; accepted: one bit at most",
        ),
        ("STRIDED_SLICE", [f("x", 4), i([0, 0]), i([1, 1]), i([1, 1])], (1, 1), {}, "names more dimensions than"),
        ("TRANSPOSE", [f("x", 2, 3), i([0, 0])], (2, 2), {}, "needs each of 0 to 1 once as permutation"),
        ("GATHER", [f("x", 2, 3), i([0, 2])], (2, 3), {"axis": 0}, "has indices from 0 to 2 of an axis of 2"),
        ("GATHER", [f("x", 2, 3), i([0])], (2, 1), {"axis": 1, "batch_dims": 1}, "has batch_dims 1: the first 1"),
        ("GATHER_ND", [f("x", 2, 3), i([[0, 3]])], (1,), {}, "has the indices [0, 3] into"),
        ("EMBEDDING_LOOKUP", [i([5]), f("x", 5, 2)], (1, 2), {}, "has indices from 5 to 5 of an axis of 5"),
        ("BROADCAST_TO", [f("x", 3), i([2, 4])], (2, 4), {}, "repeats dimensions of 1 until the shape is [2, 4]"),
        ("SPACE_TO_DEPTH", [f("x", 1, 3, 2, 1)], (1, 1, 1, 4), {"block_size": 2}, "into blocks of 2"),
        ("DEPTH_TO_SPACE", [f("x", 1, 1, 1, 2)], (1, 2, 2, 1), {"block_size": 2}, "of the channels"),
        ("SPACE_TO_BATCH_ND", [f("x", 1, 3, 1), i([2]), i([[0, 0]])], (2, 1, 1), {}, "they are not multiples"),
        ("BATCH_TO_SPACE_ND", [f("x", 3, 3, 1), i([2]), i([[0, 0]])], (1, 6, 1), {}, "a batch that is a multiple of 2"),
        ("RESIZE_BILINEAR", [f("x", 2, 2), i([4, 4])], (4, 4), {}, "takes arrays of 4 dimensions"),
        (
            "RESIZE_BILINEAR", [f("x", 1, 2, 2, 1), i([4, 4])], (1, 4, 4, 1),
            {"align_corners": True, "half_pixel_centers": True}, "has both align_corners and half_pixel_centers",
        ),
        ("REVERSE_V2", [f("x", 2, 3), i([2])], (2, 3), {}, "has axis 2 of an array of 2 dimensions"),
        ("CUMSUM", [f("x", 2, 3), i(-3)], (2, 3), {}, "has axis -3 of an array of 2 dimensions"),
        ("DYNAMIC_UPDATE_SLICE", [f("x", 2), f("u", 3), i([0])], (2,), {}, "replaces a box of"),
        ("DYNAMIC_UPDATE_SLICE", [f("x", 2), f("u", 1), i([0, 0])], (2,), {}, "takes 1 elements of int32 or int64 as"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(
    kind: str, inputs: list[Tensor], made: tuple[int, ...], attributes: dict[str, Attribute], why: str
) -> None:
    y = tensor("y", INT32 if kind == "ARG_MAX" else FLOAT, made)
    found = problems(kind, inputs, [y], **attributes)
    assert any(why in text for text in found), found


@pytest.mark.parametrize(
    ("kind", "x", "y", "more", "why"),
    [
        ("TRANSPOSE", f("x", 2, 3), tensor("y", INT8, (3, 2)), i([1, 0]), "keeps the element type"),
        ("ARG_MAX", f("x", 2, 3), f("y", 2), i(1), "makes int32 or int64; its output is"),
        ("SUM", tensor("x", DType.UINT8, (2, 3)), tensor("y", DType.UINT8, (2,)), i(1), "takes and makes one of"),
        (
            "REDUCE_MAX", tensor("x", INT8, (2, 3), quantised(0.1)), tensor("y", INT8, (2,), quantised(0.2)), i(1),
            "needs the same scale and zero point on both sides",
        ),
        ("MEAN", tensor("x", INT8, (2, 3)), tensor("y", INT8, (2,), quantised(0.2)), i(1), "needs one scale"),
        (
            "CUMSUM", tensor("x", INT8, (2, 3), quantised(1.0)), tensor("y", INT8, (2, 3), quantised(1e-7)), i(1),
            "needs an output scale above 2^-19 of the input's",
        ),
    ],
)  # fmt: skip
def test_types_that_do_not_fit_are_said(kind: str, x: Tensor, y: Tensor, more: Tensor, why: str) -> None:
    found = problems(kind, [x, more], [y])
    assert any(why in text for text in found), found


def test_int8_is_joined_only_as_the_output_is_quantised() -> None:
    x, y = tensor("x", INT8, (1, 2), quantised(0.1)), tensor("y", INT8, (1, 2), quantised(0.1, 3))
    (found,) = problems("CONCATENATION", [x], [y], axis=1)
    assert "each input must be quantised as the output, scale 0.100000001, zero point 3" in found


@pytest.mark.parametrize(
    ("kind", "inputs", "shapes", "attributes", "why"),
    [
        ("SPLIT", [i(1), f("x", 2, 5)], [(2, 2), (2, 2)], {}, "cuts into equal parts"),
        ("SPLIT", [i(0), f("x", 4)], [(2,), (3,)], {}, "makes an output of shape [2]"),
        ("SPLIT_V", [f("x", 5), i([2, 2]), i(0)], [(2,), (2,)], {}, "has sizes [2, 2]; those of axis 0"),
        ("SPLIT_V", [f("x", 5), i([2, 2, 1]), i(0)], [(2,), (3,)], {}, "takes 2 elements as sizes"),
        ("UNPACK", [f("x", 3, 2)], [(2,), (2,)], {"axis": 0}, "makes an output of each of the 3 slices"),
        ("PAD", [f("x", 3), i([[0, 0]])], [(3,), (3,)], {}, "takes 2 to 3 inputs and makes 1; it has 2 and 2"),
    ],
)
def test_several_outputs_that_do_not_fit_are_said(
    kind: str, inputs: list[Tensor], shapes: list[tuple[int, ...]], attributes: dict[str, Attribute], why: str
) -> None:
    found = problems(kind, inputs, [tensor(f"y{n}", FLOAT, shape) for n, shape in enumerate(shapes)], **attributes)
    assert any(why in text for text in found), found

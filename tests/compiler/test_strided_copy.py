"""Data movement: loops over the fewest dimensions, and no index outside an array."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support.model_writer import write_tflite
from tests.support.models import constant, single, tensor
from tools.sni.compiler import compile_model
from tools.sni.ir import Attribute, DType, Graph
from tools.sni.options import Options
from tools.sni.strided_copy import Fill, Lookup, Move, Place, row_major

FLOAT, INT32 = DType.FLOAT32, DType.INT32


def graph(kind: str, shape: tuple, made: tuple, *how: object, **attributes: Attribute) -> Graph:
    more = [constant(f"c{n}", INT32, np.array(values)) for n, values in enumerate(how)]
    return single(kind, [tensor("x", FLOAT, shape), *more], [tensor("y", FLOAT, made)], **attributes)


def body(network: Graph) -> str:
    """The layer's function."""
    code = compile_model(write_tflite(network), "m.tflite", Options("m"))["m.c"]
    return re.search(r"SNI_LAYER void [^{]*\{\n(.*?)^\}", code, re.DOTALL | re.MULTILINE)[1]


@pytest.mark.parametrize(
    ("network", "text"),
    [
        # All of it, over however many dimensions.
        (
            graph("SLICE", (2, 3, 4), (1, 3, 4), (1, 0, 0), (1, 3, 4)),
            "  memcpy(output, &input[12], 12 * sizeof(float));\n",
        ),
        # Rows and columns that stay together are one dimension.
        (
            graph("TRANSPOSE", (1, 4, 5, 3), (1, 3, 4, 5), (0, 3, 1, 2)),
            "  for (int32_t i = 0; i < 3; ++i) {\n"
            "    for (int32_t j = 0; j < 20; ++j) {\n"
            "      output[i * 20 + j] = input[i + j * 3];\n"
            "    }\n"
            "  }\n",
        ),
        # Border and inside of a row in one loop over rows.
        (
            graph("PAD", (1, 4, 5, 3), (1, 4, 7, 3), ((0, 0), (0, 0), (1, 1), (0, 0))),
            "  for (int32_t i = 0; i < 4; ++i) {\n"
            "    memset(&output[i * 21], 0, 3 * sizeof(float));\n"
            "    memcpy(&output[i * 21 + 3], &input[i * 15], 15 * sizeof(float));\n"
            "    memset(&output[i * 21 + 18], 0, 3 * sizeof(float));\n"
            "  }\n",
        ),
        (
            graph("REVERSE_V2", (5,), (5,), (0,)),
            "  for (int32_t i = 0; i < 5; ++i) {\n    output[i] = input[4 - i];\n  }\n",
        ),
    ],
)
def test_as_few_loops_as_can_be(network: Graph, text: str) -> None:
    assert body(network) == text


def test_no_move_reaches_outside() -> None:
    inside = Place("a", 12, row_major((3, 4)))
    Move((3, 4), inside, Fill("0"))
    with pytest.raises(AssertionError, match="writes outside"):
        Move((3, 5), inside, Fill("0"))
    with pytest.raises(AssertionError, match="reads outside"):
        Move((3, 4), inside, Place("b", 12, (-4, 1), 7))
    Move((3, 4), inside, Place("b", 12, (-4, 1), 8))
    with pytest.raises(AssertionError, match="reads outside"):
        Move((3, 4), inside, Place("b", 12, (4, 1), 0, (Lookup("c[{}]", 1, (1, 0)),)))

"""Two rows that share sums of 64 bits: right up to their bound, and not used beyond it."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.convolutions import conv
from tests.support.model_writer import write_tflite
from tests.support.native import Native
from tests.support.oracle import Oracle
from tools.sni.lower import select
from tools.sni.options import Options

OPTIONS = Options("model", "scalar_m3")


@pytest.mark.parametrize("weights", [127, -127])
def test_sums_just_below_the_bound(weights: int) -> None:
    """259 products of 127 and 255, the largest value plus 128, are 893 less than 2^23."""
    graph = conv((1, 1, 3, 259), (1, 1), 8, weights=weights).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_scalar_rows"
    model = write_tflite(graph)
    native, oracle = Native(model, options=OPTIONS), Oracle(model)
    for pixels in ((-128, 127, -128), (127, -128, 127), (127, 127, 127), (-128, -128, -128), (0, 127, -1)):
        image = np.repeat(np.array(pixels, np.int8), 259).reshape(1, 1, 3, 259)
        np.testing.assert_array_equal(native.run(image)[0], oracle.run(image)[0])


def test_sums_beyond_it() -> None:
    graph = conv((1, 1, 3, 260), (1, 1), 8, weights=127).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_rows"


def test_few_outputs_are_not_filled_up() -> None:
    graph = conv((1, 1, 3, 20), (1, 1), 5).graph()
    assert select(graph, graph.ops[0], OPTIONS).name == "conv_2d_int8_rows"

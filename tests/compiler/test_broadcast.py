"""Shapes folded to loops, and numbers rescaled here as the generated C does it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_writer import write_tflite
from tests.support.models import constant, quantised, single, tensor
from tests.support.native import Native
from tools.sni.broadcast import fold
from tools.sni.ir import DType
from tools.sni.numerics.inverse_square_root import inverse_square_root
from tools.sni.options import Options


@pytest.mark.parametrize(
    ("shapes", "extents", "strides"),
    [
        ([(2, 3, 5), (2, 3, 5)], (30,), ((1,), (1,))),
        ([(2, 3, 5), (1,)], (30,), ((1,), (0,))),
        ([(2, 3, 5), (5,)], (6, 5), ((5, 1), (0, 1))),
        ([(2, 3, 5), (2, 1, 1)], (2, 15), ((15, 1), (1, 0))),
        ([(4, 1), (1, 5)], (4, 5), ((1, 0), (0, 1))),
        ([(2, 1, 3, 1), (1, 7, 1, 5)], (2, 7, 3, 5), ((3, 0, 1, 0), (0, 5, 0, 1))),
        ([(1, 1, 1), (1,)], (), ((), ())),
        ([(8, 1, 4, 4), (1, 4, 4)], (8, 16), ((16, 1), (0, 1))),
    ],
)
def test_as_few_loops_as_there_can_be(shapes: list, extents: tuple, strides: tuple) -> None:
    loops = fold(shapes)
    assert (loops.extents, loops.strides) == (extents, strides)


@given(st.data())
def test_every_element_is_taken_from_where_numpy_takes_it(data: st.DataObject) -> None:
    result = data.draw(st.lists(st.integers(1, 3), max_size=6))
    shapes = [
        tuple(data.draw(st.sampled_from([1, extent])) for extent in result[data.draw(st.integers(0, len(result))) :])
        for _ in range(3)
    ]
    loops = fold([*shapes, tuple(result)])
    for shape, strides in zip(shapes, loops.strides, strict=False):
        there = np.broadcast_to(np.arange(math.prod(shape)).reshape(shape), result).reshape(-1)
        steps = itertools.product(*map(range, loops.extents))
        assert [sum(map(math.prod, zip(step, strides, strict=True))) for step in steps] == there.tolist()


@pytest.mark.parametrize("rounding", ["double", "single"])
@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE", "LESS"])
def test_a_constant_folded_here_gives_what_the_c_computes_of_it(kind: str, rounding: str) -> None:
    a, b, y = quantised(0.05, 3), quantised(0.0313, -7), quantised(0.06, 5)
    x = tensor("x", DType.INT8, (256,), a)
    output = tensor("y", DType.BOOL if kind == "LESS" else DType.INT8, (256,), None if kind == "LESS" else y)
    options = Options("model", rounding=rounding)
    computed = Native(write_tflite(single(kind, [x, tensor("c", DType.INT8, (1,), b)], [output])), options=options)
    values = np.arange(-128, 128).astype(np.int8)
    for number in (-128, -7, 0, 1, 127):
        folded = single(kind, [x, constant("c", DType.INT8, np.array([number]), b)], [output])
        (ours,) = Native(write_tflite(folded), options=options).run(values)
        np.testing.assert_array_equal(ours, computed.run(values, np.array([number], np.int8))[0])


def test_inverse_square_roots() -> None:
    rng = np.random.default_rng(1)
    for value in [2, 3, 4, 2**27 - 1, 2**27, 2**29 - 1, 2**29, 2**31 - 1, *np.exp(rng.uniform(1, 21, 500)).astype(int)]:
        root = inverse_square_root(int(value))
        assert root.value * 2.0 ** (root.shift - 31) * math.sqrt(value) == pytest.approx(1, abs=2e-6)
    assert inverse_square_root(0) == inverse_square_root(1)

"""Scaling of int16 outputs in one instruction, and layers that need 64 bits."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.convolutions import INT16S, conv
from tests.support.models import quantised, tensor
from tools.sni.dsp.int16 import scales_of
from tools.sni.ir import DType
from tools.sni.lower import select
from tools.sni.numerics.multiplier import quantise_multiplier, reduced
from tools.sni.options import Options
from tools.sni.quantised import wide_requantisation

OUTPUT = tensor("y", DType.INT16, (1, 8), quantised(0.001))


@pytest.mark.parametrize("exponent", range(1, 19))
def test_a_product_of_which_the_upper_word_is_kept_gives_what_two_shifts_do(exponent: int) -> None:
    """SMMULR against TFLM's (sum * multiplier + half) >> shift; outside of 2^-18 to 1/2 the factor would not fit."""
    rng = np.random.default_rng(exponent)
    sums = np.concatenate([rng.integers(-(2**31), 2**31, 20000), [-(2**31), 2**31 - 1, 0, -1, 1]])
    for real in (2.0**-exponent, 1.99999 * 2.0**-exponent, 1.2345 * 2.0**-exponent):
        scales = scales_of(wide_requantisation([real], OUTPUT, (-32768, 32767)), 1)
        m = quantise_multiplier(real)
        if not -17 <= m.shift <= -1:
            assert scales is None
            continue
        expected = (sums * reduced(m) + (1 << (14 - m.shift))) >> (15 - m.shift)
        np.testing.assert_array_equal((sums * scales[0, 0] + (1 << 31)) >> 32, expected)


@pytest.mark.parametrize(("inputs", "kernel"), [(500, "conv_2d_int16_dsp_row"), (600, "conv_2d_int16_rows")])
def test_sums_that_may_need_64_bits_are_left_to_c99(inputs: int, kernel: str) -> None:
    """516 products of 127 and -32768 fit 32 bits."""
    graph = conv((1, 1, 1, inputs), (1, 1), 4, types=INT16S, weights=127, bias=False).graph()
    assert select(graph, graph.ops[0], Options("m", "dsp")).name == kernel

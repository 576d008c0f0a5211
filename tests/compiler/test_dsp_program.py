"""Pruned weights as programs and clustered ones as places in a table: what they multiply by, and what they cost."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tools.sni.dsp.clusters import VALUES, indices, weights_of
from tools.sni.dsp.program import OUTPUTS, pack, unpack


@given(st.integers(1, OUTPUTS), st.integers(1, 90), st.floats(0, 1), st.integers(0, 1 << 32))
def test_a_program_multiplies_by_the_weights(outputs: int, inputs: int, density: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = 256 * rng.integers(-128, 128, (outputs, inputs))
    weights[rng.random(weights.shape) >= density] = 0
    block = pack(weights)
    np.testing.assert_array_equal(unpack(block, inputs)[:outputs], weights)
    assert not unpack(block, inputs)[outputs:].any()


def test_inputs_are_skipped_as_far_as_constants_reach() -> None:
    weights = np.zeros((4, 9000), np.int64)
    weights[2, 8999] = 512
    block = pack(weights)
    np.testing.assert_array_equal(unpack(block, 9000), weights)
    assert all(term.numbers[0] <= 4095 for line in block.lines for term in line if term.kind in ("SKIP", "BACK"))


def test_zeros_cost_nothing() -> None:
    assert pack(np.zeros((4, 40), np.int64)).instructions == 0
    weights = np.zeros((4, 40), np.int64)
    weights[1, 8] = 256
    text = [str(term) for line in pack(weights).lines for term in line]
    assert text == ["SNI_SKIP(16)", "SNI_X", "SNI_W(1)", "SNI_BB(1, 0, 0)", "SNI_BACK(24)"]


def test_two_weights_of_a_pair_take_one_instruction() -> None:
    weights = np.zeros((4, 4), np.int64)
    weights[0, [0, 2]] = 256, -512
    text = [str(term) for line in pack(weights).lines for term in line]
    assert text == ["SNI_X", "SNI_W(1)", "SNI_D(0, 0, 0)", "SNI_BACK(8)"]


@given(st.integers(1, 9), st.integers(1, 30), st.integers(1, VALUES), st.integers(0, 1 << 32))
def test_places_stand_for_the_weights(outputs: int, inputs: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.sort(rng.choice(np.arange(-128, 128), count, replace=False))
    weights = rng.choice(values, (outputs, inputs))
    held = indices(weights, values)
    assert held.size == -(-outputs // 2) * -(-inputs // 4) * 4, "a byte for two weights"
    np.testing.assert_array_equal(weights_of(held, values, outputs, inputs), weights)

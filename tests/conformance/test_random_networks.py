"""Whole networks of 5 to 30 layers with branches, drawn from seeds, against TFLM."""

from __future__ import annotations

import pytest

from tests.conformance.conformance import FLOAT, INT8, assert_conforms
from tests.support.random_network import RandomNetwork


@pytest.mark.parametrize("seed", range(30))
def test_int8(seed: int) -> None:
    assert_conforms(RandomNetwork(seed, INT8).graph)


@pytest.mark.parametrize("seed", range(10))
def test_float(seed: int) -> None:
    assert_conforms(RandomNetwork(seed, FLOAT).graph)


def test_they_have_5_to_30_layers_and_branches() -> None:
    graphs = [RandomNetwork(seed, INT8).graph for seed in range(30)]
    assert min(len(g.ops) for g in graphs) >= 5
    assert max(len(g.ops) for g in graphs) <= 30
    branching = [
        g for g in graphs if any(len(list(g.consumers(t))) > 1 for t in g.tensors if not g.tensors[t].is_constant)
    ]
    assert len(branching) > len(graphs) // 2

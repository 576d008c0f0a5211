"""The memory planner: properties that hold for every set of buffers, and the sizes of known networks."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.support.models import chain, quantised, tensor
from tools.sni.ir import DType
from tools.sni.lower import lower
from tools.sni.memory.arena import plan_arena
from tools.sni.memory.planner import ALIGNMENT, Buffer, lower_bound, overlap, plan
from tools.sni.options import Options

BUFFERS = st.lists(
    st.builds(
        lambda size, first, length: Buffer(size, first, first + length),
        st.integers(1, 3000),
        st.integers(-1, 20),
        st.integers(0, 12),
    ),
    max_size=24,
)


@given(BUFFERS)
def test_buffers_alive_together_lie_apart(buffers: list[Buffer]) -> None:
    result = plan(buffers)
    places = list(zip(buffers, result.offsets, strict=True))
    for (a, at_a), (b, at_b) in itertools.combinations(places, 2):
        assert not overlap(a, b) or at_a + a.size <= at_b or at_b + b.size <= at_a
    assert all(offset % ALIGNMENT == 0 for offset in result.offsets)
    assert result.size == max((offset + b.size for b, offset in places), default=0)


@given(BUFFERS)
def test_the_plan_lies_between_its_lower_bound_and_no_sharing_at_all(buffers: list[Buffer]) -> None:
    result = plan(buffers)
    assert lower_bound(buffers) == result.lower_bound <= result.size <= sum(b.aligned for b in buffers)


@given(BUFFERS)
def test_the_plan_is_the_same_every_time(buffers: list[Buffer]) -> None:
    assert plan(buffers) == plan(list(buffers))


@given(st.lists(st.integers(1, 500), min_size=3, max_size=3))
def test_a_chain_reaches_its_lower_bound(sizes: list[int]) -> None:
    a, b, c = (ALIGNMENT * size for size in sizes)
    result = plan([Buffer(a, -1, 0), Buffer(b, 0, 1), Buffer(c, 1, 2)])
    assert result.size == result.lower_bound


def test_a_plan_is_never_above_the_best_order() -> None:
    """Placing the largest first takes 288 bytes here: the planner must have tried another order."""
    buffers = [Buffer(80, 1, 4), Buffer(96, 1, 2), Buffer(80, 1, 3), Buffer(128, 4, 6)]
    assert plan(buffers).size == lower_bound(buffers) == 256


def test_views_and_in_place_outputs_share_storage() -> None:
    q = quantised(0.1)
    a, b, c = (
        tensor("a", DType.INT8, (1, 100), q),
        tensor("b", DType.INT8, (100,), q),
        tensor("c", DType.INT8, (100,), q),
    )
    graph = chain([("RESHAPE", [a], [b], {}), ("RELU", [b], [c], {})])
    arena = plan_arena(graph, lower(graph, "m", Options("m")))
    assert arena.size == 100
    assert {p.offset for p in arena.placements.values()} == {0}


def test_an_input_that_is_read_again_later_is_not_overwritten() -> None:
    q = quantised(0.1)
    a, b, c, d = (tensor(n, DType.INT8, (100,), q) for n in "abcd")
    graph = chain([("RELU", [a], [b], {}), ("RELU6", [a], [c], {}), ("RELU", [c], [d], {})])
    arena = plan_arena(graph, lower(graph, "m", Options("m")))
    place = {graph.tensors[t].name: p.offset for t, p in arena.placements.items()}
    assert place["a"] != place["b"]
    assert place["c"] == place["a"], "the second reader is the last, so it may write over its input"
    assert place["b"] != place["c"]

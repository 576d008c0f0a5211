"""The memory planner: properties that hold for every set of buffers, and plans that are known to be possible."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tools.sni.memory.placement import problem_of
from tools.sni.memory.planner import ALIGNMENT, ORDERS, Buffer, Leads, alive_together, lower_bound, plan
from tools.sni.memory.search import climbed, exhausted

BUFFER = st.builds(
    lambda size, first, length: Buffer(size, first, first + length),
    st.integers(1, 3000),
    st.integers(-1, 20),
    st.integers(0, 12),
)
BUFFERS = st.lists(BUFFER, max_size=24)


@st.composite
def problems(draw: st.DrawFn, most: int = 16) -> tuple[list[Buffer], Leads]:
    """Buffers, some of which begin where others end, and leads for some of these."""
    buffers = draw(st.lists(BUFFER, max_size=most // 2))
    for buffer in draw(st.lists(st.sampled_from(buffers), max_size=most // 2)) if buffers else ():
        buffers.append(Buffer(draw(st.integers(1, 3000)), buffer.last, buffer.last + draw(st.integers(0, 5))))
    meeting = [
        (output, source)
        for output, source in itertools.permutations(range(len(buffers)), 2)
        if buffers[output].first == buffers[source].last and buffers[source].first < buffers[output].last
    ]
    chosen = draw(st.lists(st.sampled_from(meeting), unique=True, max_size=8)) if meeting else []
    return buffers, {pair: draw(st.none() | st.integers(0, 2000)) for pair in chosen}


def assert_valid(buffers: list[Buffer], leads: Leads, offsets: tuple[int, ...]) -> None:
    for a, b in itertools.permutations(range(len(buffers)), 2):
        apart = offsets[a] + buffers[a].size <= offsets[b] or offsets[b] + buffers[b].size <= offsets[a]
        led = [
            leads[low, high] is None or offsets[low] + leads[low, high] <= offsets[high]
            for low, high in ((a, b), (b, a))
            if (low, high) in leads
        ]
        assert apart or any(led) or not alive_together(buffers[a], buffers[b])
    assert all(offset % ALIGNMENT == 0 for offset in offsets)


@settings(deadline=None)
@given(BUFFERS)
def test_buffers_alive_together_lie_apart(buffers: list[Buffer]) -> None:
    result = plan(buffers)
    assert_valid(buffers, {}, result.offsets)
    assert result.size == max((offset + b.size for b, offset in zip(buffers, result.offsets, strict=True)), default=0)
    assert result.shared == ()


@settings(deadline=None)
@given(problems())
def test_buffers_that_may_share_memory_keep_their_lead(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    result = plan(buffers, leads)
    assert_valid(buffers, leads, result.offsets)
    assert_valid(buffers, {pair: leads[pair] for pair in result.shared}, result.offsets)


@settings(deadline=None)
@given(problems())
def test_the_plan_lies_between_its_lower_bound_and_no_sharing_at_all(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    result = plan(buffers, leads)
    assert lower_bound(buffers, leads) <= result.lower_bound <= result.size <= sum(b.aligned for b in buffers)


@settings(deadline=None)
@given(problems())
def test_a_plan_is_never_above_any_of_its_strategies(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    size = plan(buffers, leads).size
    for order in ORDERS.values():
        for allowed in ({}, leads):
            tried = problem_of(buffers, allowed)
            assert size <= tried.height(tried.place(order(buffers)))


@settings(deadline=None)
@given(problems())
def test_the_plan_is_the_same_every_time(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    assert plan(buffers, leads) == plan(list(buffers), dict(reversed(leads.items())))


@settings(deadline=None)
@given(problems(most=6))
def test_an_exhaustive_search_that_ends_has_found_the_best(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    assume(buffers)
    tried = problem_of(buffers, leads)
    best = min(tried.height(tried.place(order)) for order in itertools.permutations(range(len(buffers))))
    order, ended = exhausted(tried, best + 1)
    assert ended
    assert (tried.height(tried.place(order)) if order else 0) == best
    assert exhausted(tried, best) == (None, True)
    assert plan(buffers, leads).size == plan(buffers, leads).lower_bound == best


@settings(deadline=None)
@given(problems())
def test_climbing_never_goes_down(problem: tuple[list[Buffer], Leads]) -> None:
    buffers, leads = problem
    tried = problem_of(buffers, leads)
    start = list(range(len(buffers)))
    better = climbed(tried, start, 0) if buffers else start
    assert sorted(better) == start
    assert tried.height(tried.place(better)) <= tried.height(tried.place(start))


@settings(deadline=None)
@given(st.lists(st.integers(1, 500), min_size=3, max_size=3))
def test_a_chain_reaches_its_lower_bound(sizes: list[int]) -> None:
    a, b, c = (ALIGNMENT * size for size in sizes)
    result = plan([Buffer(a, -1, 0), Buffer(b, 0, 1), Buffer(c, 1, 2)])
    assert result.size == result.lower_bound


def test_a_plan_is_never_above_the_best_order() -> None:
    """Placing the largest first is bad here, in order of use is best: the planner must have tried both."""
    buffers = [Buffer(16, 0, 9), Buffer(160, 0, 1), Buffer(144, 2, 3), Buffer(32, 1, 2)]
    assert plan(buffers).size == lower_bound(buffers)


def test_a_search_finds_what_no_order_does() -> None:
    """Found by trying random problems: every fixed order leaves a hole that nothing fits into."""
    buffers = [Buffer(16, 0, 2), Buffer(64, 3, 3), Buffer(32, 0, 3), Buffer(64, 0, 0), Buffer(16, 2, 4)]
    tried = problem_of(buffers, {})
    by_order = min(tried.height(tried.place(order(buffers))) for order in ORDERS.values())
    result = plan(buffers)
    assert result.size == lower_bound(buffers) < by_order
    assert result.strategy == "as an exhaustive search found"


def test_a_chain_of_overlaps_sinks_by_its_leads() -> None:
    """Each output a little lower than its input: the first lies above the leads of all."""
    buffers = [Buffer(8000, step - 1, step) for step in range(5)]
    leads = {(step + 1, step): 160 for step in range(4)}
    result = plan(buffers, leads)
    assert result.offsets == (640, 480, 320, 160, 0)
    assert (result.size, result.lower_bound) == (8640, 8640)
    assert result.shared == ((1, 0), (2, 1), (3, 2), (4, 3))


def test_memory_is_shared_only_where_that_makes_the_arena_smaller() -> None:
    """The second pair of layers has room beside each other, because the first pair needs as much."""
    buffers = [Buffer(1600, -1, 0), Buffer(1600, 0, 1), Buffer(160, 1, 2), Buffer(160, 2, 3)]
    result = plan(buffers, {(1, 0): 160, (2, 1): 16, (3, 2): 16})
    assert (result.size, result.shared) == (1760, ((1, 0),))


@pytest.mark.parametrize(
    ("lead", "size"), [(None, 1600), (0, 1600), (1, 1616), (16, 1616), (17, 1632), (1600, 3200), (9999, 3200)]
)
def test_a_lead_is_rounded_up_to_the_alignment(lead: int | None, size: int) -> None:
    buffers = [Buffer(1600, -1, 0), Buffer(1600, 0, 1)]
    result = plan(buffers, {(1, 0): lead})
    assert (result.size, result.lower_bound) == (size, size)


@pytest.mark.parametrize(("lead", "size"), [(0, 1792), (None, 1600)])
def test_an_output_lies_above_its_input_where_it_may_lie_anywhere(lead: int | None, size: int) -> None:
    """The third rises from the second, which lies below the first, to where the last may cover it, which is larger."""
    buffers = [Buffer(1200, -1, 0), Buffer(1008, 0, 1), Buffer(1008, 1, 2), Buffer(1600, 2, 3)]
    assert plan(buffers, {(1, 0): 0, (2, 1): lead, (3, 2): 592}).size == size


def test_one_output_over_two_inputs_saves_no_more_than_its_size() -> None:
    """The inputs lie apart from each other; the output is smaller than what it could cover of both."""
    buffers = [Buffer(160, -1, 0), Buffer(160, -1, 0), Buffer(160, 0, 1)]
    leads = {(2, 0): 0, (2, 1): 0}
    assert plan(buffers, leads).size == lower_bound(buffers, leads) == 320

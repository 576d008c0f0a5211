"""Rows of many streams: each has a state of its own, and none is forgotten in silence."""

import json
import random
from collections import OrderedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import harness
from tests.runtime.harness import SMALL, run, summarised

KEYS = st.sampled_from("abcde") | st.text("ab", min_size=1, max_size=8)
FEW = {"limits": SMALL, "defines": ("-DSNI_STREAMS=3",)}


def expected(rows: list[tuple[str, int]], capacity: int) -> tuple[list[object], int, int]:
    """Sum and number of rows for each row, streams begun, streams evicted."""
    streams: OrderedDict[str, list[int]] = OrderedDict()
    results: list[object] = []
    begun = evicted = 0
    for key, value in rows:
        if key not in streams:
            begun += 1
            if len(streams) == capacity:
                streams.popitem(last=False)
                evicted += 1
            streams[key] = []
        streams.move_to_end(key)
        streams[key].append(value)
        seen = streams[key]
        results.append((sum(seen[-3:]), len(seen)) if len(seen) >= 3 else (None, None))
    return results, begun, evicted


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(KEYS, st.integers(-9, 9)), max_size=80), st.integers(1, 4))
def test_streams_are_kept_apart_and_the_least_recent_goes_first(rows: list[tuple[str, int]], capacity: int) -> None:
    check_streams(rows, capacity)


def check_streams(rows: list[tuple[str, int]], capacity: int) -> None:
    program = harness.build("window", limits=SMALL, defines=(f"-DSNI_STREAMS={capacity}",))
    outcome = summarised(program, "".join(f"{key},t,{value}\n" for key, value in rows), "--out=jsonl", "--header=no")
    results, begun, evicted = expected(rows, capacity)
    got = [json.loads(line) for line in outcome.lines]
    assert [(row["sum"], row["rows"]) for row in got] == results
    assert [row["track"] for row in got] == [key for key, _ in rows]
    assert outcome.summary["streams"] == {"begun": begun, "live": begun - evicted, "evicted": evicted}
    assert outcome.summary["inferences"] == sum(result != (None, None) for result in results)
    assert outcome.status == 0


def test_a_stream_that_is_used_stays() -> None:
    """Of a, b, c the first is the oldest, but not the one used least recently, when d comes."""
    outcome = summarised(harness.build("window", **FEW), "".join(f"{key},t,1\n" for key in "abcadacbb"))
    assert [line.split(",")[4] for line in outcome.lines[1:]] == ["", "", "", "", "", "3", "", "", ""]
    assert outcome.summary["streams"] == {"begun": 5, "live": 3, "evicted": 2}


@pytest.mark.parametrize("capacity", [2, 3, 4])
def test_many_rows_of_few_streams(capacity: int) -> None:
    generator = random.Random(capacity)
    check_streams([(generator.choice("aaaabbbccdef"), generator.randrange(9)) for _ in range(2000)], capacity)


def test_evictions_are_told() -> None:
    rows = "".join(f"{key},t,1\n" for key in "abcabcdabc")
    log = run(harness.build("window", **FEW), rows).log.splitlines()
    assert log[2] == "7 streams begun, 3 live, 4 evicted: more keys than states, those used least recently began anew"
    log = run(harness.build("window", **FEW), "a,t,1\n").log.splitlines()
    assert log[2] == "1 streams begun, 1 live, 0 evicted"


def test_a_row_without_inference_has_empty_results() -> None:
    outcome = run(harness.build("window"), "k,x,1\nk,y,2\nk,z,3\n")
    assert outcome.lines == ["line,track,when,x,sum,rows", "1,k,x,1,,", "2,k,y,2,,", "3,k,z,3,6,3"]


def test_bad_rows_touch_no_stream() -> None:
    outcome = summarised(harness.build("window", **FEW), "a,t,1\nb,t,1\nc,t,1\nd,t,x\ne,t\na,t,1\na,t,1\n")
    assert outcome.lines[-1] == "7,a,t,1,3,3"
    assert outcome.summary["streams"] == {"begun": 3, "live": 3, "evicted": 0}


def test_keys_are_bounded_and_not_empty() -> None:
    outcome = summarised(harness.build("window", **FEW), '12345678,t,1\n123456789,t,1\n,t,1\n"  ",t,1\n')
    assert outcome.summary["results"] == 1
    assert outcome.reports == [
        "line 2: key too long (column 'track', value '123456789', 9 bytes; at most 8)",
        "line 3: empty field (column 'track')",
        "line 4: empty field (column 'track')",
    ]


def test_spaces_around_a_key_do_not_count_but_are_echoed() -> None:
    outcome = run(harness.build("window"), 'k,t,1\n k ,t,1\n"k\t",t,1\n')
    assert outcome.lines[1:] == ["1,k,t,1,,", '2," k ",t,1,,', '3,"k\t",t,1,3,3']


@pytest.mark.parametrize("count", [1024, 1025])
def test_the_default_number_of_streams(count: int) -> None:
    rows = "".join(f"key{i},t,1\n" for i in range(count)) * 3
    told = summarised(harness.build("window"), rows).summary
    assert told["streams"]["evicted"] == (0 if count == 1024 else 3 * 1025 - 1024)
    assert told["inferences"] == (1024 if count == 1024 else 0)

"""The bench mode: reproducible inputs, a checksum, statistics."""

import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime import harness
from tests.runtime.harness import run
from tests.runtime.probing import statistics

MASK = 2**64 - 1


class SplitMix64:
    """The documented generator."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def __call__(self) -> int:
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = ((self.state ^ self.state >> 30) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ z >> 27) * 0x94D049BB133111EB) & MASK
        return z ^ z >> 31


def checksum(seed: int, iterations: int) -> str:
    """That of the quantised engine, whose outputs are its inputs."""
    generator = SplitMix64(seed)
    total = 0xCBF29CE484222325
    for _ in range(iterations):
        data = b""
        for code, count in (("b", 4), ("f", 2), ("h", 2), ("B", 1), ("i", 1), ("q", 1), ("?", 1)):
            for _ in range(count):
                bits = generator()
                if code == "f":
                    data += struct.pack("<f", (bits >> 40) / 2**23 - 1)
                elif code == "?":
                    data += bytes([bits >> 63])
                else:
                    size = struct.calcsize(code)
                    data += (bits >> (64 - 8 * size)).to_bytes(size, "little")
        for byte in data:
            total = ((total ^ byte) * 0x100000001B3) & MASK
    return f"fnv1a64:{total:016x}"


def bench(*arguments: str, engine: str = "quantised", platform: str = "linux") -> dict[str, Any]:
    outcome = run(harness.build(engine, platform=platform), b"", "bench", *arguments)
    assert (outcome.status, outcome.log) == (0, "")
    assert len(outcome.lines) == 1
    return json.loads(outcome.out)


@pytest.mark.parametrize("platform", ["linux", "standard"])
def test_the_report(platform: str) -> None:
    told = bench("--iterations=50", "--warmup", "3", "--seed", "7", engine="sum", platform=platform)
    times = told.pop("time_ns")
    assert list(times) == ["min", "p50", "p90", "p99", "max"]
    assert list(times.values()) == sorted(times.values())
    instructions = told.pop("instructions")
    if platform == "standard":
        assert instructions is None
    elif instructions is not None:
        assert list(instructions) == list(times)
        assert 0 < instructions["p50"] < 10000
    assert told.pop("setup_ns") >= 0
    assert told.pop("clock_ns") >= 0
    assert told.pop("checksum").startswith("fnv1a64:")
    assert told == {
        "engine": "fake", "version": "1.2.3", "model": "sum",
        "model_sha256": "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "options": 'some="option"',
        "state_bytes": 20, "arena_bytes": 12, "constant_bytes": 34, "macs": 5000000000,
        "iterations": 50, "warmup": 3, "seed": 7,
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2**64 - 1])
@pytest.mark.parametrize("iterations", [1, 100])
def test_inputs_and_checksum_are_the_documented_ones(seed: int, iterations: int) -> None:
    told = bench(f"--seed={seed}", f"--iterations={iterations}")
    assert told["checksum"] == checksum(seed, iterations)


def test_the_warm_up_changes_no_output() -> None:
    assert {bench(f"--warmup={warmup}", "--iterations=9")["checksum"] for warmup in (0, 1, 30)} == {checksum(1, 9)}


def test_the_warm_up_leaves_no_trace_in_the_state() -> None:
    program = harness.build("sum", defines=("-DENGINE_REMEMBERS",))
    told = [json.loads(run(program, b"", "bench", f"--warmup={warmup}").out) for warmup in (0, 5)]
    assert told[0]["checksum"] == told[1]["checksum"]


def test_defaults() -> None:
    told = bench()
    assert (told["iterations"], told["warmup"], told["seed"]) == (1000, 10, 1)
    small = run(harness.build("sum", limits=harness.SMALL), b"", "bench")
    assert json.loads(small.out)["iterations"] == 20


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, MASK) | st.integers(0, 5), min_size=1, max_size=300))
def test_statistics_are_the_nearest_ranks(samples: list[int]) -> None:
    ranked = sorted(samples)
    told = json.loads(statistics(samples))
    assert told == {
        "min": ranked[0],
        **{f"p{percent}": ranked[math.ceil(len(ranked) * percent / 100) - 1] for percent in (50, 90, 99)},
        "max": ranked[-1],
    }


def test_no_number_of_iterations_beyond_the_documented() -> None:
    header = Path("sni_rules/runtime/limits.h").read_text(encoding="utf-8")
    assert "#define SNI_MAX_ITERATIONS SNI_LIMIT(1000000, 1000)" in header
    assert run(harness.build("sum"), b"", "bench", "--iterations=1000001").status == 2

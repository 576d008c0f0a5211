"""The runner on every platform, under its emulator: the same rows in, the same results out."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

PROGRAMS = {Path(path).name.removesuffix("_emulated"): path for path in os.environ["PROGRAMS"].split()}
PLATFORMS = sorted(name.removeprefix("ais_int8_") for name in PROGRAMS if name.startswith("ais_int8_"))
FUSING = {"cortex_m4", "cortex_m7", "cortex_m7_single", "cortex_m33", "cortex_m55", "x86_64", "x86_64_v3"}
"""Where products and sums of floats are fused, which moves their last bits."""

ROWS = "track,unix_time,lat_deg,lon_deg,sog_kn,cog_deg\n" + "".join(
    f"7,{60 * i},{50 + 0.003 * i:.4f},{1 + 0.001 * i * (i > 30):.4f},{10 + i % 3},{(7 * i) % 360}\n" for i in range(40)
)


def run(program: str, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAMS[program], *arguments], input=stdin, capture_output=True, text=True, check=False, timeout=120
    )


def test_every_platform_is_there() -> None:
    assert {"x86_64", "x86_64_v3", "armv7l", "cortex_m0", "cortex_m4", "cortex_m55"} <= set(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_stream_of_rows_gives_the_same_results_as_on_x86_64(platform: str) -> None:
    reference = run("ais_int8_x86_64", stdin=ROWS)
    done = run(f"ais_int8_{platform}", stdin=ROWS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 41
    assert "40 rows: 40 results, 0 skipped" in done.stderr
    for line, expected in zip(done.stdout.splitlines()[1:], reference.stdout.splitlines()[1:], strict=True):
        *place, score, flag = line.split(",")
        *expected_place, expected_score, expected_flag = expected.split(",")
        assert place == expected_place
        assert bool(score) == bool(expected_score)
        if score:
            assert float(score) == pytest.approx(float(expected_score), rel=1e-3)
            assert flag == expected_flag


@pytest.mark.parametrize("platform", PLATFORMS)
def test_int8_inferences_have_the_same_bits_everywhere(platform: str) -> None:
    bench = ("bench", "--iterations=50", "--seed=3")
    reference = json.loads(run("ais_int8_x86_64", *bench).stdout)
    report = json.loads(run(f"ais_int8_{platform}", *bench).stdout)
    assert report["checksum"] == reference["checksum"]
    assert report["time_ns"]["min"] > 0


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if not p.startswith("x86_64")])
def test_instructions_are_the_same_on_every_run(platform: str) -> None:
    bench = ("bench", "--iterations=20", "--seed=5")
    one, two = (json.loads(run(f"ais_int8_{platform}", *bench).stdout)["instructions"] for _ in range(2))
    assert one == two
    # Of 7,936 multiply-accumulates vectors do at most sixteen in an instruction.
    assert 7936 / 16 < one["min"] <= one["max"] < 100_000


@pytest.mark.parametrize("program", [p for p in PROGRAMS if p.startswith("ais_lto_")])
def test_optimised_at_link_time_a_program_does_the_same_in_other_instructions(program: str) -> None:
    bench = ("bench", "--iterations=20", "--seed=3")
    plain, optimised = (json.loads(run(p, *bench).stdout) for p in (program.replace("lto", "int8"), program))
    assert optimised["checksum"] == plain["checksum"]
    # NEON's loops are assembly in functions of their own, which link-time optimisation leaves as they are.
    assert optimised["instructions"] != plain["instructions"] or "armv7l" in program


@pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - FUSING))
def test_float_inferences_have_the_same_bits_where_nothing_is_fused(platform: str) -> None:
    bench = ("bench", "--iterations=50", "--seed=3")
    reference = json.loads(run("ais_float32_armv7l", *bench).stdout)
    assert json.loads(run(f"ais_float32_{platform}", *bench).stdout)["checksum"] == reference["checksum"]


@pytest.mark.parametrize("platform", [p for p in PLATFORMS if p.startswith("cortex")])
def test_arguments_and_exit_statuses_go_through_the_emulator(platform: str) -> None:
    done = run(f"ais_int8_{platform}", "--comment=,", "--header=no way, sir")
    assert done.returncode == 2
    assert "no way, sir" in done.stderr
    bad = run(f"ais_int8_{platform}", stdin=ROWS + "7,1,x,2,3,4\n")
    assert bad.returncode == 3
    assert re.search(r"line 42: not a number \(column 'lat_deg', value 'x'\)", bad.stderr)

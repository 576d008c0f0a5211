"""Instructions, flash and memory of models with every profile's kernels: none may become slower or larger.

Counts are exact, for one version of a compiler. After a change for the better, or of what is measured:

    UPDATE_REFS=1 python -m pytest tests/bench
"""

from __future__ import annotations

import functools
import json
import lzma
import os
import re
from pathlib import Path

import pytest

from tests.bench.small import small
from tests.support.convolutions import FLOATS, INT8S, INT16S
from tools.bench.kernels.cases import Target, model_path
from tools.bench.kernels.goals import goal_rows, peers_of, targets_of_goals
from tools.kit.building import run
from tools.kit.counting import missing
from tools.kit.layers import Measured
from tools.kit.table import platform
from tools.sni.options import PROFILES

COUNTS = Path(__file__).with_name("kernels.json")
TESTDATA = Path(__file__).resolve().parents[1] / "testdata" / "recurrent"
TOLERANCE = 0.01
INT8 = ("ad", "kws", "ic", "vww", "sww")
FLOAT32 = ("ad_float", "ic_float", "vww_float")
SMALL = {"small": INT8S, "small_float": FLOATS, "small_int16": INT16S}
AT_HAND = ("ais", "ais_float", "small", "small_float")
"""Models that need nothing beside the workspace."""

RECURRENT = {"lstm": "edgemark_lstm", "gru": "edgemark_gru"}
"""Unrolled networks of int8, of tests/testdata."""

TARGETS = {
    Target("cortex_m4", "dsp"): (*AT_HAND, *RECURRENT, "small_int16", *INT8, *FLOAT32),
    Target("cortex_m4", "dsp", "speed"): ("ais", "small", *INT8),
    Target("cortex_m4", "dsp", "ram"): ("small", "ic", "vww"),
    Target("cortex_m55", "mve"): (*AT_HAND, "small_int16", *INT8, *FLOAT32),
    Target("armv7l", "neon"): (*AT_HAND, "lstm", "small_int16", *INT8, *FLOAT32),
    Target("cortex_m55", "mve", "ram"): ("ic", "vww", "sww"),
    Target("armv7l", "neon", "ram"): ("ic", "vww", "sww"),
    Target("x86_64", "x86"): (*AT_HAND, "lstm", "small_int16", *INT8),
    Target("cortex_m0", "c99"): ("ais", "small"),
    Target("cortex_m0", "scalar"): ("ais", "small", "ic"),
    Target("cortex_m3", "scalar_m3"): ("ais", "small", "ic"),
    Target("x86_64_v3", "c99"): ("ais", "ais_float", "small", "small_float"),
}
CASES = [(target, name) for target, names in TARGETS.items() if target.profile in PROFILES for name in names]


@functools.cache
def model(name: str) -> bytes:
    if name in SMALL:
        return small(SMALL[name])
    if name in RECURRENT:
        return lzma.decompress((TESTDATA / f"{RECURRENT[name]}.tflite.xz").read_bytes())
    path = model_path(name)
    if path is None:
        pytest.skip(f"needs the model {name} of the shared folder")
    return path.read_bytes()


@functools.cache
def compiler(name: str) -> str:
    """The version of a platform's compiler."""
    return re.search(r"\d+\.\d+\.\d+", run([platform(name).compiler, "--version"]))[0]


def stored() -> dict[str, dict]:
    return json.loads(COUNTS.read_text(encoding="utf-8")) if COUNTS.exists() else {}


def row(measured: Measured) -> dict[str, object]:
    """What is kept of a measurement. Kernels have their layer's number, so that none is there twice."""
    layers = {f"{number} {layer.kernel}": layer.instructions for number, layer in enumerate(measured.layers)}
    totals = {"instructions": measured.instructions, "flash": measured.flash, "arena": measured.arena}
    return {**totals, "layers": {name.strip(): count for name, count in layers.items()}}


def store(case: str, version: str, measured: dict[str, object]) -> None:
    """A line a case."""
    everything = stored() | {case: {"gcc": version, **measured}}
    lines = (f"{json.dumps(key)}: {json.dumps(value)}" for key, value in sorted(everything.items()))
    COUNTS.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def changes(before: dict, now: dict) -> tuple[list[str], list[str]]:
    """What is worse by more than the tolerance, and what is better."""
    numbers = [(what, before[what], now[what]) for what in ("instructions", "flash", "arena")]
    numbers += [(layer, count, now["layers"].get(layer, 0)) for layer, count in before["layers"].items()]
    worse = [f"{what}: {new:,}, before {old:,}" for what, old, new in numbers if new > old * (1 + TOLERANCE)]
    better = [f"{what}: {new:,}, before {old:,}" for what, old, new in numbers if new < old * (1 - TOLERANCE)]
    return worse, better


@pytest.mark.parametrize(("target", "name"), CASES, ids=str)
def test_no_kernel_became_slower_and_no_model_larger(target: Target, name: str) -> None:
    if lacking := missing(platform(target.platform)):
        pytest.skip(f"needs {', '.join(lacking)} on PATH")
    case, version = f"{target} {name}", compiler(target.platform)
    now = row(target.measure(model(name)))
    if os.environ.get("UPDATE_REFS"):
        store(case, version, now)
        return
    assert case in stored(), f"{case} was never counted: UPDATE_REFS=1 python -m pytest tests/bench"
    before = stored()[case]
    if before["gcc"] != version:
        pytest.skip(f"counted with GCC {before['gcc']}, and this is {version}")
    worse, better = changes(before, now)
    assert not worse, f"{case} became slower or larger: {'; '.join(worse)}"
    other = sorted(before["layers"].keys() ^ now["layers"].keys())
    assert not better + other, (
        f"{case} became better or has other kernels: {'; '.join(better + other)}. To keep it: "
        f"UPDATE_REFS=1 python -m pytest tests/bench -k '{target} and {name}'"
    )


def test_a_slower_layer_is_told_from_a_faster_one() -> None:
    before = {"instructions": 1000, "flash": 100, "arena": 10, "layers": {"0 a": 600, "1 b": 400}}
    assert changes(before, before) == ([], [])
    now = {**before, "layers": {"0 a": 590, "1 b": 410}}
    assert changes(before, now) == (["1 b: 410, before 400"], ["0 a: 590, before 600"])
    assert changes(before, {**before, "flash": 101})[0] == []
    assert changes(before, {**before, "flash": 102})[0] == ["flash: 102, before 100"]


def test_ratios_and_goals_stand_beside_each_other() -> None:
    counts = dict.fromkeys(targets_of_goals(), 0)
    key = next(key for key in counts if key[0].optimise == "speed" and key[1] == "ad")
    head, line = goal_rows({key: peers_of("cortex_m4")["TFLM with CMSIS-NN"]["ad"]}, {})
    assert head[1] == "ad"
    assert line[1] == "1.000! (0.60)"
    assert line[2] == ""

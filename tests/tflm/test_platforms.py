"""tflm_binary with the stand-in on processors of each kind: the arena that was found there, a program that runs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.tflm import stub

PROGRAMS = {Path(path).name.removesuffix("_emulated"): path for path in os.environ.get("PROGRAMS", "").split()}
PLATFORMS = ["armv7l", "cortex_m4", "x86_64"]

pytestmark = pytest.mark.skipif(not PROGRAMS, reason="Bazel builds the programs")


def run(program: str, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run([PROGRAMS[program], *arguments], input=stdin, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_arena_is_the_smallest_that_works(platform: str) -> None:
    info = json.loads(run(f"smallest_{platform}", "info"))
    assert (info["engine"], info["version"]) == ("tflm", "stub")
    assert info["arena_bytes"] == stub.ARENA
    assert info["arena_bytes"] < info["state_bytes"] < info["arena_bytes"] + 1024


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_user_s_arena_is_taken(platform: str) -> None:
    assert json.loads(run(f"given_{platform}", "info"))["arena_bytes"] == 2000


@pytest.mark.parametrize("platform", PLATFORMS)
def test_inferences_are_the_stand_in_s(platform: str) -> None:
    """The same checksum on each platform, and another one than that of the same bytes without an inference."""
    report = json.loads(run(f"smallest_{platform}", "bench", "--iterations=5"))
    assert report["checksum"] == json.loads(run("smallest_x86_64", "bench", "--iterations=5"))["checksum"]
    one, other = (json.loads(run(f"smallest_{platform}", "bench", "--iterations=1", f"--seed={s}")) for s in (1, 2))
    assert one["checksum"] != other["checksum"]

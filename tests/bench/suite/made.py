"""Results that tests make up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tools.bench.suite.results import Error, Failure, Figures, Key, Result, Results, Run, Wall

FIGURES = Figures(
    engine_version="1",
    instructions=1000,
    wall=Wall(10_000, 11_000, 12_000),
    flash=4096,
    ram=512,
    stack=128,
    arena=256,
    constants=2048,
    weights=2000,
    macs=4000,
    error=Error(0.5, 0.1, 0.01, None, 16),
    exact=True,
    edgemark=None,
    build_s=2.0,
    program="ab" * 32,
    command="bazel build //:x",
)


def key(model: str, **parts: str) -> Key:
    return replace(Key(model, "int8_only", "sni", "cortex_m4", "-O3"), **parts)


def good(model: str, **figures: Any) -> Result:
    return Result(key(model), replace(FIGURES, **figures), None)


def bad(model: str, message: str = "it fails\nutterly") -> Result:
    return Result(key(model), None, Failure("build", message))


def results(*found: Result, started: str = "2026-01-02", machine: str = "here") -> Results:
    return Results(Run("small", started, "bench", machine, 1.0, 2.0, True, {}, 0, {}), found)

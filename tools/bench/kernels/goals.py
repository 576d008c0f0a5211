"""How instructions relate to those of other engines, and to what was aimed at: peers.json."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path

from tools.bench.kernels.cases import Target, own_profile

MODELS = ("ad", "kws", "ic", "vww", "sww", "ad_float", "ic_float", "vww_float")


@functools.cache
def _data() -> Mapping:
    return json.loads(Path(__file__).with_name("peers.json").read_text(encoding="utf-8"))


def peers_of(platform: str) -> dict[str, Mapping[str, int]]:
    """Instructions by engine and model."""
    return {row["peer"]: row["instructions"] for row in _data()["peers"] if row["platform"] == platform}


def _target(goal: Mapping) -> Target:
    return Target(goal["platform"], own_profile(goal["platform"]), goal["optimise"])


def targets_of_goals() -> list[tuple[Target, str]]:
    """What has to be measured."""
    return [(_target(goal), model) for goal in _data()["goals"] for model in goal["goals"]]


def goal_rows(instructions: Mapping[tuple[Target, str], int], walls: Mapping[str, float]) -> list[tuple[str, ...]]:
    """Ratios, each with the goal that it should not be above; those above it with a `!`. walls: of wall times."""
    lines = [("ratio (goal)", *MODELS)]
    for goal in _data()["goals"]:
        target, peers = _target(goal), peers_of(goal["platform"])
        ratios = {
            model: instructions[target, model] / peers[goal.get("other_peers", {}).get(model, goal["peer"])][model]
            for model in goal["goals"]
            if (target, model) in instructions
        }
        lines += _row(goal["title"], ratios, goal["goals"])
    for goal in _data()["wall_goals"]:
        ratios = {model: ratio for model, ratio in walls.items() if model in goal["goals"]}
        lines += _row(goal["title"], ratios, goal["goals"])
    return lines


def _row(title: str, ratios: Mapping[str, float], goals: Mapping[str, float]) -> list[tuple[str, ...]]:
    def cell(model: str) -> str:
        if model not in ratios:
            return ""
        return f"{ratios[model]:.3f}{'!' if ratios[model] > goals[model] else ' '} ({goals[model]:.2f})"

    return [(title, *map(cell, MODELS))] if ratios else []

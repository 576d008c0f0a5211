"""Instructions of models with every kernel profile, beside those of other engines, and how far the goals are.

    ./bazelw run //tools/bench/kernels                                 everything, in some ten minutes
    ./bazelw run //tools/bench/kernels -- --models=ad,kws --platforms=cortex_m4 --layers
    ./bazelw run //tools/bench/kernels -- --goals                      the table of goals, with what it needs only
    ./bazelw run //tools/bench/kernels -- --goals --wall               x86-64's wall times as well
    python -m tools.bench.kernels ...                                  the same without Bazel

Counts are of one inference on the same random inputs, exact and the same on any machine with this compiler. Those of
other engines were counted once (peers.json). Wall times are of this machine, in one run with LiteRT's XNNPACK.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from tools.bench.kernels.cases import EMULATED, MODELS, PLATFORMS, Target, model_path, targets
from tools.bench.kernels.goals import goal_rows, peers_of, targets_of_goals
from tools.kit.building import BuildError
from tools.kit.counting import missing
from tools.kit.layers import HEAD, RIGHT, Measured, rows
from tools.kit.served import EndedError
from tools.kit.table import platform
from tools.sni.emit.report import table
from tools.sni.errors import CompileError
from tools.sni.options import OPTIMISATIONS, PROFILES

Results = dict[tuple[Target, str], Measured]


def _names(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """What reads a list of names out of an argument."""

    def names(text: str) -> tuple[str, ...]:
        given = tuple(text.split(","))
        if unknown := sorted(set(given) - set(known)):
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)} (one of: {', '.join(known)})")
        return given

    return names


def instruction_rows(results: Results, models: Sequence[str]) -> list[tuple[str, ...]]:
    """For each platform our rows, then those of its peers."""
    lines = [("platform", "kernels or engine", *models)]
    for name in dict.fromkeys(target.platform for target, _ in results):
        for target in dict.fromkeys(target for target, _ in results if target.platform == name):
            found = (results.get((target, model)) for model in models)
            cells = (f"{measured.instructions:,}" if measured else "-" for measured in found)
            lines.append((name, f"{target.profile}, {target.optimise}", *cells))
        known = {peer: counts for peer, counts in peers_of(name).items() if not counts.keys().isdisjoint(models)}
        for peer, counts in known.items():
            lines.append((name, peer, *(f"{counts[model]:,}" if model in counts else "-" for model in models)))
    return lines


def print_layers(target: Target, model: str, measured: Measured) -> None:
    print(
        f"{model} on {target}: flash beyond constants {measured.flash - measured.constants:,} bytes, arena "
        f"{measured.arena:,} bytes"
    )
    print("\n".join(table([HEAD, *rows(measured)], right=RIGHT)), end="\n\n")


def wall_ratios(models: Sequence[str]) -> dict[str, float]:
    """Our median time as a share of XNNPACK's, on the best level of this processor."""
    from tools.bench.kernels.wall_time import levels, micros  # LiteRT is loaded for nothing else

    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    ratios = {}
    for model in (model for model in models if not model.startswith("ais")):
        if path := model_path(model):
            (theirs, _), (ours, _) = micros(path, "x86", [max(levels())], (), 100).values()
            print(f"{model}: {ours:,.2f} us, LiteRT's XNNPACK {theirs:,.2f} us")
            ratios[model] = ours / theirs
    return ratios


def main() -> int:
    """Prints the tables; exit status 1 where something could not be measured."""
    parser = argparse.ArgumentParser(prog="kernels", description="Instructions of models with every kernel profile.")
    parser.add_argument("--models", type=_names(MODELS), default=MODELS, metavar="NAME,..", help=", ".join(MODELS))
    parser.add_argument("--platforms", type=_names(PLATFORMS), default=EMULATED, metavar="NAME,..")
    parser.add_argument("--profiles", type=_names(list(PROFILES)), default=(), metavar="NAME,..")
    parser.add_argument("--optimize", type=_names(list(OPTIMISATIONS)), default=tuple(OPTIMISATIONS), metavar="NAME,..")
    parser.add_argument("--layers", action="store_true", help="a table of each model's layers too")
    parser.add_argument("--goals", action="store_true", help="only what the table of goals needs, and that table")
    parser.add_argument("--wall", action="store_true", help="wall times on this x86-64 processor, beside LiteRT's")
    given = parser.parse_args()
    chosen = targets(given.platforms, given.profiles, given.optimize)
    wanted = [(target, model) for target in chosen for model in given.models]
    if given.goals:
        wanted = [(target, model) for target, model in targets_of_goals() if model in given.models]
        wanted = [(target, model) for target, model in wanted if target.platform in given.platforms]
    results: Results = {}
    status = 0
    said: set[str] = set()
    for target, model in wanted:
        path, lacking = model_path(model), missing(platform(target.platform))
        if path is None or lacking:
            problem = f"not on PATH: {', '.join(lacking)}" if lacking else f"no model {model} beside the workspace"
            if problem not in said:
                print(f"left out: {problem}", file=sys.stderr)
            said.add(problem)
            continue
        try:
            results[target, model] = target.measure(path.read_bytes())
        except (BuildError, CompileError, EndedError) as error:
            print(f"error: {model} on {target}: {error}", file=sys.stderr)
            status = 1
            continue
        if given.layers:
            print_layers(target, model, results[target, model])
    if not given.goals and results:
        lines = instruction_rows(results, given.models)
        print("\n".join(table(lines, right=range(2, len(lines[0])))), end="\n\n")
    walls = wall_ratios(given.models) if given.wall else {}
    lines = goal_rows({key: measured.instructions for key, measured in results.items()}, walls)
    if len(lines) > 1:
        print("\n".join(table(lines, right=range(1, len(lines[0])))))
    return status


if __name__ == "__main__":
    sys.exit(main())

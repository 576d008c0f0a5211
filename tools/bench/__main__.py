"""bench COMMAND ...

    bench run SUITE.yaml [--out DIR] [--strict]     builds and measures all cells of a suite, and writes the report
    bench built SUITE.json [--out DIR] [--strict]   the same for a target of sni_benchmark_suite, which calls it
    bench compare OLD NEW [--threshold PERCENT]     what changed between two results.json
    bench report RESULTS.json --out DIR             the report alone

Exit status: 0; 1 where a suite cannot be read or built, nothing could be measured, or with --strict something could
not; 2 when the command line cannot be used.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bench.suite import compare
from tools.bench.suite.bazel import Bazel, BazelError, build, find_bazel
from tools.bench.suite.package import FOLDER, hidden, target_of, write_package
from tools.bench.suite.plan import Plan, read_plan
from tools.bench.suite.progress import shown
from tools.bench.suite.published import PublishedError, read_published
from tools.bench.suite.read import read_suite
from tools.bench.suite.results import Failure, Published, Results
from tools.bench.suite.running import failed, run_cells, work_by_model
from tools.report import __main__ as report
from tools.report.write import write_report
from tools.yaml_file.problem import ProblemsError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench", description="Benchmark suites.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="builds and measures a suite that a file describes")
    run.add_argument("suite", type=Path, metavar="SUITE.yaml")
    built = commands.add_parser("built", help="the same for a target of sni_benchmark_suite")
    built.add_argument("suite", type=Path, metavar="SUITE.json")
    for command in (run, built):
        command.add_argument("--out", type=Path, help=f"folder of the results (default: {FOLDER}/NAME/results)")
        command.add_argument("--strict", action="store_true", help="a cell without figures is an error")
        command.add_argument("--bazel_flag", action="append", default=[], help="a further flag of the build")
    compare.add_arguments(commands.add_parser("compare", help="what changed between two results.json"))
    commands.add_parser("report", help="the report of a results.json alone")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """The command."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["report"]:
        return report.main(words[1:])
    arguments = _parser().parse_args(words)
    # `bazel run` starts programs elsewhere than where the user is.
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    if arguments.command == "compare":
        arguments.old, arguments.new = here / arguments.old, here / arguments.new
        return compare.run(arguments)
    workspace = Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."))
    try:
        bazel = find_bazel(workspace.absolute())
        published: tuple[Published, ...] = ()
        if arguments.command == "run":
            suite = read_suite(here / arguments.suite)
            published = read_published(suite)
            write_package(suite, workspace)
            plan = _plan_of(bazel, target_of(suite), arguments.bazel_flag, hidden(workspace, suite.name) / "results")
        else:
            plan = read_plan(arguments.suite)
        out = here / arguments.out if arguments.out else hidden(workspace, plan.name) / "results"
        command = shlex.join(["bazel", "run", "@sni_rules//tools/bench", "--", *words])
        if arguments.command == "built":
            command = shlex.join(["bazel", "run", plan.target, "--", *words[2:]])
        results = _run(bazel, plan, out, command, published, arguments.bazel_flag)
        lacking = failed(results)
        return 1 if len(lacking) == len(results.results) or (arguments.strict and lacking) else 0
    except (ProblemsError, PublishedError, BazelError) as error:
        print("\n".join(f"error: {line}" for line in str(error).splitlines()), file=sys.stderr)
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nerror: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    return 1


def _plan_of(bazel: Bazel, target: str, flags: Sequence[str], out: Path) -> Plan:
    """What the macro makes of a suite. Raises BazelError with what it says instead."""
    made = build(bazel, [target], out / "build.log", lambda *_: None, flags)
    if target in made.built.failures:
        raise BazelError(made.built.failures[target].message)
    return read_plan(made.built.folders[target] / f"{target.rpartition(':')[2]}.json")


def _run(
    bazel: Bazel, plan: Plan, out: Path, command: str, published: Sequence[Published], flags: Sequence[str]
) -> Results:
    with shown() as progress:
        made = build(bazel, plan.labels, out / "build.log", progress.building, flags)
        results = run_cells(plan, made, out, command, published, progress.measured)
    _summarise(results, work_by_model(plan, made))
    write_report(results, out)
    print(out / "report.html")
    return results


def _summarise(results: Results, executed: dict[str, int]) -> None:
    """What was done, on stderr."""
    run, lacking = results.run, failed(results)
    cells: dict[Failure, list[str]] = {}
    for result, failure in lacking:
        cells.setdefault(failure, []).append(str(result.key))
    for failure, keys in cells.items():
        more = f" and {len(keys) - 1} more" if len(keys) > 1 else ""
        print(f"{keys[0]}{more}: {failure.stage} failed", file=sys.stderr)
        print("\n".join(f"    {line}" for line in failure.message.splitlines()), file=sys.stderr)
    measured = len(results.results) - len(lacking)
    print(
        f"{measured} of {len(results.results)} cells have figures, {run.reused} of them from an earlier run; "
        f"built in {run.build_s:,} s, measured in {run.run_s:,} s",
        file=sys.stderr,
    )
    actions = ", ".join(f"{count:,} {name}" for name, count in run.actions.items())
    by_model = ", ".join(f"{name} {count:,}" for name, count in executed.items()) or "none"
    print(f"actions: {actions}; executed for: {by_model}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())

"""report RESULTS.json --out DIR: writes report.html, report.csv, report.json and report.md."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bench.suite.results import Results, ResultsError
from tools.report.write import write_report


def main(argv: Sequence[str] | None = None) -> int:
    """The command. Exit status: 0; 1 where there are no results, or no place to write to."""
    parser = argparse.ArgumentParser(prog="report", description="The report of a benchmark suite.")
    parser.add_argument("results", type=Path, help="results.json of a run")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    arguments = parser.parse_args(argv)
    # `bazel run` starts programs elsewhere than where the user is.
    here = Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    try:
        text = (here / arguments.results).read_text(encoding="utf-8")
        results = Results.from_json(text, str(arguments.results))
        write_report(results, here / arguments.out)
    except UnicodeDecodeError as error:
        print(
            f"error: {arguments.results}: no results of a benchmark suite (not UTF-8: {error.reason})", file=sys.stderr
        )
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    except ResultsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(arguments.out / "report.html")
    return 0


if __name__ == "__main__":
    sys.exit(main())

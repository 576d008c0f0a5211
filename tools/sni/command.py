"""What command lines of compilers share: absl's flags, problems on standard error, exit statuses."""

from __future__ import annotations

import sys
from collections.abc import Callable

from absl import app, flags

from tools.sni.errors import CompileError


def status_of(work: Callable[[], None]) -> int:
    """Does the work. Returns the exit status: 0, or 1 after saying all that is wrong with the input."""
    try:
        work()
    except CompileError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


def run(main: Callable[[list[str]], int], usage: str) -> None:
    """Entry point: absl's flags anywhere on the line, usage errors as exit status 2, no traceback for mistakes."""

    def parse(arguments: list[str]) -> list[str]:
        try:
            return flags.FLAGS(arguments)
        except flags.Error as error:
            print(f"error: {error}\n{usage}", file=sys.stderr)
            sys.exit(2)

    app.run(main, flags_parser=parse)

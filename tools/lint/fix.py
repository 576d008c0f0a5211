"""Formats the workspace: `./bazelw run //tools/lint:fix`."""

import sys

from tools.lint.formatters import ALL


def main() -> int:
    left = 0
    for formatter in ALL:
        outcome = formatter.run(formatter.fix)
        print(f"{formatter.name}: {outcome.file_count} files")
        if outcome.status:
            left += 1
            print(outcome.output)
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())

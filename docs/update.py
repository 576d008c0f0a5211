"""Writes the generated pages into the source tree: `./bazelw run //docs:update`."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """argv: pairs of a generated file and the page it is to become, the latter as a path in the workspace."""
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if workspace is None:
        print("error: run it by Bazel: ./bazelw run //docs:update", file=sys.stderr)
        return 1
    for generated, page in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        target = Path(workspace) / page
        new = Path(generated).read_bytes()
        changed = not target.exists() or target.read_bytes() != new
        if changed:
            target.write_bytes(new)
        print(f"{page}: {'updated' if changed else 'unchanged'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

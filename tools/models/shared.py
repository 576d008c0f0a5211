"""Finds the optional folder of models and data that tests and benchmarks use when it lies beside the workspace."""

import os
from pathlib import Path


def shared_dir() -> Path | None:
    """The folder that SNI_SHARED names, or outside Bazel the workspace's sibling `shared`; None without either."""
    if named := os.environ.get("SNI_SHARED"):
        return Path(named)
    if "TEST_SRCDIR" in os.environ:
        return None  # in a sandbox the workspace's sibling is not to be seen, and Bazel could not know of it
    beside = Path(__file__).resolve().parents[3] / "shared"
    return beside if (beside / "DESIGN.md").is_file() else None

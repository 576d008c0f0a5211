"""Finds the optional folder of models and data that some tests use when it lies beside the workspace."""

import os
from pathlib import Path

import pytest


def shared_dir() -> Path | None:
    """The folder that SNI_SHARED names, or outside Bazel the workspace's sibling `shared`; None without either."""
    if named := os.environ.get("SNI_SHARED"):
        return Path(named)
    if "TEST_SRCDIR" in os.environ:
        return None  # in a sandbox the workspace's sibling is not to be seen, and Bazel could not know of it
    beside = Path(__file__).resolve().parents[3] / "shared"
    return beside if (beside / "DESIGN.md").is_file() else None


def shared_path(relative: str) -> Path:
    """The path of a file or folder in the shared folder; skips the calling test when it is not there, and says so."""
    folder = shared_dir()
    if folder is None:
        pytest.skip(f"needs {relative} of the shared folder, and there is no ../shared beside the workspace")
    path = folder / relative
    if not path.exists():
        pytest.skip(f"needs {relative} of the shared folder, which {folder} lacks")
    return path

"""Paths in the optional folder of models and data that some tests use when it lies beside the workspace."""

from pathlib import Path

import pytest

from tools.models.shared import shared_dir


def shared_path(relative: str) -> Path:
    """The path of a file or folder in the shared folder; skips the calling test when it is not there, and says so."""
    folder = shared_dir()
    if folder is None:
        pytest.skip(f"needs {relative} of the shared folder, and there is no ../shared beside the workspace")
    path = folder / relative
    if not path.exists():
        pytest.skip(f"needs {relative} of the shared folder, which {folder} lacks")
    return path

"""The workspace's own files."""

import os
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath


def root() -> Path:
    """The workspace: where `bazel run` was called, or where a test's pyproject.toml is linked from."""
    if directory := os.environ.get("BUILD_WORKSPACE_DIRECTORY"):
        return Path(directory)
    return Path("pyproject.toml").resolve().parent


def files(workspace: Path) -> list[PurePosixPath]:
    """The files that git tracks or would track, relative to the workspace; without git, all but hidden and bazel-*."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=workspace, capture_output=True, check=True, text=True).stdout
        found: Iterable[str] = set(listed.split("\0")) - {""}
    except (OSError, subprocess.CalledProcessError):
        found = _walk(workspace)
    return sorted(PurePosixPath(name) for name in found if (workspace / name).is_file())


def _walk(workspace: Path) -> Iterable[str]:
    for folder, subfolders, names in os.walk(workspace):
        subfolders[:] = [s for s in subfolders if not s.startswith((".", "bazel-")) and s != "__pycache__"]
        for name in names:
            yield Path(folder, name).relative_to(workspace).as_posix()

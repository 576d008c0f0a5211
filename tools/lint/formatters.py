"""The formatters and linters of the project's languages: which files they take, how they check, how they mend."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import clang_format
import ruff

from tools.lint import workspace

FIX = "./bazelw run //tools/lint:fix"


def _is_python(path: PurePosixPath) -> bool:
    return path.suffix in (".py", ".pyi")


def _is_starlark(path: PurePosixPath) -> bool:
    return path.suffix in (".bazel", ".bzl") or path.name in ("BUILD", "WORKSPACE")


def _is_hand_written_c(path: PurePosixPath) -> bool:
    return path.suffix in (".c", ".cc", ".h") and "golden" not in path.parts


def _ruff() -> str:
    # rules_python lays a wheel's programs beside its site-packages.
    return str(Path(ruff.__file__).parents[2] / "bin" / "ruff")


def _clang_format() -> str:
    return str(Path(clang_format.__file__).parent / "data" / "bin" / "clang-format")


def _buildifier() -> str:
    # The folder's name is Bazel's business; the repository's own is its last part.
    found = [*Path("..").glob("*buildifier/buildifier"), *Path("external").glob("*buildifier/buildifier")]
    return str(found[0].resolve())


@dataclass(frozen=True)
class Formatter:
    """One tool. Its commands are the program, these arguments, and the files."""

    name: str
    takes: Callable[[PurePosixPath], bool]
    program: Callable[[], str]
    check: Sequence[str]
    fix: Sequence[str]

    def run(self, arguments: Sequence[str]) -> "Outcome":
        """Runs the tool over all files of the workspace that it takes."""
        top = workspace.root()
        paths = [str(path) for path in workspace.files(top) if self.takes(path)]
        command = [self.program(), *arguments, *paths]
        done = subprocess.run(command, cwd=top, capture_output=True, text=True, check=False)
        return Outcome(done.returncode, done.stdout + done.stderr, len(paths))


@dataclass(frozen=True)
class Outcome:
    """What a tool's run gave: exit status, all it printed, and how many files it was given."""

    status: int
    output: str
    file_count: int


RUFF_CHECK = Formatter("ruff check", _is_python, _ruff, ("check", "--no-cache"), ("check", "--no-cache", "--fix"))
RUFF_FORMAT = Formatter("ruff format", _is_python, _ruff, ("format", "--no-cache", "--diff"), ("format", "--no-cache"))
CLANG_FORMAT = Formatter("clang-format", _is_hand_written_c, _clang_format, ("--dry-run", "-Werror"), ("-i",))
BUILDIFIER = Formatter(
    "buildifier", _is_starlark, _buildifier, ("-mode=diff", "-lint=warn"), ("-mode=fix", "-lint=fix")
)

ALL = (RUFF_CHECK, RUFF_FORMAT, CLANG_FORMAT, BUILDIFIER)

"""The lock files of Python packages agree with each other, with their sources, and with their documentation."""

import re
from pathlib import Path

import pytest

from tools.lint import workspace

NAMES = ("compiler", "convert", "example", "size", "test", "tvm")
LOCKED = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.MULTILINE
)
ROW = re.compile(r"^\| (?P<package>[\w-]+) \| (?P<file>\w+) \|", re.MULTILINE)


def lock_file(name: str) -> str:
    return (workspace.root() / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def direct(name: str) -> set[str]:
    """The packages that an .in file itself asks for."""
    lines = (workspace.root() / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines()
    return {re.match(r"[\w-]+", line).group() for line in lines if line and line[0] not in "#-"}


def versions(name: str) -> dict[str, str]:
    return {match["name"]: match["version"] for match in LOCKED.finditer(lock_file(name))}


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_locked_with_hashes(name: str) -> None:
    mentioned = re.findall(r"^[\w.-]+==", lock_file(name), re.MULTILINE)
    assert len(mentioned) == len(versions(name)) > 0


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_for_is_locked(name: str) -> None:
    assert direct(name) <= set(versions(name))


def test_shared_packages_have_one_version() -> None:
    found: dict[str, set[str]] = {}
    for name in NAMES:
        for package, version in versions(name).items():
            found.setdefault(package, set()).add(version)
    assert {package: several for package, several in found.items() if len(several) > 1} == {}


def test_documentation_names_each_package_and_its_lock_file() -> None:
    documented = Path(workspace.root(), "docs", "dependencies.md").read_text(encoding="utf-8")
    rows = {(row["file"], row["package"]) for row in ROW.finditer(documented) if row["file"] in NAMES}
    assert rows == {(name, package) for name in NAMES for package in direct(name)}

"""The Python toolchain: packages come from the lock files alone, and tests run where they expect to."""

import sys
from pathlib import Path

import numpy as np

from tools.testing.shared import shared_path


def test_numpy_is_that_of_the_lock_file() -> None:
    assert "sni_pip" in np.__file__
    assert int(np.dot([1, 2], [3, 4])) == 11


def test_no_package_of_the_machine_is_visible() -> None:
    assert not [path for path in sys.path if "dist-packages" in path]


def test_working_directory_is_the_root_of_the_repository() -> None:
    assert Path("tests/smoke/test_python.py").is_file()


def test_shared_folder_is_readable() -> None:
    assert shared_path("DESIGN.md").read_text(encoding="utf-8")

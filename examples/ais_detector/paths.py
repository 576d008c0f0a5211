"""Where files are, under Bazel and without it."""

import os
import pathlib

FOLDER = pathlib.Path(__file__).parent


def user_path(text: str) -> pathlib.Path:
    """A path as the user typed it: `bazel run` changes the folder and tells the user's own in a variable."""
    return pathlib.Path(os.environ.get("BUILD_WORKING_DIRECTORY", "."), text)


def program(name: str) -> pathlib.Path:
    """The compiled detector `name`: beside this file in the runfiles of a Bazel target."""
    return FOLDER / name

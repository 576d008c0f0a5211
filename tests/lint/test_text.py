"""No file of the project holds what only one machine or one registry makes sense of."""

import pytest

from tools.lint import text, workspace


def test_files_are_clean() -> None:
    top = workspace.root()
    files = workspace.files(top)
    assert files
    problems = [problem for path in files for problem in text.problems(top, path)]
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)

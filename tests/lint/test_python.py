"""Python is formatted and free of what ruff finds."""

import pytest

from tools.lint.formatters import FIX, RUFF_CHECK, RUFF_FORMAT, Formatter


@pytest.mark.parametrize("formatter", [RUFF_CHECK, RUFF_FORMAT], ids=lambda formatter: formatter.name)
def test_files_are_clean(formatter: Formatter) -> None:
    outcome = formatter.run(formatter.check)
    assert outcome.file_count > 0
    if outcome.status:
        pytest.fail(f"{outcome.output}\n{formatter.name}: mend what it can with {FIX}", pytrace=False)

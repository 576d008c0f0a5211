"""Hand-written C is formatted."""

import pytest

from tools.lint.formatters import CLANG_FORMAT, FIX, Formatter


@pytest.mark.parametrize("formatter", [CLANG_FORMAT], ids=lambda formatter: formatter.name)
def test_files_are_clean(formatter: Formatter) -> None:
    outcome = formatter.run(formatter.check)
    assert outcome.file_count > 0
    if outcome.status:
        pytest.fail(f"{outcome.output}\n{formatter.name}: mend what it can with {FIX}", pytrace=False)

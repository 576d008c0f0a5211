"""Relative links in the project's pages lead to files that are there."""

import re

import pytest

from tools.lint import workspace

_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def test_links_lead_somewhere() -> None:
    top = workspace.root()
    pages = [path for path in workspace.files(top) if path.suffix == ".md"]
    assert pages
    problems = []
    for page in pages:
        for number, line in enumerate((top / page).read_text(encoding="utf-8").splitlines(), 1):
            for target in _LINK.findall(line):
                if not ((top / page).parent / target).exists():
                    problems.append(f"{page}:{number}: {target}: no such file")
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)

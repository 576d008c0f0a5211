"""Tables for the documentation, made from what the code registers, so that a test can tell when a page is stale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import tools.sni.ops  # noqa: F401  (registers the operators)
from tools.sni.operators import OPERATORS
from tools.sni.options import PROFILES


def operators_table() -> str:
    """A Markdown row an operator: its types and limits."""
    rows = [("operator", "types", "limits")]
    rows += [(f"`{name}`", "; ".join(op.types), op.limits) for name, op in sorted(OPERATORS.items())]
    return _markdown(rows)


def profiles_table() -> str:
    """A Markdown row a kernel profile."""
    return _markdown([("profile", "kernels"), *((f"`{p.name}`", p.description) for p in PROFILES.values())])


TABLES: Mapping[str, Callable[[], str]] = {"operators": operators_table, "profiles": profiles_table}
"""What may stand between `<!-- NAME -->` and `<!-- end of NAME -->` in a page."""


def refreshed(page: str) -> str:
    """The page with each marked table as it should be now."""
    for name, table in TABLES.items():
        start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        if start in page and end in page:
            head, rest = page.split(start, 1)
            page = head + start + table() + end + rest.split(end, 1)[1]
    return page


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *body = ("| " + " | ".join(row) + " |" for row in rows)
    return "\n".join([head, "| " + " | ".join("---" for _ in rows[0]) + " |", *body]) + "\n"

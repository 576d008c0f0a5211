"""Puts a table into a page, between its markers `<!-- NAME -->` and `<!-- end of NAME -->`.

insert_table OUT PAGE NAME TABLE
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def inserted(page: str, name: str, table: str) -> str:
    """The page with the table in place of what is between the markers. Raises ValueError where there are none."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->\n)", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise ValueError(f"one pair of markers '{name}' expected, found {len(pattern.findall(page))}")
    return pattern.sub(lambda match: match[1] + table + match[2], page)


def main() -> None:
    out, page, name, table = sys.argv[1:]
    text = inserted(Path(page).read_text(encoding="utf-8"), name, Path(table).read_text(encoding="utf-8"))
    Path(out).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

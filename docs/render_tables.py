"""Writes a page with tables that are made from the code.

render_tables OUT PAGE.md      the page with its marked tables made anew
render_tables OUT cases.json   the page of all operators
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tools.sni.documentation import operators_page, refreshed


def main() -> None:
    """argv: the file to write, the file to read."""
    out, source = map(Path, sys.argv[1:])
    text = source.read_text(encoding="utf-8")
    page = operators_page(json.loads(text)) if source.suffix == ".json" else refreshed(text)
    out.write_text(page, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

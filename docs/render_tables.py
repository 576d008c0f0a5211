"""Writes a page anew with its marked tables made from the code: `render_tables OUT PAGE`."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.sni.documentation import refreshed


def main() -> None:
    """argv: the file to write, the page to read."""
    out, page = map(Path, sys.argv[1:])
    out.write_text(refreshed(page.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()

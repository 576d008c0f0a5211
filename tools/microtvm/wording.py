"""TVM's own texts, cut to what fits a message."""

from __future__ import annotations


def first_line(error: BaseException, limit: int = 300) -> str:
    """The first line that says something of another library's error, at most `limit` characters of it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= limit else text[: limit - 3] + "..."

"""What no text file of the project may hold."""

import re
from pathlib import Path, PurePosixPath

MAX_BYTES = 1 << 20

_HOSTS = ("pypi" + ".org", "files.pythonhosted" + ".org", "deb.debian" + ".org", "registry.npmjs" + ".org")
_FORBIDDEN = (
    (re.compile("|".join(re.escape(host) for host in _HOSTS)), "names a package registry's host"),
    # A folder of somebody's machine, at the start of an absolute path; not `bazel-out/work/` or `~/work`.
    (re.compile(r"(?<![\w.~/*}\])-])/(?:work|root|home/\w+|Users/\w+)/"), "is a path on one machine"),
    (re.compile(r"[ \t]+$"), "has white space at the end"),
    (re.compile(r"\r$"), "ends in a carriage return"),
)


def problems(workspace: Path, path: PurePosixPath) -> list[str]:
    """The problems of one file, as `FILE:LINE: what`; binary files are judged by their size alone."""
    content = (workspace / path).read_bytes()
    found = []
    if len(content) > MAX_BYTES:
        found.append(f"{path}: has {len(content)} bytes, more than {MAX_BYTES}: keep large data out of the repository")
    if b"\0" in content[:8192]:
        return found
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return [*found, f"{path}: is not UTF-8 ({error.reason} at byte {error.start})"]
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern, what in _FORBIDDEN:
            if match := pattern.search(line):
                found.append(f"{path}:{number}: {match.group().strip()!r} {what}")
    if text and not text.endswith("\n"):
        found.append(f"{path}:{text.count(chr(10)) + 1}: has no newline at the end of the file")
    elif text.endswith("\n\n"):
        found.append(f"{path}:{text.count(chr(10))}: has an empty line at the end of the file")
    return found

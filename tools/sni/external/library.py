"""A kernel that a user gives, as the file describes it that `sni_kernel_library` writes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.sni.errors import CompileError, Problem, fail
from tools.sni.external.pattern import Pattern
from tools.sni.pipeline.json_file import JsonObject, load_json

_KEYS = ("library", "function", "pattern", "buffer_size")


@dataclass(frozen=True)
class KernelLibrary:
    """name: what messages and reports call it, as its label. function: the C function.

    buffer_size: an expression for the bytes that the function needs while it runs (buffer_size.py).
    """

    name: str
    function: str
    pattern: Pattern
    buffer_size: str = "0"


def read_library(path: Path) -> KernelLibrary:
    """Reads a description. Raises CompileError with all that is wrong with it."""
    entries = load_json(path)
    if not isinstance(entries, JsonObject):
        raise fail(str(path), f"an object with {', '.join(_KEYS)} is needed")
    name = str(entries.get("library", path.name))
    problems = [f'"{key}" is not known; keys are {", ".join(_KEYS)}' for key in entries if key not in _KEYS]
    function = entries.get("function")
    if not isinstance(function, str) or not re.fullmatch(r"[A-Za-z_]\w*", function, re.ASCII):
        problems.append(f"function = {_shown(function)}: a C identifier is needed")
    pattern, wrong = Pattern(""), ["pattern: an object of strings is needed"]
    given = entries.get("pattern")
    if isinstance(given, Mapping) and all(isinstance(value, str) for value in given.values()):
        pattern, wrong = Pattern.read(given)
        wrong = [f"pattern: {problem}" for problem in wrong]
    problems += wrong
    size = entries.get("buffer_size", "0")
    if not isinstance(size, str):
        problems.append(f"buffer_size = {_shown(size)}: a string with an expression is needed")
    if problems:
        raise CompileError(Problem(name, problem) for problem in problems)
    return KernelLibrary(name, str(function), pattern, str(size))


def _shown(value: object) -> str:
    return "nothing" if value is None else f'"{value}"' if isinstance(value, str) else str(value)

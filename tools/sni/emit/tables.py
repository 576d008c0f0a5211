"""Constant tables as C: numbers while a table is small enough to be looked at, packed into strings when it is large.

A C compiler keeps an expression for each number of an initialiser, which takes it a hundred bytes of memory for every
byte of int8 weights; a string it keeps as it is. docs/output.md has the figures.
"""

from __future__ import annotations

import numpy as np

from tools.sni.emit.literals import c_type, table_lines

_LARGE_BYTES = 4096
"""Tables of bytes above this size are strings, which hold the same on every machine."""

_LARGE_WORDS = 512 * 1024
"""Bytes from which on tables of wider elements are strings too. These hold the elements as a little-endian machine has
them in memory, which the file checks; below, the tables are portable and compile in half a second."""

_PER_LINE = 24
_ESCAPES = np.array([f"\\{byte:03o}".encode() for byte in range(256)])


def is_packed(data: np.ndarray) -> bool:
    """Whether the table is written as a string."""
    return data.nbytes > (_LARGE_BYTES if data.itemsize == 1 else _LARGE_WORDS)


def is_packed_union(data: np.ndarray) -> bool:
    """Whether the table is packed and needs a union to be read as what it is."""
    return is_packed(data) and data.dtype not in (np.int8, np.uint8)


def table_definition(name: str, data: np.ndarray, *, aligned: bool = False) -> str:
    """The table, as a definition at file scope. A packed one is a byte longer than its data, for the string's NUL.

    aligned: to a cache line.
    """
    kind = c_type(data.dtype)
    head = "SNI_ALIGNED static" if aligned else "static"
    if not is_packed(data):
        lines = "".join(f"    {line}\n" for line in table_lines(data))
        return f"{head} const {kind} {name}[{data.size}] = {{\n{lines}}};\n"
    text = _strings(data)
    if not is_packed_union(data):
        return f"{head} const {kind} {name}[{data.size + 1}] =\n{text};\n"
    members = f"  uint8_t bytes[{data.nbytes + 1}];\n  {kind} elements[{data.size}];\n"
    return f"{head} const union {{\n{members}}} {name} = {{\n{text}}};\n"


def table_reference(name: str, data: np.ndarray) -> str:
    """C for the first element of a table."""
    return f"{name}.elements" if is_packed_union(data) else name


def _strings(data: np.ndarray) -> str:
    """Lines of string literals that hold a table's bytes from low addresses to high, without the last line's end."""
    little_endian = np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<"), copy=False)
    escapes = _ESCAPES[little_endian.reshape(-1).view(np.uint8)]
    whole = len(escapes) // _PER_LINE * _PER_LINE
    rows = escapes[:whole].view(np.uint8).reshape(-1, 4 * _PER_LINE)
    lines = np.empty((len(rows), 4 * _PER_LINE + 7), np.uint8)
    lines[:, :5] = np.frombuffer(b'    "', np.uint8)
    lines[:, 5:-2] = rows
    lines[:, -2:] = np.frombuffer(b'"\n', np.uint8)
    text = lines.tobytes().decode("ascii")
    if whole < len(escapes):
        text += f'    "{escapes[whole:].tobytes().decode("ascii")}"\n'
    return text[:-1]

"""Reads protocol buffers' text format, so far as Bazel's starlark_doc_extract uses it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[\w.+-]+)|(?P<mark>[{}:])""")
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)")
_LETTERS = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


@dataclass(frozen=True)
class Message:
    """One message. fields: the values of each field in the order of the file, text or Message."""

    fields: dict[str, list[str | Message]]

    def text(self, name: str, default: str = "") -> str:
        """The value of a field that is no message: strings decoded, numbers and enumeration names as they stand."""
        values = self.fields.get(name, [default])
        if len(values) != 1 or not isinstance(values[0], str):
            raise ValueError(f"field {name}: one plain value expected, found {values}")
        return values[0]

    def messages(self, name: str) -> list[Message]:
        """The values of a repeated message field."""
        return [value for value in self.fields.get(name, []) if isinstance(value, Message)]


def parse(text: str) -> Message:
    """The message that `text` holds. Raises ValueError where the text is not of the format."""
    tokens = _tokens(text)
    return _message(tokens, nested=False)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError(f"unexpected {text[position : position + 20]!r} at {position}")
        position = match.end()
        if match.lastgroup:
            yield match.lastgroup, match.group()


def _message(tokens: Iterator[tuple[str, str]], nested: bool) -> Message:
    fields: dict[str, list[str | Message]] = {}
    for kind, token in tokens:
        if kind == "mark" and token == "}" and nested:
            return Message(fields)
        if kind != "word":
            raise ValueError(f"a field's name expected, found {token!r}")
        name = token
        kind, token = next(tokens, ("end", ""))
        if token == ":":
            kind, token = next(tokens, ("end", ""))
        if kind == "string":
            value: str | Message = _decode(token[1:-1])
        elif kind == "word":
            value = token
        elif token == "{":
            value = _message(tokens, nested=True)
        else:
            raise ValueError(f"field {name}: a value expected, found {token!r}")
        fields.setdefault(name, []).append(value)
    if nested:
        raise ValueError("a message has no end")
    return Message(fields)


def _decode(quoted: str) -> str:
    """Undoes the escapes of a string. They are of bytes: a character beyond ASCII is several of them in UTF-8."""

    def replace(match: re.Match[bytes]) -> bytes:
        code = match.group(1)
        if code[:1] in b"01234567":
            return bytes([int(code, 8)])
        if code[:1] == b"x" and len(code) > 1:
            return bytes([int(code[1:], 16)])
        return _LETTERS.get(code, code)

    return _ESCAPE.sub(replace, quoted.encode()).decode()

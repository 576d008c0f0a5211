"""Calls of single parts of the runner, many at once."""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Iterable, Iterator
from enum import IntEnum

from tests.runtime import harness


class Number(IntEnum):
    """sni_number."""

    OK = 0
    EMPTY = 1
    TEXT = 2
    NOT_FINITE = 3
    OUT_OF_RANGE = 4


class Split(IntEnum):
    """sni_csv."""

    OK = 0
    UNCLOSED = 1
    AFTER_QUOTE = 2


def _ask(part: str, records: Iterable[bytes]) -> bytes:
    stdin = b"".join(struct.pack("<I", len(record)) + record for record in records)
    done = subprocess.run([harness.build_probe(), part], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def parse(texts: Iterable[str | bytes]) -> list[tuple[Number, int]]:
    """sni_float_parse: what it says of each text, and the bits of the float."""
    records = [text.encode() if isinstance(text, str) else text for text in texts]
    return [(Number(status), bits) for status, bits in struct.iter_unpack("<II", _ask("parse", records))]


def show(bits: Iterable[int]) -> list[str]:
    """sni_float_print of the floats with these bits."""
    given = list(bits)
    return _ask("print", [struct.pack(f"<{len(given)}I", *given)]).decode().splitlines()


def _records(answer: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(answer):
        (size,) = struct.unpack_from("<I", answer, at)
        yield answer[at + 4 : at + 4 + size]
        at += 4 + size


def split(lines: Iterable[bytes]) -> Iterator[tuple[Split, int, list[bytes]]]:
    """sni_csv_split: status, count of fields or index of the one at fault, and the fields."""
    records = _records(_ask("split", lines))
    for record in records:
        status, count = struct.unpack("<II", record)
        yield Split(status), count, [next(records) for _ in range(count)]


def written(texts: Iterable[bytes]) -> list[tuple[bytes, bytes]]:
    """sni_csv_write and sni_json_text of each text."""
    records = _records(_ask("write", texts))
    return list(zip(records, records, strict=True))


def statistics(samples: Iterable[int]) -> bytes:
    """sni_samples_write."""
    given = list(samples)
    return _ask("sample", [struct.pack(f"<{len(given)}Q", *given)])

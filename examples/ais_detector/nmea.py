"""The framing of AIS sentences in a log: TAG blocks, checksums, times, and messages of several parts.

Payloads are left to pyais; here it is decided which sentences belong together and when they were received.
"""

import collections
import dataclasses
import datetime
import re
from collections.abc import Iterable, Iterator

_TAG = re.compile(rb"\\([^\\]*)\\")
_SENTENCE = re.compile(
    rb"!(?P<talker>..)VD[MO],(?P<total>\d),(?P<number>\d),(?P<id>\d?),(?P<channel>\w?),(?P<payload>[^,*]*),(?P<fill>\d)"
    rb"\*(?P<checksum>[0-9A-Fa-f]{2})(?P<rest>.*)"
)
_TRAILING_TIME = re.compile(rb",(\d{9,10})\s*$")
_MILLISECONDS_FROM = 100_000_000_000


@dataclasses.dataclass(frozen=True)
class Message:
    """A complete message: its sentences, the line of the first, and when it was received (None: not told)."""

    sentences: tuple[bytes, ...]
    line: int
    unix_time: float | None


@dataclasses.dataclass
class _Pending:
    sentences: list[bytes]
    line: int
    unix_time: float | None


def messages(
    lines: Iterable[bytes], problems: list[tuple[int, str]], counts: collections.Counter[str]
) -> Iterator[Message]:
    """Yields the complete messages of a log; adds (line, reason) to `problems` for every unsound line."""
    pending: dict[tuple[bytes, ...], _Pending] = {}
    time_ahead: float | None = None
    for number, raw in enumerate(lines, start=1):
        line = raw.strip()
        if not line or line.startswith(b"#"):
            continue
        if line.startswith(b"$PGHP"):
            time_ahead = _gatehouse_time(line, number, problems)
            counts["$PGHP time tags"] += 1
            continue
        tag_time, line = _tag_block(line, number, problems)
        if line.startswith(b"$") or not line:
            counts["other sentences"] += bool(line)
            continue
        match = _SENTENCE.match(line)
        reason = _fault(line, match)
        if match is None or reason:
            problems.append((number, reason))
            continue
        counts["AIS sentences"] += 1
        time = next((t for t in (tag_time, time_ahead, _trailing_time(match["rest"])) if t is not None), None)
        time_ahead = None
        yield from _assembled(match, _Pending([_canonical(match)], number, time), pending, problems)
    problems += [(part.line, "the other parts of the message are missing") for part in pending.values()]


def checksum(body: bytes) -> int:
    """Exclusive or of the characters between the start character and the asterisk."""
    value = 0
    for character in body:
        value ^= character
    return value


def _fault(line: bytes, match: re.Match[bytes] | None) -> str:
    if match is None:
        return f"no AIS sentence: {line[:40].decode('ascii', 'backslashreplace')}"
    stated, actual = int(match["checksum"], 16), checksum(line[1 : match.start("checksum") - 1])
    if stated != actual:
        return f"checksum is {stated:02X}, the sentence has {actual:02X}"
    if not 1 <= int(match["number"]) <= int(match["total"]):
        return f"part {int(match['number'])} of {int(match['total'])}"
    return ""


def _assembled(
    match: re.Match[bytes], part: _Pending, pending: dict[tuple[bytes, ...], _Pending], problems: list[tuple[int, str]]
) -> Iterator[Message]:
    """Adds one sentence to the parts at hand; yields the message if that completes it."""
    total, number = int(match["total"]), int(match["number"])
    slot = (match["talker"], match["id"], match["channel"], match["total"])
    before = pending.pop(slot, None) if total > 1 else None
    if number == 1:
        if before is not None:
            problems.append((before.line, "the other parts of the message are missing"))
        whole = part
    elif before is None or len(before.sentences) != number - 1:
        if before is not None:
            problems.append((before.line, "the other parts of the message are missing"))
        problems.append((part.line, f"part {number} of {total} without the parts before it"))
        return
    else:
        whole = _Pending(before.sentences + part.sentences, before.line, before.unix_time or part.unix_time)
    if number == total:
        yield Message(tuple(whole.sentences), whole.line, whole.unix_time)
    else:
        pending[slot] = whole


def _canonical(match: re.Match[bytes]) -> bytes:
    """The sentence as !AIVDM: pyais knows fewer talkers than there are, and payloads do not depend on it."""
    body = b"AIVDM," + b",".join(match[name] for name in ("total", "number", "id", "channel", "payload", "fill"))
    return b"!%s*%02X" % (body, checksum(body))


def _tag_block(line: bytes, number: int, problems: list[tuple[int, str]]) -> tuple[float | None, bytes]:
    """Takes TAG blocks off the front of a line; returns their time and the rest."""
    time = None
    while match := _TAG.match(line):
        line = line[match.end() :]
        body, _, stated = match[1].rpartition(b"*")
        if not body or stated.upper() != b"%02X" % checksum(body):
            problems.append((number, "the checksum of the TAG block is wrong; its time is not used"))
            continue
        for field in body.split(b","):
            if field.startswith(b"c:") and field[2:].isdigit():
                time = int(field[2:])
                time = time / 1000 if time >= _MILLISECONDS_FROM else float(time)
    return time, line


def _gatehouse_time(line: bytes, number: int, problems: list[tuple[int, str]]) -> float | None:
    """Time of a $PGHP sentence: ...,1,year,month,day,hour,minute,second,millisecond,..."""
    try:
        year, month, day, hour, minute, second, millisecond = (int(field) for field in line.split(b",")[2:9])
        moment = datetime.datetime(year, month, day, hour, minute, second, millisecond * 1000, datetime.UTC)
    except ValueError:
        problems.append((number, "$PGHP without a valid time"))
        return None
    return moment.timestamp()


def _trailing_time(rest: bytes) -> float | None:
    match = _TRAILING_TIME.search(rest)
    return float(match[1]) if match else None

"""The parser in C against the one in Python and pyais: the same of every line."""

import collections
import os
import subprocess

import pyais
import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.ais_detector import nmea, nmea_to_csv
from examples.gateway.tests import streams
from tools.testing import shared

ARMOUR = [chr(code) for code in [*range(48, 88), *range(96, 120)]]
TYPES = [ARMOUR[kind] for kind in (1, 2, 3, 18, 19, 4, 5, 27)]


def compiled(lines: list[bytes]) -> list[str]:
    done = subprocess.run([os.environ["PROGRAM"]], input=b"\n".join(lines) + b"\n", capture_output=True, check=True)
    return done.stdout.decode().splitlines()


def of_message(message: nmea.Message) -> str:
    try:
        report = pyais.decode(*message.sentences)
        if int(report.msg_type) not in nmea_to_csv.POSITION_REPORTS:
            return "other message"
        at = [int(report.mmsi), float(report.lat), float(report.lon), float(report.speed), float(report.course)]
        second = int(report.second)
    except Exception:
        return "bad"
    if abs(at[1]) >= 91 or abs(at[2]) >= 181 or at[3] >= 102.3 or at[4] >= 360:
        return "incomplete"
    time = "None" if message.unix_time is None else f"{message.unix_time:.3f}"
    return "position {} {:.6f} {:.6f} {:.1f} {:.1f} {} ".format(*at, second) + time


def expected(lines: list[bytes]) -> list[str]:
    """What is worth a word, in order: messages, and lines with something wrong."""
    problems: list[tuple[int, str]] = []
    messages = [(m.line, 1, of_message(m)) for m in nmea.messages(lines, problems, collections.Counter())]
    faults = [(line, 0, "bad: " + reason) for line, reason in problems if "other parts" not in reason]
    return [text for _, _, text in sorted(messages + faults)]


def check(lines: list[bytes]) -> list[str]:
    silent = ("nothing", "other sentence", "time", "part")
    made = [text for text in compiled(lines) if text not in silent]
    wanted = expected(lines)
    assert [text.split(":")[0] if "payload" in text else text for text in made] == wanted
    return made


def sentence(payload: str, fill: int = 0) -> bytes:
    body = f"AIVDM,1,1,,A,{payload},{fill}".encode()
    return b"!%s*%02X" % (body, nmea.checksum(body))


PLACES = st.fixed_dictionaries(
    {
        "lat": st.integers(-54_600_000, 54_600_000).map(lambda n: n / 600_000),
        "lon": st.integers(-108_600_000, 108_600_000).map(lambda n: n / 600_000),
        "speed": st.integers(0, 1023).map(lambda n: n / 10),
        "course": st.integers(0, 3600).map(lambda n: n / 10),
        "second": st.integers(0, 63),
    }
)
TIMES = [10**digits - below for digits in range(8, 13) for below in (0, 1)] + [1_276_256_400, 1_276_256_400_123]
DAYS = [
    "2010,6,11",
    "2012,2,29",
    "2000,2,29",
    "2011,2,29",
    "2100,2,29",
    "2010,4,31",
    "2010,13,1",
    "1970,1,1",
    "2010,1,0",
]


@st.composite
def positions(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from([1, 2, 3, 18, 19]))
    return streams.report(draw(st.integers(0, 2**30 - 1)), streams.START, kind, **draw(PLACES))


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Any payload of a type that matters, long enough for what is read of it."""
    rest = draw(st.text(ARMOUR, min_size=27, max_size=51))
    return sentence(draw(st.sampled_from(TYPES)) + rest, draw(st.integers(0, 5)))


@st.composite
def sentences(draw: st.DrawFn) -> bytes:
    """Some are damaged, some have a time, and some are the time of the next."""
    line = draw(positions() | payloads())
    time = draw(st.sampled_from(TIMES))
    match draw(st.integers(0, 7)):
        case 0 | 1:
            return streams.tagged(line, time)
        case 2:
            return line + b",%d" % time
        case 3:
            cut = draw(st.integers(0, len(line)))
            return line[:cut] + line[cut + 1 :]
        case 4:
            return b"\\c:%d*%02X\\" % (time, draw(st.integers(0, 255))) + line
        case 5 | 6:
            return b"$PGHP,1,%s,11,46,%d,390,231" % (draw(st.sampled_from(DAYS)).encode(), draw(st.integers(0, 60)))
        case _:
            return line


@given(st.lists(sentences(), min_size=1, max_size=20))
def test_sentences(lines: list[bytes]) -> None:
    check(lines)


@given(st.lists(positions(), min_size=1))
def test_position_reports(lines: list[bytes]) -> None:
    made = check(lines)
    assert all(text.startswith(("position", "incomplete")) for text in made)


@given(st.lists(st.binary(max_size=80).filter(lambda line: b"\n" not in line), min_size=1, max_size=12))
def test_no_bytes_stop_the_parser(lines: list[bytes]) -> None:
    assert len(compiled(lines)) >= len(lines)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (streams.report(1, 0)[:-2] + b"00", "checksum is 00, the sentence has "),
        (b"\xff\0 noise", "no AIS sentence: ?? noise"),
        (b"!AIVDM,2,3,1,A,13,0*14", "part 3 of 2"),
        (sentence(""), "payload cannot be decoded: 0 bits and 0 fill bits (at least 38 and at most 5)"),
        (sentence("1" * 20), "payload cannot be decoded: 120 bits, and a report of type 1 needs 143"),
        (sentence("11X"), "payload cannot be decoded: byte 0x58 at 3 is no 6-bit character"),
        (b"$PGHP,1,2010,2,29,11,46,11,390", "$PGHP without a valid time"),
        (b"\\c:1276256400*00\\" + streams.report(1, 0), "the checksum of the TAG block is wrong; its time is not used"),
    ],
)
def test_what_is_wrong_is_said(line: bytes, reason: str) -> None:
    assert compiled([line])[0].startswith("bad: " + reason)


def test_a_real_log() -> None:
    lines = shared.shared_path("data/ais/dma_aislib_stream_example.nmea.txt").read_bytes().splitlines()
    made = compiled(lines)
    assert made.count("part") == 898
    alone = [line for line, text in zip(lines, made, strict=True) if text != "part"]
    check(alone)

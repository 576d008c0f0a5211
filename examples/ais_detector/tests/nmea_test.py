"""Raw AIS sentences to the detector's CSV."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyais.encode import encode_dict

from examples.ais_detector import nmea, nmea_to_csv
from examples.ais_detector.tests import programs
from tools.testing import shared

TIME = 1_276_256_400  # 2010-06-11 11:40:00 UTC, on the grid


def sentence(time: float = TIME, mmsi: int = 219000001, **fields: float) -> bytes:
    """A position report of type 1 whose UTC second is that of `time`."""
    values = {"lat": 55.5, "lon": 10.25, "speed": 12.0, "course": 45.0, "second": int(time) % 60} | fields
    encoded = encode_dict(
        {"msg_type": 1, "mmsi": mmsi} | values, talker_id="AI", sentence_type="VDM", radio_channel="A"
    )
    return encoded[0].encode()


def checked(body: bytes) -> bytes:
    return b"!%s*%02X" % (body, nmea.checksum(body))


def tagged(line: bytes, time: float) -> bytes:
    block = b"s:rx1,c:%d" % time
    return b"\\%s*%02X\\%s" % (block, nmea.checksum(block), line)


def pghp(time: float) -> bytes:
    minute, second = divmod(int(time) - TIME, 60)
    return b"$PGHP,1,2010,6,11,11,%d,%d,0,219,,2190065,1,5B*57" % (40 + minute, second)


def in_parts(line: bytes, sequence: int = 3) -> list[bytes]:
    """The same message in two sentences."""
    payload = line.split(b",")[5]
    parts = []
    for number, part in enumerate((payload[:10], payload[10:]), start=1):
        body = b"AIVDM,2,%d,%d,A,%s,0" % (number, sequence, part)
        parts.append(checked(body))
    return parts


def only_fix(log: nmea_to_csv.Log) -> tuple[float, ...]:
    (fixes,) = log.fixes.values()
    (fix,) = fixes
    return fix


def check(fix: tuple[float, ...], time: float = TIME) -> None:
    assert fix[0] == time
    assert fix[1:] == pytest.approx((55.5, 10.25, 12.0, 45.0), abs=1e-3)


@pytest.mark.parametrize(
    "lines",
    [
        [tagged(sentence(), TIME)],
        [tagged(sentence(), TIME * 1000)],
        [pghp(TIME), sentence()],
        [sentence() + b",rRX1,%d" % TIME],
        [b"# a comment", b"", b"\r\n", tagged(sentence(), TIME) + b"\r\n"],
        [b"$GPRMC,114000,A,5530,N*00", tagged(sentence(), TIME)],
    ],
    ids=["tag block", "milliseconds", "PGHP", "after the checksum", "comments and blanks", "other sentences"],
)
def test_the_time_comes_from_wherever_it_is(lines: list[bytes]) -> None:
    log = nmea_to_csv.read_log(lines)
    assert log.problems == []
    check(only_fix(log))


@pytest.mark.parametrize("talker", [b"BSVDM", b"ABVDM", b"SSVDO", b"--VDM"])
def test_any_talker_is_read(talker: bytes) -> None:
    body = sentence()[1:-3].replace(b"AIVDM", talker)
    log = nmea_to_csv.read_log([tagged(checked(body), TIME)])
    check(only_fix(log))


def test_a_message_in_parts_is_put_together() -> None:
    first, second = in_parts(sentence())
    check(only_fix(nmea_to_csv.read_log([pghp(TIME), first, second])))


def test_parts_of_two_messages_may_be_interleaved() -> None:
    a, b = in_parts(sentence(), 1), in_parts(sentence(mmsi=219000002), 2)
    log = nmea_to_csv.read_log([tagged(a[0], TIME), tagged(b[0], TIME), a[1], b[1]])
    assert log.problems == []
    assert sorted(log.fixes) == [219000001, 219000002]


def test_parts_that_miss_each_other_are_reported() -> None:
    first, second = in_parts(sentence())
    log = nmea_to_csv.read_log([second, tagged(sentence(), TIME), first, first])
    assert [line for line, _ in sorted(log.problems)] == [1, 3, 4]
    assert "without the parts before" in dict(log.problems)[1]
    check(only_fix(log))


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (sentence()[:-2] + b"00", "checksum"),
        (sentence()[:30], "no AIS sentence"),
        (b"\xff\x00\x80 noise", "no AIS sentence"),
        (checked(b"AIVDM,2,3,1,A,13,0"), "part 3 of 2"),
        (checked(b"AIVDM,1,1,,A,,0"), "payload cannot be decoded"),
        (b"$PGHP,1,2010,13,11,11,46,11,390,231,45,992190934,1,2B*5B", "without a valid time"),
        (b"\\c:1276256400*00\\" + sentence(), "TAG block"),
    ],
)
def test_lines_that_cannot_be_decoded_are_named(line: bytes, reason: str) -> None:
    log = nmea_to_csv.read_log([tagged(sentence(), TIME), line])
    assert [(number, reason in text) for number, text in log.problems] == [(2, True)]
    assert len(log.fixes[219000001]) == 1


@pytest.mark.parametrize("unknown", [{"lat": 91.0}, {"lon": 181.0}, {"speed": 102.3}, {"course": 360.0}])
def test_reports_without_a_value_are_counted_and_left_out(unknown: dict[str, float]) -> None:
    log = nmea_to_csv.read_log([tagged(sentence(**unknown), TIME)])
    assert log.counts["positions without position, speed or course"] == 1
    assert not log.fixes


def test_a_report_without_a_time_is_counted() -> None:
    log = nmea_to_csv.read_log([sentence()])
    assert log.counts["positions without a time"] == 1


@pytest.mark.parametrize(
    ("received", "second", "fixed"),
    [(100.4, 38, 98), (119.0, 2, 122), (121.0, 58, 118), (100.4, 60, 100.4), (100.4, 63, 100.4)],
)
def test_the_second_in_the_message_corrects_the_clock(received: float, second: int, fixed: float) -> None:
    assert nmea_to_csv.fix_time(received, second) == pytest.approx(fixed)


def voyage() -> list[bytes]:
    """One vessel steering across north, with a report every 2 minutes and then silence for an hour."""
    times = [TIME + 120 * i - 60 for i in range(20)] + [TIME + 7200 + 120 * i for i in range(6)]
    courses = [(358 + 0.5 * i) % 360 for i in range(26)]
    return [
        tagged(sentence(time, lat=55 + 0.001 * i, course=round(course, 1)), time)
        for i, (time, course) in enumerate(zip(times, courses, strict=True))
    ]


def test_a_voyage_becomes_tracks_on_the_grid() -> None:
    rows = [line.strip().split(",") for line in nmea_to_csv.csv_lines(nmea_to_csv.read_log(voyage()), 1800)]
    assert rows[0] == ["track", "unix_time", "lat_deg", "lon_deg", "sog_kn", "cog_deg"]
    tracks = [(row[0], int(row[1])) for row in rows[1:]]
    assert tracks == [
        ("219000001-1", TIME),
        ("219000001-1", TIME + 600),
        ("219000001-1", TIME + 1200),
        ("219000001-1", TIME + 1800),
        ("219000001-2", TIME + 7200),
        ("219000001-2", TIME + 7800),
    ]
    courses = [float(row[5]) for row in rows[1:]]
    assert all(course < 20 or course > 340 for course in courses)


def test_vessels_are_interleaved_in_time() -> None:
    lines = voyage() + [tagged(sentence(TIME + t, mmsi=111000111), TIME + t) for t in (0, 600)]
    rows = nmea_to_csv.csv_lines(nmea_to_csv.read_log(lines), 1800)[1:]
    times = [int(row.split(",")[1]) for row in rows]
    assert times == sorted(times)
    assert rows[0].startswith("111000111-1,")


@given(st.lists(st.one_of(st.binary(max_size=90), st.just(sentence()), st.just(pghp(TIME))), max_size=12))
def test_no_bytes_stop_the_converter(lines: list[bytes]) -> None:
    nmea_to_csv.csv_lines(nmea_to_csv.read_log(lines), 1800)


@given(st.text(alphabet=[chr(c) for c in range(48, 120)], max_size=70), st.integers(0, 9))
def test_no_payload_stops_the_converter(payload: str, fill: int) -> None:
    body = f"AIVDM,1,1,,A,{payload},{fill}".encode()
    log = nmea_to_csv.read_log([tagged(checked(body), TIME)])
    nmea_to_csv.csv_lines(log, 1800)


def test_the_command(tmp_path) -> None:
    log, out = tmp_path / "log.txt", tmp_path / "out.csv"
    log.write_bytes(b"\n".join([*voyage(), b"garbage"]))
    done = programs.run("nmea_to_csv", f"--nmea={log}", f"--out={out}")
    assert done.returncode == 0, done.stderr
    assert len(out.read_text().splitlines()) == 7
    assert "1 lines could not be decoded" in done.stderr
    assert "line 27: no AIS sentence: garbage" in done.stderr


@pytest.mark.parametrize("arguments", [["--nmea=/no/such/file"], ["--nmea=/dev/null", "--max_gap_minutes=0"], []])
def test_the_command_explains_what_is_wrong(arguments: list[str]) -> None:
    done = programs.run("nmea_to_csv", *arguments)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_a_real_log() -> None:
    """A minute of a national receiver network: every sentence decodes, and the talkers and time tags are as in it."""
    path = shared.shared_path("data/ais/dma_aislib_stream_example.nmea.txt")
    with open(path, "rb") as file:
        log = nmea_to_csv.read_log(file)
    assert log.problems == []
    assert log.counts["$PGHP time tags"] == 4051
    assert log.counts["AIS sentences"] == 4500
    assert log.counts["positions"] + log.counts["positions without position, speed or course"] > 2900
    times = [fix[0] for fixes in log.fixes.values() for fix in fixes]
    assert max(times) - min(times) < 120

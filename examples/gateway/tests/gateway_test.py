"""The service from end to end, on this machine and as an ARMv7l program."""

import collections
import functools
import io
import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator

import pytest

from examples.ais_detector import nmea_to_csv
from examples.gateway.tests import streams
from tools.testing import shared

PROGRAMS = {"x86_64": os.environ["GATEWAY"], "armv7l": os.environ["GATEWAY_ARMV7L"]}
MAX_GAP = 1800
VESSELS = 4096
PATIENCE = 120


@pytest.fixture(params=sorted(PROGRAMS))
def gateway(request: pytest.FixtureRequest) -> str:
    return PROGRAMS[request.param]


def run(program: str, *arguments: str, feed: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [program, *arguments], input=feed, capture_output=True, check=False, timeout=PATIENCE, env={"PATH": "/usr/bin"}
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def summary(stderr: str) -> dict[str, int]:
    return json.loads(stderr.splitlines()[-1])


def rows(stdout: str) -> list[dict[str, str]]:
    return [json.loads(line, parse_float=str) for line in stdout.splitlines()]


@functools.cache
def expected(feed: bytes) -> tuple[nmea_to_csv.Log, list[str], list[str]]:
    """The Python converter's log and CSV rows of a feed, and the detector's result rows."""
    log = nmea_to_csv.read_log(io.BytesIO(feed))
    lines = nmea_to_csv.csv_lines(log, MAX_GAP)
    done = subprocess.run([os.environ["DETECTOR"]], input="".join(lines), capture_output=True, text=True, check=True)
    return log, [line.strip() for line in lines[1:]], done.stdout.splitlines()[1:]


def as_csv(row: dict[str, str]) -> str:
    hour, minute = row["time"][11:13], row["time"][14:16]
    assert row["time"][:11] + row["time"][16:] == "2010-06-11T:00Z"
    time = 1_276_214_400 + int(hour) * 3600 + int(minute) * 60
    return ",".join([row["track"], str(time), *(row[name] for name in ("lat_deg", "lon_deg", "sog_kn", "cog_deg"))])


def test_rows_are_those_of_the_python_converter(gateway: str) -> None:
    done = run(gateway, "--all", "-", feed=streams.log())
    assert done.returncode == 0, done.stderr
    log, csv, _ = expected(streams.log())
    assert len(csv) > 200
    assert sorted(map(as_csv, rows(done.stdout))) == sorted(csv)
    assert {row["track"].split("-")[1] for row in rows(done.stdout)} == {"1", "2"}
    told = summary(done.stderr)
    assert (told["positions"], told["incomplete"]) == (
        log.counts["positions"],
        log.counts["positions without position, speed or course"],
    )
    assert told["bad_lines"] == len(log.problems) == 2
    assert told["parts"] == 2
    assert (told["late"], told["evicted"]) == (0, 0)
    assert told["repeated"] > 100
    assert (told["rows"], told["vessels"]) == (len(csv), len(log.fixes))


def check_scores(stdout: str, results: list[str]) -> None:
    made = {as_csv(row).rsplit(",", 4)[0]: row for row in rows(stdout)}
    assert len(made) == len(results)
    for result in results:
        _, track, time, score, anomaly = result.split(",")
        row = made[f"{track},{time}"]
        assert row["anomaly"] == (anomaly == "1")
        assert (row["score"] is None) == (score == "")
        if score:
            assert float(row["score"]) == pytest.approx(float(score), rel=1e-4)


def test_scores_are_those_of_the_detector(gateway: str) -> None:
    check_scores(run(gateway, "--all", "-", feed=streams.log()).stdout, expected(streams.log())[2])


def test_alerts_alone_are_written_by_default(gateway: str) -> None:
    done = run(gateway, "-", feed=streams.log())
    alerts = rows(done.stdout)
    everything = rows(run(gateway, "--all", "-", feed=streams.log()).stdout)
    assert alerts == [row for row in everything if row["anomaly"]]
    assert len({row["mmsi"] for row in alerts}) == 8, "every vessel jumps once"
    assert summary(done.stderr)["alerts"] == len(alerts)


def test_bad_lines_are_named_and_counted(gateway: str) -> None:
    good = streams.tagged(streams.report(1, streams.START), streams.START)
    feed = b"\n".join([good, b"noise", good[:-2] + b"00", b"x" * 5000, good, *[b"y"] * 30])
    done = run(gateway, "-", feed=feed)
    assert done.returncode == 0
    first, second, third, *more = done.stderr.splitlines()
    assert first == "line 2: no AIS sentence: noise; skipped"
    assert second.startswith("line 3: checksum is 00, the sentence has ")
    assert third == "line 4: longer than 1024 bytes; skipped"
    assert len(more) == 17 + 2
    assert more[-2] == "further bad lines are only counted"
    told = summary(done.stderr)
    assert (told["lines"], told["bad_lines"], told["positions"], told["repeated"]) == (35, 33, 2, 1)


def test_the_last_line_needs_no_end(gateway: str) -> None:
    line = streams.tagged(streams.report(1, streams.START), streams.START)
    assert summary(run(gateway, "-", feed=line).stderr)["positions"] == 1


def test_sentences_without_a_time(gateway: str) -> None:
    line = streams.report(1, streams.START)
    assert summary(run(gateway, "-", feed=line).stderr)["without_time"] == 1
    assert summary(run(gateway, "--live", "-", feed=line).stderr)["positions"] == 1


def test_late_fixes_are_counted(gateway: str) -> None:
    times = [streams.START, streams.START + 60, streams.START + 120, streams.START + 20]
    feed = b"\n".join(streams.tagged(streams.report(1, time), time) for time in times)
    assert summary(run(gateway, "-", feed=feed).stderr)["late"] == 1


def test_a_full_table_makes_room() -> None:
    """A thousand new vessels take the places of those silent for longest; all the others are still known."""
    start, then, new = streams.START + 300, streams.START + 900, 1000
    heard = [(mmsi, start) for mmsi in range(VESSELS)]
    heard += [(mmsi, then) for mmsi in range(new)]
    heard += [(VESSELS + i, then) for i in range(new)]
    kept = {*range(new), *range(2 * new, VESSELS + new)}
    heard += [(mmsi, then) for mmsi in sorted(kept)]
    feed = b"\n".join(streams.tagged(streams.report(mmsi, time), time) for mmsi, time in heard)
    done = run(PROGRAMS["x86_64"], "--all", "-", feed=feed)
    told = summary(done.stderr)
    assert (told["vessels"], told["evicted"]) == (VESSELS, new)
    times = collections.Counter(row["time"] for row in rows(done.stdout))
    assert times == {"2010-06-11T11:50:00Z": VESSELS, "2010-06-11T12:00:00Z": VESSELS}, "nothing is lost"
    assert {row["mmsi"] for row in rows(done.stdout) if row["time"] == "2010-06-11T12:00:00Z"} == kept


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no source of sentences is given"),
        (["--every", "-"], 'argument "--every" is not understood'),
        (["-", "-"], 'argument "-" is not understood'),
        (["localhost"], 'source "localhost": neither "-", the standard input, nor HOST:PORT'),
        ([":10110"], 'source ":10110": neither'),
        (["host:"], 'source "host:": neither'),
    ],
)
def test_wrong_use_is_explained(gateway: str, arguments: list[str], reason: str) -> None:
    done = run(gateway, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: " + reason)


def test_output_that_cannot_be_written_ends_it(gateway: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [gateway, "--all", "-"], input=streams.log(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert b"error: standard output: No space left on device" in done.stderr


class Service:
    """A gateway that runs, and what it says."""

    def __init__(self, program: str, port: int) -> None:
        self.process = subprocess.Popen(
            [program, "--all", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait_for(self, text: str) -> None:
        for line in self.process.stderr:
            if text in line:
                return
        raise AssertionError(f"it ended without {text!r}")

    def stop(self) -> tuple[str, str]:
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=PATIENCE)


@pytest.fixture
def server() -> Iterator[socket.socket]:
    with socket.socket() as made:
        made.settimeout(PATIENCE)
        made.bind(("127.0.0.1", 0))
        yield made


def test_a_feed_that_goes_away_is_connected_to_again(gateway: str, server: socket.socket) -> None:
    service = Service(gateway, server.getsockname()[1])
    service.wait_for("Connection refused; the next attempt is in 1 s")
    server.listen()
    lines = streams.log().splitlines(keepends=True)
    half = len(lines) // 2
    for part in (b"".join(lines[:half]) + b"!AIVDM,half a li", b"".join(lines[half:])):
        connection, _ = server.accept()
        with connection:
            connection.sendall(part)
        service.wait_for("closed by the server; the next attempt is in 1 s")
    stdout, stderr = service.stop()
    assert service.process.returncode == 0
    assert sorted(map(as_csv, rows(stdout))) == sorted(expected(streams.log())[1])
    told = summary(stderr)
    assert (told["lines"], told["bad_lines"]) == (len(lines), 2), "half a line is lost with its connection"


def test_sigterm_ends_it_while_it_waits(gateway: str, server: socket.socket) -> None:
    server.listen()
    service = Service(gateway, server.getsockname()[1])
    connection, _ = server.accept()
    with connection:
        service.wait_for("connected")
        _, stderr = service.stop()
    assert service.process.returncode == 0
    assert summary(stderr)["lines"] == 0


REAL_LOG = "data/ais/dma_aislib_stream_example.nmea.txt"


def test_a_real_log(gateway: str) -> None:
    """One minute of a national network: nothing is due in it, but every sentence is understood."""
    feed = shared.shared_path(REAL_LOG).read_bytes()
    log = nmea_to_csv.read_log(io.BytesIO(feed))
    told = summary(run(gateway, "-", feed=feed).stderr)
    assert told["ais_sentences"] == log.counts["AIS sentences"]
    assert told["positions"] == log.counts["positions"]
    assert told["incomplete"] == log.counts["positions without position, speed or course"]
    assert told["vessels"] == len(log.fixes)
    assert (told["bad_lines"], told["evicted"], told["late"]) == (0, 0, 0)


def test_a_real_minute_again_and_again(gateway: str) -> None:
    """A part of it, every 10 minutes: rows and, after an hour, scores of real vessels."""
    lines = shared.shared_path(REAL_LOG).read_bytes().splitlines(keepends=True)[:2000]
    times = [b",2010,6,11,%d,%d," % divmod(11 * 60 + 46 + 10 * i, 60) for i in range(9)]
    feed = b"".join(line.replace(b",2010,6,11,11,46,", time) for time in times for line in lines)
    _, csv, results = expected(feed)
    done = run(gateway, "--all", "-", feed=feed)
    assert len(csv) > 2000
    assert sorted(map(as_csv, rows(done.stdout))) == sorted(csv)
    check_scores(done.stdout, results)
    assert summary(done.stderr)["scored"] > 500

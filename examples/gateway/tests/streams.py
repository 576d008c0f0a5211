"""Generated sentences: what the tests feed to the gateway."""

import functools
from collections.abc import Iterator

from numpy.random import PCG64, Generator
from pyais.encode import encode_dict

from examples.ais_detector import nmea

START = 1_276_256_700
"""2010-06-11 11:45:00 UTC."""
HOUR = 3600


def tagged(line: bytes, time: float) -> bytes:
    block = b"s:rx1,c:%d" % time
    return b"\\%s*%02X\\%s" % (block, nmea.checksum(block), line)


def report(mmsi: int, time: float, kind: int = 1, **fields: float) -> bytes:
    """A position report whose UTC second is that of `time`."""
    values = {"lat": 55.5, "lon": 10.25, "speed": 12.0, "course": 45.0, "second": int(time) % 60} | fields
    message = {"msg_type": kind, "mmsi": mmsi, **values}
    return encode_dict(message, talker_id="AI", sentence_type="VDM", radio_channel="A")[0].encode()


def voyage_data(mmsi: int) -> list[bytes]:
    """A message of two sentences."""
    message = {"msg_type": 5, "mmsi": mmsi, "shipname": "A", "destination": "B"}
    return [line.encode() for line in encode_dict(message, talker_id="AI", radio_channel="B", seq_id=1)]


def _vessel(mmsi: int, rng: Generator) -> Iterator[tuple[float, bytes]]:
    """(when it is received, sentence): a course with turns, a silence of 40 minutes, one jump; some come twice."""
    time, silent, jump = START + rng.uniform(0, 300), START + 2 * HOUR, START + 4 * HOUR + 900
    lat, lon = rng.uniform(-60, 60), 179.8 if mmsi % 2 else rng.uniform(-170, 170)
    course, speed = rng.uniform(0, 360), rng.uniform(4, 18)
    kind = (1, 2, 3, 18, 19)[mmsi % 5]
    while time < START + 6 * HOUR:
        step = rng.uniform(8, 150)
        time, lat, lon = time + step, lat + speed * step * 2e-6, lon + speed * step * 3e-6
        course = (course + rng.normal(scale=4)) % 360
        jumped = 0.1 if time > jump else 0
        if not silent < time < silent + 2400:
            values = {"lat": lat + jumped, "lon": (lon + 180) % 360 - 180, "speed": speed, "course": min(course, 359.9)}
            line = report(mmsi, time, kind, **values)
            for _ in range(int(rng.integers(1, 3))):
                late = rng.uniform(0, 12)
                yield time + late, tagged(line, time + late)


@functools.cache
def log() -> bytes:
    """Six hours of eight vessels, received out of order, among sentences of other kinds and bad ones."""
    rng = Generator(PCG64(5))
    lines = [pair for mmsi in range(219000001, 219000009) for pair in _vessel(mmsi, rng)]
    ordered = [line for _, line in sorted(lines)]
    for place, extra in ((10, voyage_data(219000001)), (50, [b"noise"]), (90, [b"$GPRMC,1*00", b"# comment", b""])):
        ordered[place:place] = extra
    ordered.insert(200, report(219000001, START)[:-1] + b"0")
    ordered.insert(300, tagged(report(219000002, START + HOUR, lat=91.0), START + HOUR))
    return b"\r\n".join(ordered) + b"\n"

"""Simulated vessels: where each one is, how fast it goes and which way it steers, minute by minute.

Everything random comes from the raw 64-bit output of PCG64, the one part of numpy.random whose stream is guaranteed
never to change; the distributions are made here from it by additions and multiplications. So a seed means the same
voyage under every NumPy version. Sines and cosines come from the platform's C library: they may differ in the last
bit from one to the next, which six printed decimals hide.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

from numpy.random import PCG64

MINUTE_NM_PER_KN = 1 / 60


class Chance:
    """Random numbers from PCG64's raw stream."""

    def __init__(self, seed: int, stream: int = 0) -> None:
        self._bits = PCG64([seed, stream])

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Uniform in [low, high), from the upper 53 bits of one raw number."""
        return low + (high - low) * ((int(self._bits.random_raw()) >> 11) * 2.0**-53)

    def normal(self, std: float = 1.0) -> float:
        """Nearly Gaussian, zero mean, within 6 standard deviations: the sum of 12 uniform numbers, less 6."""
        return std * (sum(self.uniform() for _ in range(12)) - 6.0)

    def integer(self, low: int, high: int) -> int:
        """One of low .. high - 1."""
        return low + int(self.uniform() * (high - low))


@dataclasses.dataclass
class Vessel:
    """The state of one simulated vessel.

    Attributes:
      lat, lon: degrees.
      speed: knots over ground.
      course: degrees over ground, clockwise from north.
    """

    lat: float
    lon: float
    speed: float
    course: float

    def advance(self) -> None:
        """Moves one minute along the present course."""
        distance = self.speed * MINUTE_NM_PER_KN / 60
        angle = math.radians(self.course)
        self.lat += distance * math.cos(angle)
        self.lon += distance * math.sin(angle) / math.cos(math.radians(self.lat))

    def steer(self, course: float, most: float) -> None:
        """Turns towards `course`, at most `most` degrees in this minute."""
        turn = (course - self.course + 180) % 360 - 180
        self.course = (self.course + max(-most, min(most, turn))) % 360

    def throttle(self, speed: float, most: float) -> None:
        """Changes the speed towards `speed`, at most `most` knots in this minute."""
        self.speed += max(-most, min(most, speed - self.speed))

    def bearing(self, lat: float, lon: float) -> float:
        """Direction of a place, degrees."""
        east = (lon - self.lon) * math.cos(math.radians(self.lat))
        return math.degrees(math.atan2(east, lat - self.lat)) % 360

    def distance(self, lat: float, lon: float) -> float:
        """Distance of a place, nautical miles."""
        return 60 * math.hypot((lon - self.lon) * math.cos(math.radians(self.lat)), lat - self.lat)


# A captain is called once a minute and steers; the vessel has already moved.
Captain = Callable[[Vessel], None]


def transit(vessel: Vessel, chance: Chance) -> Captain:
    """A merchant vessel: long legs at sea speed, a turn of a few tens of degrees every several hours."""
    cruising = chance.uniform(10.0, 17.0)
    vessel.speed = cruising
    heading = vessel.course
    left = chance.uniform(2.0, 8.0) * 60
    weather = 0.0

    def command(ship: Vessel) -> None:
        nonlocal heading, left, weather
        left -= 1
        if left <= 0:
            heading = (heading + chance.uniform(15.0, 60.0) * (1 if chance.uniform() < 0.5 else -1)) % 360
            left = chance.uniform(2.0, 8.0) * 60
        weather = 0.98 * weather + chance.normal(0.03)
        ship.steer(heading + chance.normal(0.5), most=6.0)
        ship.throttle(cruising + weather, most=0.2)

    return command


def ferry(vessel: Vessel, chance: Chance) -> Captain:
    """Back and forth between two places, with a stay at each."""
    service = chance.uniform(14.0, 19.0)
    stay = chance.integer(30, 70)
    away = Vessel(vessel.lat, vessel.lon, chance.uniform(25.0, 45.0) * 60, vessel.course)
    away.advance()
    ends = ((vessel.lat, vessel.lon), (away.lat, away.lon))
    target, waiting = 1, 0
    vessel.speed = 0.0

    def command(ship: Vessel) -> None:
        nonlocal target, waiting
        if waiting > 0:
            waiting -= 1
            ship.throttle(0.0, most=1.5)
            return
        left = ship.distance(*ends[target])
        if left < 0.3:
            target, waiting = 1 - target, stay
            return
        ship.steer(ship.bearing(*ends[target]) + chance.normal(0.4), most=12.0)
        ship.throttle(min(service, 2.0 + 5.0 * left), most=1.0)

    return command


def trawler(vessel: Vessel, chance: Chance) -> Captain:
    """Steams to a ground, then tows back and forth at three to four knots."""
    steaming, towing = chance.uniform(8.0, 10.5), chance.uniform(2.8, 4.2)
    vessel.speed = steaming
    heading, left, fishing = vessel.course, chance.uniform(60.0, 180.0), False

    def command(ship: Vessel) -> None:
        nonlocal heading, left, fishing
        left -= 1
        if left <= 0:
            if not fishing:
                fishing, left = True, chance.uniform(60.0, 150.0)
            elif chance.uniform() < 0.2:
                fishing, left = False, chance.uniform(60.0, 180.0)
                heading = chance.uniform(0.0, 360.0)
            else:
                heading = (heading + 180 + chance.uniform(-30.0, 30.0)) % 360
                left = chance.uniform(60.0, 150.0)
        ship.steer(heading + chance.normal(1.0 if fishing else 0.5), most=8.0)
        ship.throttle((towing if fishing else steaming) + chance.normal(0.1), most=0.5)

    return command


def anchored(vessel: Vessel, chance: Chance) -> Captain:
    """Swings slowly about its anchor; speed near zero and a course without meaning."""
    centre = (vessel.lat, vessel.lon)
    vessel.speed = 0.05

    def command(ship: Vessel) -> None:
        outward = ship.distance(*centre) > 0.06
        ship.course = (ship.bearing(*centre) if outward else ship.course + chance.normal(25.0)) % 360
        ship.speed = chance.uniform(0.0, 0.25)

    return command


def supply(vessel: Vessel, chance: Chance) -> Captain:
    """An offshore supply vessel: runs between platforms, and keeps station beside each for an hour or more."""
    running = chance.uniform(9.0, 12.0)
    base = (vessel.lat, vessel.lon)
    vessel.speed = 0.3
    target, waiting = base, chance.integer(20, 90)

    def command(ship: Vessel) -> None:
        nonlocal target, waiting
        if waiting > 0:
            waiting -= 1
            ship.throttle(chance.uniform(0.1, 0.5), most=1.0)
            ship.steer(ship.course + chance.normal(15.0), most=30.0)
            if waiting == 0:
                target = (base[0] + chance.uniform(-0.4, 0.4), base[1] + chance.uniform(-0.4, 0.4))
            return
        left = ship.distance(*target)
        if left < 0.2:
            waiting = chance.integer(60, 180)
            return
        ship.steer(ship.bearing(*target) + chance.normal(0.6), most=12.0)
        ship.throttle(min(running, 1.0 + 4.0 * left), most=0.8)

    return command


KINDS: Mapping[str, Callable[[Vessel, Chance], Captain]] = {
    "transit": transit,
    "ferry": ferry,
    "trawler": trawler,
    "anchored": anchored,
    "supply": supply,
}

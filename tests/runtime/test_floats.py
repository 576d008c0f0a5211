"""Reading and printing of floats: right to the last bit."""

import math
import random
import re
import struct
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.runtime.probing import Number, parse, show

INFINITY = 0x7F800000


def to_float(bits: int) -> float:
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def nearest_bits(text: str) -> int:
    """The bits of the float32 nearest to a decimal number, ties to even, by exact arithmetic; INFINITY beyond all."""
    number = Fraction(text)
    magnitude = abs(number)
    low, high = 0, INFINITY
    while low < high:  # the largest float that is not above the number
        middle = (low + high + 1) // 2
        value = Fraction(2) ** 128 if middle == INFINITY else Fraction(to_float(middle))
        low, high = (middle, high) if value <= magnitude else (low, middle - 1)
    if low < INFINITY:
        above = Fraction(2) ** 128 if low + 1 == INFINITY else Fraction(to_float(low + 1))
        to_below, to_above = magnitude - Fraction(to_float(low)), above - magnitude
        if to_above < to_below or (to_above == to_below and low % 2 == 1):
            low += 1
    return low | (0x80000000 if text.strip().startswith("-") else 0)


def check(texts: list[str]) -> None:
    for text, (status, bits) in zip(texts, parse(texts), strict=True):
        wanted = nearest_bits(text)
        if wanted & 0x7FFFFFFF == INFINITY:
            assert status is Number.OUT_OF_RANGE, text
        else:
            assert (status, f"{bits:08x}") == (Number.OK, f"{wanted:08x}"), text


FINITE_BITS = st.integers(0, INFINITY - 1) | st.integers(0x80000000, 0x80000000 + INFINITY - 1)
DIGITS = st.text("0123456789", min_size=1, max_size=60)
DECIMALS = st.builds("{}{}.{}e{}".format, st.sampled_from(["", "-", "+"]), DIGITS, DIGITS, st.integers(-60, 45))


@settings(deadline=None, max_examples=60)
@given(st.lists(DECIMALS, min_size=1, max_size=50))
def test_decimal_numbers_are_read_to_the_nearest_float(texts: list[str]) -> None:
    check(texts)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, INFINITY - 1), min_size=1, max_size=30), st.integers(0, 200))
def test_numbers_around_a_tie_are_read_to_the_nearest_float(floats: list[int], zeros: int) -> None:
    texts = []
    for bits in floats:
        above = Fraction(2) ** 128 if bits + 1 == INFINITY else Fraction(to_float(bits + 1))
        middle = (Fraction(to_float(bits)) + above) / 2
        digits = 0
        while (middle * 10**digits).denominator != 1:
            digits += 1
        exact = (middle * 10**digits).numerator
        texts += [f"{whole}e-{digits}" for whole in (exact, f"{exact}.{'0' * zeros}1", f"{exact - 1}.9{'9' * zeros}")]
    check(texts)


def test_known_difficult_numbers() -> None:
    check(
        [
            "0", "-0", "00000000000000000000000000000000000000001", "." + "0" * 4000 + "1",
            "1" + "0" * 4000, "1" + "0" * 4000 + "e-4000", "0." + "0" * 4000 + "1e4001", "16777217", "16777219",
            "16777217.0", "16777216.99999999999999999999999", "7.0064923216240853546186479164495e-46",
            "7.0064923216240853546186479164496e-46", "7.0064923216240853546186479164494e-46", "1e-45", "7e-46", "1e-46",
            "1.17549435e-38", "1.1754942e-38", "1.17549429e-38", "3.4028234e38", "3.4028235677973366e38",
            "3.4028235677973365e38", "3.4028236e38", "1e39", "9999999999999999999", "99999999999999999999",
            "18446744073709551615", "18446744073709551616", "0.1", "28.712740", "-89.296900", "1690848000", "5.", ".5",
            "1e+5", "1E5", "12345678901234567890123456789e-20", "8388608.5", "8388609.5", "4.5e-45",
        ]
    )  # fmt: skip


NO_NUMBERS = ["abc", "1x", "1.2.3", "1e", "1e+", "e5", ".", "-", "+", "--1", "1_0", "0x10", "1,5", "1 2", "1.5f"]
NO_NUMBERS += ["١", "nano", "infinit", "infinityx", "1e5.0", "\x00", "1\x00"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number(text: str) -> None:
    assert parse([text])[0][0] is Number.TEXT


@pytest.mark.parametrize("text", ["nan", "NaN", "-nan", "+NAN", "inf", "-Inf", "INFINITY", " infinity "])
def test_what_is_not_finite(text: str) -> None:
    assert parse([text])[0][0] is Number.NOT_FINITE


def test_exponents_beyond_all_bounds() -> None:
    texts = ["0e99999999999999999999", "-0e-99999999999999999999", "1e99999999999999999999", "-1e-99999999999999999999"]
    assert parse(texts) == [
        (Number.OK, 0),
        (Number.OK, 0x80000000),
        (Number.OUT_OF_RANGE, 0),
        (Number.OK, 0x80000000),
    ]


def test_spaces_around_a_number_do_not_count() -> None:
    assert parse([" 1.5", "1.5\t", " \t1.5 \t", "", " ", "\t"]) == [
        *[(Number.OK, 0x3FC00000)] * 3,
        *[(Number.EMPTY, 0)] * 3,
    ]


@settings(deadline=None, max_examples=100)
@given(st.lists(st.binary(max_size=30), min_size=1, max_size=50))
def test_any_bytes_are_a_number_or_not_as_python_sees_it(texts: list[bytes]) -> None:
    for text, (status, _) in zip(texts, parse(texts), strict=True):
        plain = re.fullmatch(rb"[ \t]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[ \t]*", text) is not None
        assert (status in (Number.OK, Number.OUT_OF_RANGE)) == plain, text


@settings(deadline=None, max_examples=60)
@given(st.lists(FINITE_BITS, min_size=1, max_size=200))
def test_printed_floats_read_back(floats: list[int]) -> None:
    texts = show(floats)
    assert [bits for _, bits in parse(texts)] == floats
    assert [nearest_bits(text) for text in texts] == floats


def check_shortest(floats: list[int]) -> None:
    for bits, text in zip(floats, show(floats), strict=True):
        value = Fraction(to_float(bits))
        digits = len(text.lstrip("-").split("e")[0].replace(".", "").strip("0")) or 1
        for fewer in range(digits - 1):
            assert nearest_bits(f"{to_float(bits):.{fewer}e}") != bits, (text, fewer)
        alike = f"{to_float(bits):.{digits - 1}e}"  # of all with as many digits the nearest to the exact value
        if nearest_bits(alike) == bits:
            assert abs(Fraction(text) - value) <= abs(Fraction(alike) - value), (text, alike)


@settings(deadline=None, max_examples=60)
@given(st.lists(FINITE_BITS, min_size=1, max_size=100))
def test_printed_floats_are_the_shortest_and_of_these_the_nearest(floats: list[int]) -> None:
    check_shortest(floats)


def test_the_ends_of_the_interval_count_where_the_float_is_even() -> None:
    """33554450 lies in the middle between two floats, and is read as the even one, 33554448."""
    assert show([0x4C000004, 0x4C000005, 0x4C00000A]) == ["33554450", "33554452", "33554470"]
    check_shortest(list(range(0x4C000000, 0x4C000040)))


def test_floats_beside_a_power_of_two_are_printed_the_shortest() -> None:
    check_shortest([(exponent << 23) + step for exponent in range(1, 255, 3) for step in (-1, 0, 1)])


def test_how_floats_look() -> None:
    texts = "0 -0 1 0.5 100 1690848000 1000000000000000 1e+16 0.0001 1e-5 1.5e-7 -3e+20 0.1 28.71274 123456.79"
    extremes = {"nan": 0x7FC00000, "inf": INFINITY, "-inf": 0xFF800000, "3.4028235e+38": INFINITY - 1, "1e-45": 1}
    assert show(extremes.values()) == list(extremes)
    assert show(struct.unpack("<I", struct.pack("<f", float(text)))[0] for text in texts.split()) == texts.split()


def test_many_floats_survive_printing_and_reading() -> None:
    generator = random.Random(20240607)
    floats = [generator.randrange(INFINITY) for _ in range(50000)]
    floats += [exponent << 23 | fraction for exponent in range(255) for fraction in (0, 1, 0x7FFFFF)]
    assert [bits for _, bits in parse(show(floats))] == floats


def test_the_table_of_powers_is_right() -> None:
    text = Path("sni_rules/runtime/pow10.c").read_text(encoding="utf-8")
    table = [int(entry, 16) for entry in re.findall(r"0x([0-9a-f]{16})u", text)]
    exponents = range(-64, 46)
    assert len(table) == len(exponents)
    for exponent, entry in zip(exponents, table, strict=True):
        power = Fraction(10) ** exponent
        binary = power.numerator.bit_length() - power.denominator.bit_length()
        binary -= Fraction(2) ** binary > power
        assert entry == math.ceil(power / Fraction(2) ** (binary - 63)), exponent
        assert 2**63 <= entry < 2**64

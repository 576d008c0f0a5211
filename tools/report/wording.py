"""How figures and names are worded, alike in every form of the report."""

from __future__ import annotations

from collections.abc import Iterable

NONE = "–"
"""Shown where there is no figure."""

ENGINES = {"sni": "SNI", "microtvm": "microTVM", "tflm": "TFLM"}


def engine(name: str) -> str:
    """An engine's name as people write it."""
    return ENGINES.get(name, name)


def clean(text: str) -> str:
    """Text that may hold anything, without what cannot be printed: control characters, and those that would turn the
    direction of what follows. Line ends and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def count(value: int | None) -> str:
    """12345 as `12,345`."""
    return NONE if value is None else f"{value:,}"


def decimal(value: float | None) -> str:
    """To three digits: `1,230`, `12.3`, `0.00123`, `1.2e-07`."""
    if value is None:
        return NONE
    if value == 0:
        return "0"
    if 1000 <= abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def percent(share: float | None) -> str:
    """0.1234 as `12.3%`; what is hardly anything as `<0.0001%`."""
    if share is None:
        return NONE
    return "<0.0001%" if 0 < share < 1e-6 else f"{decimal(100 * share)}%"


def about(share: float) -> str:
    """To a hundredth, or two digits: 0.534 as `53%`, 0.0123 as `1.2%`, 12.34 as `1,234%`."""
    return f"{100 * share:,.0f}%" if share >= 0.0995 else f"{100 * share:.2g}%"


def micros(nanoseconds: int | None) -> str:
    """Nanoseconds as microseconds."""
    return NONE if nanoseconds is None else decimal(nanoseconds / 1000)


def short(value: float) -> str:
    """For the marks of axes: `2k`, `5M`, `0.1`."""
    for limit, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:g}{unit}"
    return f"{value:g}"


def seconds(value: float | None) -> str:
    """`0.21 s`, `12.3 s`, `4 min 10 s`."""
    if value is None:
        return NONE
    if value < 100:
        return f"{value:.3g} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes:,} min {rest} s"


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = list(words) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def plural(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"

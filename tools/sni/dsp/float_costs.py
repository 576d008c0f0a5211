"""Whether kernels of `floats` pay for layers of fewer than eight outputs.

Plain C takes fewer instructions where a window shows next to nothing. Estimates are for a Cortex-M4 and GCC at -O3;
tests/bench/test_cortex_m.py compares what they choose with what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.sni.windows import Window

_PIXELS = 4
"""Side by side, where all of their windows show as much."""


def rows_pay(rows: int, inputs: int, sizes: Sequence[int]) -> bool:
    """For rows of inputs times a matrix. sizes: outputs at a time."""
    whole, single = divmod(rows, _PIXELS)
    return _blocks(whole, single, 1, inputs, sizes) < rows * sum(sizes) * (3.6 * inputs + 4)


def window_pays(window: Window, sizes: Sequence[int]) -> bool:
    """For a window over one image. sizes: outputs at a time."""
    inputs, x = window.taps * window.channels, window.x
    inside = max(0, min(x.output, (x.input - x.taps + x.before) // x.stride + 1) - -(-x.before // x.stride))
    whole = window.y.output * (inside // _PIXELS)
    single = window.positions - _PIXELS * whole
    blocks = 40 * (whole + single) + _blocks(whole, single, window.y.taps, inputs, sizes)
    return blocks < window.positions * (25 + 8 * inputs * sum(sizes))


def depthwise_pays(window: Window, sizes: Sequence[int]) -> bool:
    """For a depthwise convolution. sizes: channels at a time."""
    rows, taps = window.y.taps, window.taps
    blocks = 45 + sum(10 + 10 * rows + taps * (size + 5) + 5 * size for size in sizes)
    return blocks < 57 + 4.4 * taps * sum(sizes)


def _blocks(whole: int, single: int, rows: int, inputs: int, sizes: Sequence[int]) -> float:
    """For so many fours of pixels, and single ones, of which a window shows so many rows."""
    four = sum(52 + 16 * size + 12 * rows + inputs * (_PIXELS * size + 4) for size in sizes)
    one = sum(52 + 5 * size + 9 * rows + inputs * (size + 2) for size in sizes)
    return whole * four + single * one

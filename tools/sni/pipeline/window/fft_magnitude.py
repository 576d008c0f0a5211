"""fft_magnitude: how strong each frequency is in a window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tools.sni.pipeline.c import float_literal
from tools.sni.pipeline.kinds import Choice
from tools.sni.pipeline.records import entry
from tools.sni.pipeline.window.feature import WINDOW_FEATURES, Table, WindowFeature

COSINES_OF_WINDOWS = {"none": (), "hann": (0.5, 0.5), "hamming": (0.54, 0.46), "blackman": (0.42, 0.5, 0.08)}
"""a, b, ...: the weight of sample i is a - b cos(2 pi i / n) + c cos(4 pi i / n)."""

LONGEST = 1 << 18


@WINDOW_FEATURES.register("fft_magnitude")
@dataclass(frozen=True, kw_only=True)
class FftMagnitude(WindowFeature):
    """|numpy.fft.rfft(weights * x)|: n / 2 + 1 values of n.

    A real transform of n values is a complex one of n / 2, and a step that separates what is even and odd in it. All of
    it happens where x lies. One quarter of a cosine's turn serves for turns of all steps, and for the weights.
    """

    in_place = True
    template = "fft_magnitude"

    window_function: str = entry(Choice(tuple(COSINES_OF_WINDOWS)), default="none")

    def misfits(self, size: int) -> Iterator[tuple[str, str]]:
        if size < 2 or size & (size - 1):
            below, above = max(2, 1 << (size.bit_length() - 1)), 2 << (max(size, 1).bit_length() - 1)
            near = f"{below} or {above}" if size > 2 else "2"
            yield "of", f"{size} values; a transform takes a power of two of them (as {near})"
        elif size > LONGEST:
            yield "of", f"{size} values; a transform takes at most {LONGEST}"

    def count(self, size: int) -> int:
        return size // 2 + 1

    def tables(self, size: int) -> tuple[Table, ...]:
        table = Table(f"cosines_{size}", f"cos(2 pi k / {size}), k from 0 to {size // 4}.", quarter_turn(size))
        return (table,) if self._turns(size) else ()

    def helpers(self, size: int) -> Mapping[str, tuple[str, Mapping[str, object]]]:
        points = size // 2
        pairs_first = points.bit_length() % 2 == 0  # An odd number of doublings to go.
        transform = {"size": size, "points": points, "pairs_first": pairs_first, "first": 8 if pairs_first else 4}
        helpers = {}
        if self._turns(size):
            helpers[f"cosine_{size}"] = ("window/cosine", {"size": size})
        if points > 1:
            helpers |= {f"fft_{size}": ("window/fft", transform), "magnitude": ("window/magnitude", {})}
        return helpers

    def _turns(self, size: int) -> bool:
        """Whether anything is multiplied with a cosine."""
        return size >= 8 or self.window_function != "none"

    def context(self, size: int) -> Mapping[str, object]:
        weights = COSINES_OF_WINDOWS[self.window_function]
        return {"points": size // 2, "weights": [float_literal(weight) for weight in weights]}

    def formula(self, size: int) -> str:
        weighted = "" if self.window_function == "none" else f" times a {self.window_function.capitalize()} window"
        return f"magnitudes of the Fourier transform of {size} values{weighted}"


def quarter_turn(size: int) -> np.ndarray:
    """cos(2 pi k / size) for k from 0 to size / 4, in double precision and then rounded; the last is 0."""
    turn = 2 * math.pi / size
    values = [math.cos(turn * k) if 8 * k <= size else math.sin(turn * (size / 4 - k)) for k in range(size // 4 + 1)]
    return np.array(values, np.float32)

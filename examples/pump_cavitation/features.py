"""What the pipelines compute, in NumPy's double precision and for many windows at once: to train on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from examples.pump_cavitation import pump
from examples.pump_cavitation.pipeline_document import BINS, OFFSET, PARTS


def spectra(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Magnitudes [windows, WINDOW / 2 + 1] of windows [windows, WINDOW]."""
    return np.abs(np.fft.rfft(windows.astype(np.float64) * np.hanning(pump.WINDOW + 1)[:-1]))


def statistics(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logarithms of 90th percentile, energy and deviation, each of the spectrum and of 50 parts: [windows, 153]."""
    whole = spectra(windows)
    parts = [whole, *np.array_split(whole, PARTS, axis=1)]
    columns = [np.percentile(part, 90, axis=1) for part in parts]
    columns += [np.sum(part**2, axis=1) for part in parts]
    columns += [np.std(part, axis=1) for part in parts]
    return np.log(np.stack(columns, axis=1) + OFFSET)


def log_bins(windows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Logarithms of all magnitudes but the last, [windows, 2048]."""
    return np.log(spectra(windows)[:, :BINS] + OFFSET)

"""TFLM's interpreter as the oracle: what every network must compute, to the last bit where it is integer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tflite_micro import runtime


class Oracle:
    """A model under TFLM's reference kernels."""

    def __init__(self, model: bytes, inputs: int = 1, outputs: int = 1) -> None:
        self._interpreter = runtime.Interpreter.from_bytes(model, arena_size=64 << 20)
        self._inputs, self._outputs = inputs, outputs

    def run(self, *values: np.ndarray) -> list[np.ndarray]:
        """One inference. values: an array for each input, of its shape and type."""
        assert len(values) == self._inputs
        for index, value in enumerate(values):
            self._interpreter.set_input(value, index)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_output(index)) for index in range(self._outputs)]


def edge_inputs(dtype: np.dtype, shape: Sequence[int], rng: np.random.Generator, count: int) -> list[np.ndarray]:
    """`count` random inputs over the whole range of a type, and all-smallest, all-largest and all-zero ones."""
    if np.issubdtype(dtype, np.floating):
        drawn = [rng.normal(0, 3, shape).astype(dtype) for _ in range(count)]
        low, high = dtype.type(-10), dtype.type(10)
    elif dtype == np.bool_:
        drawn = [rng.integers(0, 2, shape).astype(dtype) for _ in range(count)]
        low, high = False, True
    else:
        info = np.iinfo(dtype)
        drawn = [rng.integers(info.min, info.max, shape, dtype, endpoint=True) for _ in range(count)]
        low, high = info.min, info.max
    return [*drawn, np.full(shape, low, dtype), np.full(shape, high, dtype), np.zeros(shape, dtype)]


def assert_close(ours: np.ndarray, theirs: np.ndarray, *, fused: bool = False) -> None:
    """Equal bits for integers; for floats the contract of the design: 1e-5 relative, or 4 ulp near zero.

    "Near zero" is counted at the size of the tensor's largest value: that is where the sums that cancelled came from.
    fused: the build fuses products and sums, which TFLM's does not. Then a sum that cancels keeps digits that TFLM
    loses, and the difference is counted against the tensor's largest value throughout.
    """
    assert ours.dtype == theirs.dtype
    assert ours.shape == theirs.shape
    if not np.issubdtype(ours.dtype, np.floating):
        np.testing.assert_array_equal(ours, theirs)
        return
    largest = np.abs(theirs[np.isfinite(theirs)]).max(initial=0).astype(np.float32)
    near_zero = 1e-5 * float(largest) if fused else 4 * float(largest - np.nextafter(largest, np.float32(0)))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=near_zero)

"""Inputs, and what outputs are compared by."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.bench.suite.accuracy import error_of, expected_of, graph_of, weights_of
from tools.bench.suite.reference import ReferenceError, outputs_of
from tools.bench.suite.samples import SAMPLES, real_inputs, stored
from tools.compare.program import real

FLOAT, INT8 = (Path(f"tests/testdata/dense_{name}.tflite") for name in ("float", "int8"))


def test_inputs_come_from_the_range_of_the_integers() -> None:
    scale, zero_point = 0.022662125527858734, -1
    for networks in ((INT8, FLOAT), (FLOAT, INT8)):
        (values,) = real_inputs([graph_of(path) for path in networks])
        assert values.shape == (SAMPLES, 8)
        low, high = (-128 - zero_point) * scale, (127 - zero_point) * scale
        assert low <= values.min() < low + 0.3
        assert high - 0.3 < values.max() <= high
    (values,) = real_inputs([graph_of(FLOAT)])
    assert -1 <= values.min() < -0.9
    assert 0.9 < values.max() < 1


def test_values_are_stored_as_tensors_hold_them() -> None:
    values = np.array([-1000.0, -0.3, 0.0, 0.25, 0.3, 1000.0])
    steps = stored(values, np.dtype(np.int8), 0.5, 3)
    assert steps.dtype == np.int8
    assert steps.tolist() == [-128, 2, 3, 3, 4, 127]  # 0.25 is half a step: to the even one
    assert real(steps[1:-1], 0.5, 3).tolist() == [-0.5, 0.0, 0.0, 0.5]
    assert stored(values, np.dtype(np.float32), None, None).tolist() == values.astype(np.float32).tolist()
    assert stored(np.array([2.6]), np.dtype(np.int32), None, None).tolist() == [3]


def test_errors() -> None:
    expected = np.array([[0.0, 1.0], [4.0, 2.0]])
    outputs = np.array([[0.5, 1.0], [4.0, 5.0]])
    error = error_of([outputs], [expected])
    assert (error.max_abs, error.mean_abs, error.of_range) == (3.0, 0.875, 0.875 / 4)
    assert error.top1 == 0.5
    assert error.samples == 2
    assert error_of([outputs[:, :1]], [expected[:, :1]]).top1 is None
    assert error_of([outputs, outputs], [expected, expected]).top1 is None
    assert error_of([np.array([[1.0]])], [np.array([[1.0]])]).of_range == 0


def test_parameters_are_counted() -> None:
    assert weights_of(FLOAT) == weights_of(INT8) == 8 * 16 + 16 * 4


def test_references(tmp_path: Path) -> None:
    (tmp_path / "float.tflite").write_bytes(FLOAT.read_bytes())
    expected = expected_of(tmp_path, INT8)
    inputs = [values.astype(np.float32) for values in expected.inputs]
    (theirs,) = outputs_of("tflm", FLOAT, inputs)
    np.testing.assert_allclose(expected.outputs[0], theirs, rtol=1e-5)
    assert expected_of(None, INT8).outputs is None


def test_a_network_that_an_interpreter_refuses(tmp_path: Path) -> None:
    bad = tmp_path / "bad.tflite"
    bad.write_bytes(b"\0\0\0\0TFL3garbage")
    for interpreter in ("litert", "tflm"):
        with pytest.raises(ReferenceError, match=r"\w"):
            outputs_of(interpreter, bad, [np.zeros((1, 8), np.float32)])

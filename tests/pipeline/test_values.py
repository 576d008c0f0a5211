"""Values worked out by hand or in double precision: the borders of rounding, the first rows, angles, infinity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.pipeline.examples import track
from tests.pipeline.harness import bound_pipeline, compile_and_run, tensor

INFINITY = float("inf")
ONE = {"columns": ["x"], "features": ["x"]}


def inputs(folder: Path, pipeline: dict[str, object], values: list[float], dtype: str, *scaling: float) -> list[float]:
    """What one column puts into a network of one input, for each row on which an inference is due."""
    bound = bound_pipeline(folder, pipeline, [tensor(dtype, 1, *scaling)], [tensor("float32", 1)])
    records = compile_and_run(folder, bound, np.array(values, np.float32).reshape(-1, 1))
    return [record.input[0].item() for record in records if record]


def signals(folder: Path, entries: list[dict[str, object]], rows: np.ndarray) -> np.ndarray:
    """The last signal of each row that is due, as float32; columns are a, b, ..."""
    columns = "abcdefgh"[: rows.shape[1]]
    pipeline = {"columns": list(columns), "signals": entries, "features": [entries[-1]["name"], *columns]}
    bound = bound_pipeline(folder, pipeline, [tensor("float32", 1 + len(columns))], [tensor("float32", 1)])
    return np.array([record.input[0] for record in compile_and_run(folder, bound, rows) if record])


@pytest.mark.parametrize(
    ("dtype", "zero_point", "low", "high"),
    [("int8", 0, -128, 127), ("int8", -128, -128, 127), ("int8", 127, -128, 127), ("uint8", 7, 0, 255),
     ("int16", 0, -32768, 32767)],
)  # fmt: skip
def test_rounding(tmp_path: Path, dtype: str, zero_point: int, low: int, high: int) -> None:
    """Halves away from zero; 0.49999997 + 0.5 is 1 in float32, and still rounds to 0."""
    values = [0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, -0.49999997, 0.0, -0.0, 3.4, -3.6]
    rounded = [1, -1, 2, 3, -3, 0, 0, 0, 0, 3, -4]
    actual = inputs(tmp_path, ONE, values, dtype, 1.0, zero_point)
    assert actual == [min(max(value + zero_point, low), high) for value in rounded]


@pytest.mark.parametrize(("dtype", "low", "high"), [("int8", -128, 127), ("uint8", 0, 255), ("int16", -32768, 32767)])
def test_saturation(tmp_path: Path, dtype: str, low: int, high: int) -> None:
    """Whatever comes stays in the type: numbers beyond int32, infinities; NaN becomes the smallest."""
    values = [high + 0.49, high + 0.5, high + 1, 2e9, 3e9, 3.4e38, INFINITY, low - 0.49, low - 0.5, -3e9, -INFINITY]
    actual = inputs(tmp_path, ONE, [*values, float("nan")], dtype, 1.0, 0)
    assert actual == [high] * 7 + [low] * 5


def test_tiny_scale(tmp_path: Path) -> None:
    assert inputs(tmp_path, ONE, [1e-30, -1e30, 0.0], "int8", 1e-38, 3) == [127, -128, 3]


def test_float_input_is_stored_as_it_is(tmp_path: Path) -> None:
    values = [1e-40, -0.0, 3.4e38, 0.1]
    assert inputs(tmp_path, ONE, values, "float32") == [float(np.float32(value)) for value in values]


def test_the_first_row_of_a_difference_gives_nothing(tmp_path: Path) -> None:
    pipeline = {
        "columns": ["x"],
        "signals": [{"name": "d", "op": "difference", "of": "x"}],
        "features": ["d"],
        "window": {"length": 3, "stride": 2},
    }
    bound = bound_pipeline(tmp_path, pipeline, [tensor("float32", 3)], [tensor("float32", 1)])
    rows = np.array([100, 101, 103, 106, 110, 115, 121, 128], np.float32).reshape(-1, 1)
    shown = [None if r is None else r.input.tolist() for r in compile_and_run(tmp_path, bound, rows)]
    assert shown == [None, None, None, [1, 2, 3], None, [3, 4, 5], None, [5, 6, 7]]


def test_second_difference(tmp_path: Path) -> None:
    entries = [{"name": "d", "op": "difference", "of": "a"}, {"name": "dd", "op": "difference", "of": "d"}]
    rows = np.array([1000, 1, 4, 9, 16, 26], np.float32).reshape(-1, 1)
    assert signals(tmp_path, entries, rows).tolist() == [1002, 2, 2, 3]


@pytest.mark.parametrize(
    ("before", "after", "turn"),
    [(350, 10, 20), (10, 350, -20), (0, 180, -180), (180, 0, -180), (0, 179.5, 179.5), (359.5, 0, 0.5), (0, 725, 5),
     (0, -725, -5), (90, 90, 0), (0, 540, -180)],
)  # fmt: skip
def test_wrap(tmp_path: Path, before: float, after: float, turn: float) -> None:
    entries = [{"name": "d", "op": "difference", "of": "a", "wrap": 360}]
    assert signals(tmp_path, entries, np.array([[before], [after]], np.float32)).tolist() == [turn]


def test_wrap_stays_in_its_range(tmp_path: Path) -> None:
    """-180 is in it, 180 is not: also for the neighbours of the border, in float32."""
    half = np.float32(180)
    values = [half, np.nextafter(half, np.float32(0)), -half, np.nextafter(-half, np.float32(-INFINITY))]
    rows = np.array([[0], *([value] for pair in zip(values, [0] * 4, strict=True) for value in pair)], np.float32)
    turns = signals(tmp_path, [{"name": "d", "op": "difference", "of": "a", "wrap": 360}], rows)
    assert ((turns >= -180) & (turns < 180)).all()
    assert turns[0] == turns[1] == -180
    assert turns[2] == -turns[3] == values[1]


def test_log_of_what_has_none(tmp_path: Path) -> None:
    entries = [{"name": "l", "op": "log", "of": "a"}]
    rows = np.array([[0], [-1], [-INFINITY], [1e-45], [1], [np.e]], np.float32)
    np.testing.assert_allclose(signals(tmp_path, entries, rows), [-87.336544] * 4 + [0, 1], rtol=1e-7, atol=1e-7)


def test_against_double_precision(tmp_path: Path) -> None:
    """Each operation within 1e-6 of its formula in double precision, on values that do not cancel."""
    rows = np.abs(track(50)) + 1
    a, b, c, d = rows.astype(np.float64).T
    cases = [
        ({"op": "add", "of": ["a", "b"]}, a + b),
        ({"op": "subtract", "of": ["b", "a"]}, b - a),
        ({"op": "multiply", "of": ["a", "b"]}, a * b),
        ({"op": "hypot", "of": ["c", "d"]}, np.hypot(c, d)),
        ({"op": "scale", "of": "c", "by": 0.3, "offset": 7}, 0.3 * c + 7),
        ({"op": "standardise", "of": "b", "mean": -4, "std": 0.7}, (b + 4) / 0.7),
        ({"op": "min_max", "of": "d", "min": -10, "max": 350}, (d + 10) / 360),
        ({"op": "clip", "of": "c", "min": 5, "max": 9}, np.clip(c, 5, 9)),
        ({"op": "log", "of": "c", "offset": 2}, np.log(c + 2)),
        ({"op": "sin", "of": "a", "unit": "degrees"}, np.sin(np.radians(a))),
        ({"op": "cos", "of": "a", "unit": "degrees"}, np.cos(np.radians(a))),
        ({"op": "sin", "of": "c", "unit": "radians"}, np.sin(c)),
    ]
    names = [f"s{i}" for i in range(len(cases))]
    pipeline = {
        "columns": list("abcd"),
        "signals": [{"name": name, **entry} for name, (entry, _) in zip(names, cases, strict=True)],
        "features": names,
    }
    bound = bound_pipeline(tmp_path, pipeline, [tensor("float32", len(names))], [tensor("float32", 1)])
    actual = np.array([record.input for record in compile_and_run(tmp_path, bound, rows)]).T
    for values, (entry, expected) in zip(actual, cases, strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-7, err_msg=str(entry))


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_threshold_is_exclusive(tmp_path: Path, dtype: str) -> None:
    """The stand-in's output is 3 x for int8 and 0.75 x for float32."""
    factor = 3 if dtype == "int8" else 0.75
    after = [{"name": "y", "op": "dequantise"}, {"name": "t", "op": "threshold", "of": "y", "above": 4 * factor}]
    bound = bound_pipeline(tmp_path, {**ONE, "after": after}, [tensor(dtype, 1, 1.0)], [tensor(dtype, 1, 1.0)])
    records = compile_and_run(tmp_path, bound, np.array([[3], [4], [5]], np.float32))
    assert [record.result.tolist() for record in records] == [[3 * factor, 0], [4 * factor, 0], [5 * factor, 1]]


def test_first_of_equal_elements(tmp_path: Path) -> None:
    """The stand-in's int8 outputs are 3 x + 11 i, of which only the lowest 8 bits are kept: 0 to 253, then again."""
    pipeline = {**ONE, "after": [{"name": "best", "op": "argmax"}]}
    bound = bound_pipeline(tmp_path, pipeline, [tensor("int8", 1, 1.0)], [tensor("int8", 512)])
    [record] = compile_and_run(tmp_path, bound, np.array([[0]], np.float32))
    outputs = record.outputs[0].tolist()
    assert outputs.count(max(outputs)) == 2
    assert record.result.tolist() == [outputs.index(max(outputs))]


def test_softmax_of_large_numbers(tmp_path: Path) -> None:
    """Nothing overflows: the stand-in's outputs are 0.75 x + 0.125 i, here around 1e5."""
    pipeline = {**ONE, "after": [{"name": "p", "op": "softmax"}]}
    bound = bound_pipeline(tmp_path, pipeline, [tensor("float32", 1)], [tensor("float32", 4)])
    for record in compile_and_run(tmp_path, bound, np.array([[131072], [-131072]], np.float32)):
        outputs = record.outputs[0].astype(np.float64)
        expected = np.exp(outputs - outputs.max())
        np.testing.assert_allclose(record.result, expected / expected.sum(), rtol=1e-6)


def test_infinite_rows_do_no_harm(tmp_path: Path) -> None:
    """The stream program lets none in; a caller who does gets numbers without a meaning, but no undefined behaviour."""
    pipeline = {
        "columns": ["a", "b"],
        "signals": [
            {"name": "d", "op": "difference", "of": "a", "wrap": 360},
            {"name": "m", "op": "multiply", "of": ["d", "b"]},
            {"name": "s", "op": "sin", "of": "m", "unit": "radians"},
            {"name": "l", "op": "log", "of": "m"},
            {"name": "c", "op": "clip", "of": "l", "min": -1, "max": 1},
        ],
        "features": ["d", "m", "s", "l", "c"],
        "after": [
            {"name": "e", "op": "reconstruction_error", "metric": "mse"},
            {"name": "t", "op": "threshold", "of": "e", "above": 1},
            {"name": "p", "op": "softmax"},
            {"name": "best", "op": "argmax"},
        ],
    }
    rows = np.array([[np.nan, 1], [INFINITY, -INFINITY], [0, 0], [INFINITY, 0], [1, 1], [2, 1]], np.float32)
    for dtype in ("int8", "float32"):
        bound = bound_pipeline(tmp_path, pipeline, [tensor(dtype, 5)], [tensor(dtype, 5)])
        records = compile_and_run(tmp_path, bound, rows)
        assert np.isfinite(records[-1].result).all()
        assert set(records[1].result[1:2]) <= {0, 1}

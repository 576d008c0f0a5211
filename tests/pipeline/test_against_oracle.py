"""The generated C against the oracle: the same bits in the window, the outputs and the results."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline import oracle
from tests.pipeline.examples import DTYPES, EVERYTHING, track
from tests.pipeline.harness import bound_pipeline, compile_and_run, compilers, tensor


def check(folder: Path, pipeline: Mapping[str, object], rows: np.ndarray, input_of, outputs_of, **options) -> int:
    """Runs the C and the oracle; returns how many inferences there were. *_of: dtype, elements, scale, zero point."""
    outputs = [tensor(*output, name=f"y{k}") for k, output in enumerate(outputs_of)]
    bound = bound_pipeline(folder, pipeline, [tensor(*input_of)], outputs)
    records = compile_and_run(folder, bound, rows, **options)
    scaling = oracle.Scaling(input_of[0], *input_of[2:])
    scalings = [oracle.Scaling(output[0], *output[2:]) for output in outputs_of]
    with np.errstate(all="ignore"):
        windows = oracle.rows_to_windows(pipeline, rows, scaling)
        for record, shown in zip(records, windows, strict=True):
            assert (record is None) == (shown is None)
            if record is None:
                continue
            np.testing.assert_array_equal(record.input, shown)
            made = oracle.network(shown, [(output[0], output[1]) for output in outputs_of])
            for actual, expected in zip(record.outputs, made, strict=True):
                np.testing.assert_array_equal(actual, expected)
            expected = oracle.after(pipeline, shown, made, scaling, scalings)
            assert [value.name for value in bound.results] == list(expected)
            np.testing.assert_array_equal(record.result, np.array(list(expected.values()), np.float32))
    return sum(record is not None for record in records)


@pytest.mark.parametrize("compiler", compilers())
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_operation(tmp_path: Path, dtype: str, compiler: str) -> None:
    scaling = DTYPES[dtype]
    count = check(
        tmp_path, EVERYTHING, track(60), (dtype, 20, *scaling), [(dtype, 20, *scaling), (dtype, 3, *scaling)],
        compiler=compiler,
    )  # fmt: skip
    assert count == (60 - 2 - 5) // 2 + 1


@pytest.mark.parametrize("optimisation", ["-O0", "-O2", "-O3"])
def test_same_bits_at_every_optimisation(tmp_path: Path, optimisation: str) -> None:
    scaling = DTYPES["int8"]
    outputs = [("int8", 20, *scaling), ("int8", 3, *scaling)]
    assert check(tmp_path, EVERYTHING, track(40), ("int8", 20, *scaling), outputs, flags=[optimisation])


@pytest.mark.parametrize(
    ("length", "stride", "keeps"), list(itertools.product([1, 2, 3], [1, 2, 5], [False, True])), ids=str
)
def test_windows(tmp_path: Path, length: int, stride: int, keeps: bool) -> None:
    """Every combination of a window that wraps and a stride, with and without someone who looks back at the window."""
    pipeline = {
        "columns": ["a", "b"],
        "features": ["b", "a"],
        "window": {"length": length, "stride": stride},
        "after": [{"name": "y", "op": "dequantise"}],
    }
    if keeps:
        pipeline["after"].append({"name": "e", "op": "reconstruction_error", "metric": "mae", "per_feature": True})
    rows = np.arange(40, dtype=np.float32).reshape(20, 2)
    count = check(tmp_path, pipeline, rows, ("int8", 2 * length, 0.5, 3), [("int8", 2 * length, 0.25, -7)])
    assert count == (20 - length) // stride + 1


numbers = st.floats(-1e3, 1e3, width=32)


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[dict[str, object], str, int]:
    """A random valid pipeline, the dtype of its network, and how many numbers a row has."""
    columns = [f"c{i}" for i in range(draw(st.integers(1, 3)))]
    names = list(columns)
    signals = []
    for i in range(draw(st.integers(0, 7))):
        op = draw(st.sampled_from(sorted(_KEYS)))
        of = [draw(st.sampled_from(names)) for _ in range(2)]
        keys = draw(_KEYS[op])
        signals.append({"name": f"s{i}", "op": op, "of": of if op in _BINARY else of[0], **keys})
        names.append(f"s{i}")
    used = {name for entry in signals for name in (entry["of"] if isinstance(entry["of"], list) else [entry["of"]])}
    features = [entry["name"] for entry in signals if entry["name"] not in used] or [columns[0]]
    features += [name for name in draw(st.sets(st.sampled_from(names))) if name not in features]
    length, stride = draw(st.integers(1, 6)), draw(st.integers(1, 8))
    after = [{"name": "y", "op": "dequantise"}, {"name": "p", "op": "softmax"}, {"name": "best", "op": "argmax"}]
    for i in range(draw(st.integers(0, 2))):
        error = {"name": f"e{i}", "op": "reconstruction_error", "metric": draw(st.sampled_from(["mse", "mae"]))}
        error |= {
            "per_feature": draw(st.booleans()),
            "steps": draw(st.integers(1, length)),
            "hidden": draw(st.booleans()),
        }
        of = f"e{i}_{draw(st.sampled_from(features))}" if error["per_feature"] else f"e{i}"
        after += [error, {"name": f"t{i}", "op": "threshold", "of": of, "above": draw(st.floats(0, 10, width=32))}]
    pipeline = {
        "columns": ["id", *columns],
        "key": "id",
        "echo": ["id"],
        "signals": signals,
        "features": features,
        "window": {"length": length, "stride": stride},
        "after": draw(st.permutations(after[:3])) + after[3:],
    }
    read = used | set(features)
    return pipeline, draw(st.sampled_from(sorted(DTYPES))), sum(column in read for column in columns)


_BINARY = ("add", "subtract", "multiply", "hypot")
_RANGE = st.tuples(numbers, st.floats(2**-3, 1e3, width=32)).map(lambda pair: {"min": pair[0], "max": sum(pair)})
_UNIT = st.sampled_from(["degrees", "radians"]).map(lambda unit: {"unit": unit})
_KEYS = {
    **dict.fromkeys(_BINARY, st.just({})),
    "scale": st.fixed_dictionaries({"by": numbers}, optional={"offset": numbers}),
    "standardise": st.fixed_dictionaries({"mean": numbers, "std": st.floats(2**-10, 1e3, width=32)}),
    "min_max": _RANGE,
    "clip": _RANGE,
    "log": st.fixed_dictionaries({}, optional={"offset": numbers}),
    "sin": _UNIT,
    "cos": _UNIT,
    "difference": st.fixed_dictionaries({}, optional={"wrap": st.floats(2**-3, 1e3, width=32)}),
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(drawn=pipelines(), seed=st.integers(0, 2**32 - 1), count=st.integers(0, 40))
def test_random_pipelines(drawn: tuple[dict[str, object], str, int], seed: int, count: int) -> None:
    pipeline, dtype, values = drawn
    elements = pipeline["window"]["length"] * len(pipeline["features"])
    random = np.random.default_rng(seed)
    rows = (random.normal(0, 1, (count, values)) * 10.0 ** random.integers(-3, 4, (count, values))).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder), pipeline, rows, (dtype, elements, *DTYPES[dtype]), [(dtype, elements, *DTYPES[dtype])])

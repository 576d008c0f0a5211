"""Window features in C: the bits of NumPy, whatever the window and wherever its vectors lie."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pipeline import oracle, window_oracle
from tests.pipeline.examples import DTYPES, EVERYTHING
from tests.pipeline.harness import bound_pipeline, build, compile_and_run, compilers, program_source, tensor
from tests.support.model_writer import write_tflite
from tests.support.models import single
from tools.sni.compiler import compile_model
from tools.sni.ir import DType, Tensor
from tools.sni.options import Options
from tools.sni.pipeline import read_pipeline
from tools.sni.pipeline.window import WINDOW_FEATURES
from tools.sni.pipeline.window.fft_magnitude import COSINES_OF_WINDOWS, quarter_turn
from tools.sni.pipeline.window_plan import plan_window

LENGTHS = [1 << bits for bits in range(1, 14)]
FUNCTIONS = list(COSINES_OF_WINDOWS)
QUIET = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def pipeline_of(entries: list[dict[str, object]], length: int, stride: int = 0) -> dict[str, object]:
    """All of the window features of one column enter the network."""
    return {
        "columns": ["x"],
        "window_features": entries,
        "features": [entry["name"] for entry in entries],
        "window": {"length": length, "stride": stride or length},
    }


def check(folder: Path, pipeline: Mapping[str, object], rows: np.ndarray, dtype: str = "float32", **options) -> int:
    """Runs the C and the oracle; returns how many inferences there were."""
    scaling = oracle.Scaling(dtype, *DTYPES[dtype])
    expected = window_oracle.inputs(pipeline, rows, scaling)
    elements = next(len(given) for given in expected if given is not None)
    bound = bound_pipeline(folder, pipeline, [tensor(dtype, elements, *DTYPES[dtype])], [tensor(dtype, 1)])
    records = compile_and_run(folder, bound, rows, **options)
    for record, given_input in zip(records, expected, strict=True):
        assert (record is None) == (given_input is None)
        if record is not None:
            np.testing.assert_array_equal(record.input, given_input)
    return sum(record is not None for record in records)


def signals(length: int, seed: int = 0) -> np.ndarray:
    """Windows of noise, a tone between two bins, a step, an impulse, zeros, and of large and of small numbers."""
    rng = np.random.default_rng([length, seed])
    time = np.arange(length)
    windows = [
        rng.normal(0, 1, length),
        np.sin(2 * np.pi * 0.1234 * time) + 3,
        (time >= length // 3) - 0.5,
        time == length // 2,
        np.zeros(length),
        rng.normal(0, 1e12, length),
        rng.normal(0, 1e-12, length),
    ]
    return np.concatenate(windows).astype(np.float32)[:, None]


@pytest.mark.parametrize("length", LENGTHS)
def test_spectrum_has_the_stated_bits(tmp_path: Path, length: int) -> None:
    names = [f"s{i}" for i in range(len(FUNCTIONS))]
    entries = [
        {"name": name, "op": "fft_magnitude", "of": "x", "window_function": function}
        for name, function in zip(names, FUNCTIONS, strict=True)
    ]
    assert check(tmp_path, pipeline_of(entries, length), signals(length)) == 7


@pytest.mark.parametrize("optimisation", ["-O0", "-O3", "-Os"])
@pytest.mark.parametrize("compiler", compilers())
def test_same_bits_at_every_optimisation(tmp_path: Path, compiler: str, optimisation: str) -> None:
    entries = [
        {"name": "s", "op": "fft_magnitude", "of": "x", "window_function": "hann"},
        {"name": "p", "op": "percentile", "of": "s", "q": 90, "parts": 50},
        {"name": "e", "op": "energy", "of": "s", "parts": 50},
        {"name": "d", "op": "std", "of": "s", "parts": 50},
    ]
    options = {"compiler": compiler, "flags": [optimisation]}
    assert check(tmp_path, pipeline_of(entries, 512), signals(512), **options) == 7


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("function", FUNCTIONS)
def test_spectrum_is_that_of_numpy(length: int, function: str) -> None:
    """Within 3e-7 of the largest magnitude, in float32, of numpy.fft in double precision; docs/pipeline.md says so."""
    a, b, c = window_oracle.WEIGHTS[function] or (1, 0, 0)
    turn = 2 * np.pi * np.arange(length) / length
    weights = a - b * np.cos(turn) + c * np.cos(2 * turn)
    for window in signals(length)[:, 0].reshape(-1, length):
        exact = np.abs(np.fft.rfft(window.astype(np.float64) * weights))
        actual = window_oracle.fft_magnitude(window, function)
        assert np.abs(actual - exact).max() <= 3e-7 * max(exact.max(), np.abs(window).max() * 0.1)


def test_hann_is_numpys_without_its_last() -> None:
    """numpy.hanning gives a symmetric window; a spectrum takes one of a full period."""
    x = np.eye(16, dtype=np.float32)
    weights = [window_oracle.fft_magnitude(row, "hann")[0] for row in x]
    np.testing.assert_allclose(weights, np.hanning(17)[:-1], atol=1e-7)


@pytest.mark.parametrize("length", LENGTHS)
def test_table_of_cosines(length: int) -> None:
    table = quarter_turn(length)
    np.testing.assert_array_equal(table, window_oracle.circle(length)[: length // 4 + 1])
    assert table.nbytes == 4 * (length // 4 + 1)


@st.composite
def statistics(draw: st.DrawFn) -> dict[str, object]:
    op = draw(st.sampled_from(["percentile", "energy", "std"]))
    keys = {"parts": draw(st.integers(1, 9))} if draw(st.booleans()) else {}
    if keys and draw(st.booleans()):
        keys["whole"] = False
    if op == "percentile":
        keys["q"] = draw(st.integers(0, 100) | st.floats(0, 100) | st.sampled_from([50, 90, 99.9, 33.3]))
    return {"op": op, "of": "x", **keys}


VALUES = st.floats(-1e6, 1e6, width=32) | st.sampled_from([0.0, 1.0, -1.0, 2.5])


@settings(QUIET, max_examples=12)
@given(
    entries=st.lists(statistics(), min_size=1, max_size=5),
    length=st.integers(9, 400) | st.sampled_from([15, 16, 127, 128, 129, 136, 255, 256, 257, 1000, 2049]),
    data=st.data(),
)
def test_statistics_are_those_of_numpy(entries: list[dict[str, object]], length: int, data: st.DataObject) -> None:
    """numpy.percentile, numpy.sum and numpy.std of float32, to the bit, over numpy.array_split's parts."""
    named = [{"name": f"f{i}", **entry} for i, entry in enumerate(entries)]
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    some = np.array(data.draw(st.lists(VALUES, min_size=1, max_size=20)), np.float32)
    windows = [
        np.resize(some, length),
        rng.permutation(np.resize(some, length)),
        np.sort(rng.normal(0, 1, length)),
        np.sort(rng.normal(5, 1, length))[::-1],
        rng.lognormal(0, 5, length),
        rng.normal(0, 1, length),
    ]
    rows = np.concatenate(windows).astype(np.float32)[:, None]
    with tempfile.TemporaryDirectory() as folder:
        assert check(Path(folder), pipeline_of(named, length), rows) == 6


@given(st.integers(1, 5000), st.integers(1, 200))
def test_parts_are_array_splits(size: int, parts: int) -> None:
    step = WINDOW_FEATURES["energy"](name="e", of=("x",), parts=parts)
    if parts > size:
        assert list(step.misfits(size)) == [("parts", f"{parts} parts of {size} values: some would be empty")]
        return
    sizes = [values for count, values in step.runs(size) for _ in range(count)]
    assert sizes == [len(part) for part in np.array_split(np.zeros(size), parts)]


@st.composite
def pipelines(draw: st.DrawFn) -> tuple[dict[str, object], str]:
    """Window features of each other, read once or several times, and the dtype of the network."""
    columns = ["a", "b"][: draw(st.integers(1, 2))]
    length = draw(st.sampled_from([1, 2, 4, 8, 16, 32, 3, 20]))
    sizes = dict.fromkeys(columns, length)
    entries = []
    for i in range(draw(st.integers(1, 8))):
        of = draw(st.sampled_from([*sizes, columns]))
        size = sum(sizes[name] for name in of) if isinstance(of, list) else sizes[of]
        ops = ["log", "standardise", "slice", "energy", "std", "percentile"]
        ops += ["fft_magnitude"] * 3 * (size > 1 and size & (size - 1) == 0)
        op = draw(st.sampled_from(ops))
        entry = {"name": f"f{i}", "op": op, "of": of}
        count = size
        if op == "fft_magnitude":
            entry["window_function"] = draw(st.sampled_from(FUNCTIONS))
            count = size // 2 + 1
        elif op == "log":
            entry["offset"] = draw(st.sampled_from([0, 1, -0.5]))
        elif op == "standardise":
            entry["mean"] = draw(st.sampled_from([0, 0.25, [0.125] * size]))
            entry["std"] = draw(st.sampled_from([0.5, [3 + k for k in range(size)]]))
        elif op == "slice":
            entry["start"] = draw(st.integers(0, size - 1))
            entry["length"] = count = draw(st.integers(1, size - entry["start"]))
        else:
            parts = draw(st.none() | st.integers(1, size))
            entry |= {"q": 75} if op == "percentile" else {}
            entry |= {} if parts is None else {"parts": parts}
            count = 1 + (parts or 0)
        entries.append(entry)
        sizes[entry["name"]] = count
    read = {name for entry in entries for name in (entry["of"] if isinstance(entry["of"], list) else [entry["of"]])}
    features = [name for name in sizes if name not in read] + draw(st.permutations([*read]))[: draw(st.integers(0, 2))]
    columns = [name for name in columns if name in {*read, *features}]
    window = {"length": length, "stride": draw(st.sampled_from([length, 1, 2, length + 3]))}
    pipeline = {"columns": columns, "window_features": entries, "features": features, "window": window}
    return pipeline, draw(st.sampled_from(sorted(DTYPES)))


@settings(QUIET, max_examples=300)
@given(drawn=pipelines())
def test_nothing_is_overwritten_that_is_read_later(drawn: tuple[dict[str, object], str]) -> None:
    """The plan, played through: each vector still has its values when it is read, and nothing lies outside."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.json"
        path.write_text(json.dumps(drawn[0]), encoding="utf-8")
        pipeline = read_pipeline(path)
    plan = plan_window(pipeline.features, pipeline.window_features, pipeline.window.length)
    memory: list[object] = [None] * plan.work
    holds: dict[tuple[str, ...], list[object]] = {}

    def write(offset: int, names: tuple[str, ...], count: int) -> None:
        assert 0 <= offset <= offset + count <= plan.work
        holds[names] = [(names, i) for i in range(count)]
        memory[offset : offset + count] = holds[names]

    def read(offset: int, names: tuple[str, ...]) -> None:
        assert memory[offset : offset + len(holds[names])] == holds[names], names

    entering = {name: offset for name, offset, _ in plan.inputs}
    for series in plan.series:
        write(series.offset, series.names, series.values)
    for series in plan.series:
        read(series.offset, series.names)
    for step in plan.steps:
        name = (step.feature.name,)
        read(step.source, step.feature.of)
        if step.scratch is not None:
            write(step.scratch, ("scratch",), step.feature.scratch(step.size))
            read(step.source, step.feature.of)
        if step.feature.template is None:
            first = step.feature.first()
            holds[name] = holds[step.feature.of][first : first + step.count]
        elif step.copies:
            write(step.offset, ("copy",), step.size)
            read(step.source, step.feature.of)
            write(step.offset, name, step.count)
        elif step.feature.in_place:
            write(step.offset, name, step.count)
        else:
            write(step.offset, name, step.count)
            read(step.source, step.feature.of)
            if step.scratch is not None:
                read(step.scratch, ("scratch",))
        if name[0] in entering:
            read(entering[name[0]], name)


@settings(QUIET, max_examples=25)
@given(drawn=pipelines(), seed=st.integers(0, 2**32 - 1))
def test_random_pipelines(drawn: tuple[dict[str, object], str], seed: int) -> None:
    """Memory is shared, values are copied, windows overlap or leave rows out: the numbers are the same."""
    pipeline, dtype = drawn
    rows = np.random.default_rng(seed).normal(0, 1, (3 * pipeline["window"]["length"] + 5, len(pipeline["columns"])))
    with tempfile.TemporaryDirectory() as folder, np.errstate(all="ignore"):
        assert check(Path(folder), pipeline, rows.astype(np.float32), dtype)


def test_window_features_of_signals(tmp_path: Path) -> None:
    """Rows without a meaning put nothing into the window; signals and columns take turns."""
    pipeline = {
        "columns": ["x", "y"],
        "signals": [{"name": "d", "op": "difference", "of": "x"}],
        "window_features": [{"name": "all", "op": "slice", "of": ["d", "y"], "length": 6}],
        "features": ["all", "d"],
        "window": {"length": 3, "stride": 2},
    }
    bound = bound_pipeline(tmp_path, pipeline, [tensor("float32", 9)], [tensor("float32", 1)])
    x = np.array([10, 11, 13, 16, 20, 25, 31], np.float32)
    records = compile_and_run(tmp_path, bound, np.stack([x, -x], axis=1))
    assert [record if record is None else record.input.tolist() for record in records] == [
        None,
        None,
        None,
        [1, -11, 2, -13, 3, -16, 1, 2, 3],
        None,
        [3, -16, 4, -20, 5, -25, 3, 4, 5],
        None,
    ]


@pytest.mark.parametrize("stride", [2, 4])
def test_reconstruction_of_what_was_computed(tmp_path: Path, stride: int) -> None:
    """An autoencoder of spectra is compared with the spectrum that it was given, of each value if that is wanted."""
    error = {"op": "reconstruction_error", "metric": "mae"}
    pipeline = {
        **pipeline_of([{"name": "s", "op": "fft_magnitude", "of": "x"}], 4, stride),
        "after": [{"name": "e", **error}, {"name": "each", **error, "per_feature": True}],
    }
    bound = bound_pipeline(tmp_path, pipeline, [tensor("float32", 3)], [tensor("float32", 3)])
    assert [value.name for value in bound.results] == ["e", "each_s_0", "each_s_1", "each_s_2"]
    rows = np.random.default_rng(3).normal(0, 1, (12, 1)).astype(np.float32)
    for record in compile_and_run(tmp_path, bound, rows):
        if record is not None:
            errors = np.abs(record.outputs[0] - record.input)
            np.testing.assert_allclose(record.result, [errors.mean(), *errors], rtol=1e-6)


def test_memory(tmp_path: Path) -> None:
    """A transform lies where its window lay, and what is made of it behind it: 2 floats more than a window, for the
    percentile's copy, and the statistics. Overlapping windows are kept besides."""
    entries = [
        {"name": "s", "op": "fft_magnitude", "of": "x", "window_function": "hann"},
        {"name": "p", "op": "percentile", "of": "s", "q": 90, "parts": 50},
        {"name": "e", "op": "energy", "of": "s", "parts": 50},
        {"name": "d", "op": "std", "of": "s", "parts": 50},
    ]
    network = [tensor("float32", 2049 + 3 * 51)], [tensor("float32", 1)]
    apart = bound_pipeline(tmp_path, pipeline_of(entries, 4096), *network)
    assert apart.plan.work <= 4096 + 2 + 2 * 52
    assert apart.state_bytes == 4 * (apart.plan.work + 1)
    assert apart.constant_bytes == 4 * 1025
    overlapping = bound_pipeline(tmp_path, pipeline_of(entries, 4096, 1024), *network)
    assert overlapping.state_bytes == apart.state_bytes + 4 * (4096 + 1)


@pytest.mark.parametrize("name", ["autoencoder", "windows", "overlapping", "reconstructed"])
def test_state_bytes_are_what_the_compiler_takes(tmp_path: Path, name: str) -> None:
    spectrum = [{"name": "s", "op": "fft_magnitude", "of": "x"}]
    seen = [{"name": "e", "op": "reconstruction_error", "metric": "mse"}]
    bound = {
        "autoencoder": lambda: bound_pipeline(
            tmp_path, EVERYTHING, [tensor("int8", 20)], [tensor("int8", 20), tensor("int8", 3)]
        ),
        "windows": lambda: bound_pipeline(
            tmp_path, pipeline_of(spectrum, 16), [tensor("int8", 9)], [tensor("int8", 1)]
        ),
        "overlapping": lambda: bound_pipeline(
            tmp_path, pipeline_of(spectrum, 16, 3), [tensor("int8", 9)], [tensor("int8", 1)]
        ),
        "reconstructed": lambda: bound_pipeline(
            tmp_path, {**pipeline_of(spectrum, 16, 3), "after": seen}, [tensor("int8", 9)], [tensor("int8", 9)]
        ),
    }[name]()
    source = program_source([(bound, "detector")], main=False)
    source += '\n#include <stdio.h>\nint main(void) { printf("%d", (int)sizeof(detector_pipeline)); return 0; }\n'
    flags = ["-O0", "-Wno-unused-function"]
    told = subprocess.run([build(tmp_path, source, flags=flags)], capture_output=True, text=True, check=True).stdout
    assert int(told) == bound.state_bytes


def test_report_tells_the_cost(tmp_path: Path) -> None:
    """The table counts among the model's constants, and lies with its weights."""
    path = tmp_path / "spectrum.json"
    path.write_text(json.dumps(pipeline_of([{"name": "s", "op": "fft_magnitude", "of": "x"}], 64)), encoding="utf-8")
    x, y = Tensor("x", DType.FLOAT32, (1, 33)), Tensor("y", DType.FLOAT32, (1, 33))
    model = write_tflite(single("LOGISTIC", [x], [y]))
    files = compile_model(model, "m.tflite", Options("m"), read_pipeline(path))
    report = json.loads(files["m_report.json"])
    assert report["pipeline"] == {"state_bytes": 4 * (64 + 1), "constant_bytes": 4 * 17}
    assert report["constant_bytes"] == 4 * 17
    assert "pipeline: 260 bytes of state; 68 bytes of constants" in files["m_report.txt"]
    assert "m_pipeline_cosines_64[17]" in files["m_weights.h"]
    assert "#define M_CONSTANT_BYTES 68\n" in files["m.h"]


def test_infinite_rows_do_no_harm(tmp_path: Path) -> None:
    """Numbers without a meaning come of them, but no undefined behaviour and no endless loop."""
    entries = [
        {"name": "s", "op": "fft_magnitude", "of": "x", "window_function": "blackman"},
        {"name": "p", "op": "percentile", "of": "x", "q": 62.5, "parts": 3},
        {"name": "q", "op": "percentile", "of": "s", "q": 50},
        {"name": "d", "op": "std", "of": "s", "parts": 2},
        {"name": "l", "op": "log", "of": "d"},
    ]
    bad = [np.nan, np.inf, -np.inf, 3e38, -3e38]
    rng = np.random.default_rng(0)
    rows = np.array([*bad, 1, 2, 3, *([np.nan] * 8), *rng.choice([*bad, 0, 1], 64), *range(8)], np.float32)
    bound = bound_pipeline(tmp_path, pipeline_of(entries, 8), [tensor("int8", 5 + 4 + 1 + 3 + 3)], [tensor("int8", 1)])
    assert len([record for record in compile_and_run(tmp_path, bound, rows[:, None]) if record]) == len(rows) // 8

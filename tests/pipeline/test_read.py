"""Every mistake in a pipeline file, with the exact words it is answered with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.sni.errors import CompileError
from tools.sni.pipeline import Pipeline, read_pipeline
from tools.sni.pipeline.signals import SIGNALS

GOOD = {
    "columns": ["track", "a", "b"],
    "signals": [
        {"name": "d", "op": "difference", "of": "a"},
        {"name": "s", "op": "add", "of": ["d", "b"]},
        {"name": "n", "op": "standardise", "of": "s", "mean": 1, "std": 2},
    ],
    "features": ["n", "b"],
    "window": {"length": 4, "stride": 2},
    "after": [
        {"name": "e", "op": "reconstruction_error", "metric": "mse"},
        {"name": "t", "op": "threshold", "of": "e", "above": 0.5},
    ],
}
KEYS = ["columns", "signals", "features", "window", "after", "name", "op", "of", "length", "std", "labels", "hidden"]
NAME = "a name of letters, digits and underscores that starts with no digit"
TEXT = "printable text with no space at either end"
TOP = "accepted: columns, key, echo, signals, window_features, features, window, after, version"
SIGNAL_OPS = ", ".join(SIGNALS)


def read(folder: Path, text: object) -> Pipeline:
    path = folder / "p.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    return read_pipeline(path)


def problems(folder: Path, text: object) -> list[str]:
    """The problems, without the folder."""
    with pytest.raises(CompileError) as caught:
        read(folder, text)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def changed(path: str, value: object = None) -> dict[str, object]:
    """GOOD with the value at a path such as `signals.2.std` replaced, or removed when it is None."""
    pipeline = deepcopy(GOOD)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target = pipeline
    for part in parents:
        target = target[part]
    if value is None:
        del target[last]
    elif isinstance(target, list) and last == len(target):
        target.append(value)
    else:
        target[last] = value
    return pipeline


def test_good_file(tmp_path: Path) -> None:
    pipeline = read(tmp_path, GOOD)
    assert pipeline.columns == ("track", "a", "b")
    assert pipeline.key is None
    assert pipeline.echo == ()
    assert [signal.op for signal in pipeline.signals] == ["difference", "add", "standardise"]
    assert pipeline.values == ("a", "b")
    assert pipeline.delay == 1
    assert (pipeline.window.length, pipeline.window.stride) == (4, 2)
    assert [step.name for step in pipeline.after] == ["e", "t"]


def test_least_file(tmp_path: Path) -> None:
    pipeline = read(tmp_path, {"columns": ["a"], "features": ["a"]})
    assert (pipeline.window.length, pipeline.window.stride, pipeline.delay) == (1, 1, 0)
    assert pipeline.signals == pipeline.after == ()


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeff" + json.dumps(GOOD)) == read(tmp_path, GOOD)


def test_delays_add_up(tmp_path: Path) -> None:
    signals = [
        {"name": "d", "op": "difference", "of": "a"},
        {"name": "dd", "op": "difference", "of": "d"},
        {"name": "db", "op": "difference", "of": "b"},
        {"name": "s", "op": "add", "of": ["dd", "db"]},
    ]
    assert read(tmp_path, {"columns": ["a", "b"], "signals": signals, "features": ["s"]}).delay == 2


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        # Keys at the top.
        ("columns", None, ['p.json: the key "columns" is missing']),
        ("columns", [], ["p.json: columns: expected a list of at least 1, found an empty list"]),
        ("columns", "a", ['p.json: columns: expected a list of at least 1, found the text "a"']),
        ("columns.0", "", [f'p.json: columns[0]: expected {TEXT}, found the text ""']),
        ("columns.0", " t", [f'p.json: columns[0]: expected {TEXT}, found the text " t"']),
        ("columns.0", "a\nb", [f'p.json: columns[0]: expected {TEXT}, found the text "a\\u000ab"']),
        ("columns.0", "\ud800", [f'p.json: columns[0]: expected {TEXT}, found the text "\\ud800"']),
        ("columns.0", 3, [f"p.json: columns[0]: expected {TEXT}, found the number 3"]),
        ("columns.0", "b", ['p.json: columns[2]: the text "b" occurs twice (first at [0])']),
        ("features", None, ['p.json: the key "features" is missing']),
        ("features", {}, ["p.json: features: expected a list of at least 1, found an object"]),
        ("features.1", 1.5, ["p.json: features[1]: expected a name in quotes, found the number 1.5"]),
        ("features.2", "n", ['p.json: features[2]: the text "n" occurs twice (first at [0])']),
        (
            "features.2",
            "bb",
            ['p.json: features[2]: "bb" is no column or signal (accepted: track, a, b, d, s, n)'],
        ),
        ("key", "track", []),
        ("key", 1, ["p.json: key: expected a name in quotes, found the number 1"]),
        ("key", "trak", ['p.json: key: "trak" is no column (did you mean "track"? accepted: track, a, b)']),
        ("key", "d", ['p.json: key: "d" is no column (accepted: track, a, b)']),
        ("echo", ["track", "b"], []),
        ("echo", "track", ['p.json: echo: expected a list, found the text "track"']),
        ("echo", ["zz"], ['p.json: echo[0]: "zz" is no column (accepted: track, a, b)']),
        ("echo", ["a", "a"], ['p.json: echo[1]: the text "a" occurs twice (first at [0])']),
        ("windw", {}, [f'p.json: the key "windw" is unknown (did you mean "window"? {TOP})']),
        ("x", 1, [f'p.json: the key "x" is unknown ({TOP})']),
        ("version", 1, []),
        ("version", 2, ["p.json: version: version 2 is not known (this compiler reads version 1)"]),
        ("version", "1", ['p.json: version: expected a whole number, 1 or more, found the text "1"']),
        # The window.
        ("window", [4], ["p.json: window: expected an object, found a list of 1"]),
        ("window.length", 0, ["p.json: window.length: expected a whole number, 1 or more, found the number 0"]),
        ("window.length", 4.0, ["p.json: window.length: expected a whole number, 1 or more, found the number 4"]),
        ("window.length", True, ["p.json: window.length: expected a whole number, 1 or more, found true"]),
        ("window.length", 2**31, ["p.json: window.length: 2147483648 is too large (at most 2147483647)"]),
        (
            "window.length",
            10**30,
            ["p.json: window.length: expected a whole number, 1 or more, found the number 1e+30"],
        ),
        ("window.stride", -1, ["p.json: window.stride: expected a whole number, 1 or more, found the number -1"]),
        (
            "window.strid",
            1,
            ['p.json: window: the key "strid" is unknown (did you mean "stride"? accepted: length, stride)'],
        ),
        # Signals.
        ("signals", {}, ["p.json: signals: expected a list, found an object"]),
        ("signals.3", 7, ["p.json: signals[3]: expected an object, found the number 7"]),
        (
            "signals.2.name",
            None,
            [
                'p.json: signals[2]: the key "name" is missing',
                'p.json: features[0]: "n" is no column or signal (accepted: track, a, b, d, s)',
            ],
        ),
        ("signals.2.of", None, ['p.json: signals[2]: the key "of" is missing']),
        ("signals.2.op", None, [f'p.json: signals[2]: the key "op" is missing (accepted: {SIGNAL_OPS})']),
        ("signals.2.op", 5, ["p.json: signals[2].op: expected the name of an operation in quotes, found the number 5"]),
        (
            "signals.2.op",
            "standardize",
            [
                'p.json: signals[2].op: "standardize" is no operation here (did you mean "standardise"? '
                f"accepted: {SIGNAL_OPS})"
            ],
        ),
        (
            "after.0.name",
            "e f",
            [
                f'p.json: after[0].name: expected {NAME}, found the text "e f"',
                'p.json: after[1].of: "e" is no value defined before (accepted: e f)',
            ],
        ),
        (
            "signals.2.name",
            1,
            [
                f"p.json: signals[2].name: expected {NAME}, found the number 1",
                'p.json: features[0]: "n" is no column or signal (accepted: track, a, b, d, s)',
            ],
        ),
        (
            "signals.0.name",
            "b",
            [
                'p.json: signals[0].name: "b" is already the name of a column (use another name)',
                'p.json: signals[1].of: "d" is no column or earlier signal (accepted: track, a, b)',
            ],
        ),
        (
            "signals.1.name",
            "d",
            [
                'p.json: signals[1].name: "d" is already the name of signals[0] (use another name)',
                'p.json: signals[2].of: "s" is no column or earlier signal (accepted: track, a, b, d)',
            ],
        ),
        ("signals.2.of", ["s"], ["p.json: signals[2].of: expected a name in quotes, found a list of 1"]),
        ("signals.1.of", "d", ['p.json: signals[1].of: expected a list of 2 names, found the text "d"']),
        ("signals.1.of", ["d", "b", "a"], ["p.json: signals[1].of: expected a list of 2 names, found a list of 3"]),
        ("signals.1.of", ["d", 2], ["p.json: signals[1].of[1]: expected a name in quotes, found the number 2"]),
        (
            "signals.1.of",
            ["d", "bb"],
            ['p.json: signals[1].of: "bb" is no column or earlier signal (accepted: track, a, b, d)'],
        ),
        (
            "signals.1.of",
            ["d", "n"],
            [
                'p.json: signals[1].of: "n" is only defined at signals[2] '
                "(a signal can use columns and signals before it; move it up)"
            ],
        ),
        (
            "signals.1.of",
            ["d", "s"],
            ['p.json: signals[1].of: "s" is the signal itself (accepted: columns and signals before it)'],
        ),
        (
            "signals.3",
            {"name": "u", "op": "log", "of": "a"},
            ['p.json: signals[3]: nothing uses "u" (name it in features or in a later signal, or remove it)'],
        ),
        ("signals.2.std", None, ['p.json: signals[2]: the key "std" is missing']),
        ("signals.2.std", 0, ["p.json: signals[2].std: expected a number above 0, found the number 0"]),
        ("signals.2.std", -0.0, ["p.json: signals[2].std: expected a number above 0, found the number -0"]),
        ("signals.2.std", -2, ["p.json: signals[2].std: expected a number above 0, found the number -2"]),
        ("signals.2.std", 1e-39, ["p.json: signals[2].std: 1e-39 is too small for float32 (at least 1.17549e-38)"]),
        ("signals.2.mean", "0", ['p.json: signals[2].mean: expected a finite number, found the text "0"']),
        ("signals.2.mean", True, ["p.json: signals[2].mean: expected a finite number, found true"]),
        ("signals.2.mean", [1], ["p.json: signals[2].mean: expected a finite number, found a list of 1"]),
        ("signals.2.mean", float("nan"), ["p.json: signals[2].mean: expected a finite number, found the number nan"]),
        ("signals.2.mean", float("-inf"), ["p.json: signals[2].mean: expected a finite number, found the number -inf"]),
        (
            "signals.2.mean",
            -1e39,
            ["p.json: signals[2].mean: -1e+39 does not fit float32 (at most 3.40282e+38 in magnitude)"],
        ),
        (
            "signals.2.sd",
            1,
            ['p.json: signals[2]: the key "sd" is unknown (did you mean "std"? accepted: op, name, of, mean, std)'],
        ),
        ("signals.0.wrap", 0, ["p.json: signals[0].wrap: expected a number above 0, found the number 0"]),
        (
            "signals.2",
            {"name": "n", "op": "min_max", "of": "s", "min": 3, "max": 3},
            ["p.json: signals[2].max: 3 is not above min, 3"],
        ),
        (
            "signals.2",
            {"name": "n", "op": "min_max", "of": "s", "min": -3e38, "max": 3e38},
            ["p.json: signals[2].max: max - min, 6e+38, does not fit float32"],
        ),
        (
            "signals.2",
            {"name": "n", "op": "clip", "of": "s", "min": 3.5, "max": 1},
            ["p.json: signals[2].max: 1 is not above min, 3.5"],
        ),
        (
            "signals.2",
            {"name": "n", "op": "clip", "of": "s", "min": 1, "max": 1 + 1e-9},
            ["p.json: signals[2].max: 1 is not above min, 1"],
        ),
        (
            "signals.2",
            {"name": "n", "op": "sin", "of": "s", "unit": "deg"},
            ['p.json: signals[2].unit: expected "degrees" or "radians", found the text "deg"'],
        ),
        ("signals.2", {"name": "n", "op": "cos", "of": "s"}, ['p.json: signals[2]: the key "unit" is missing']),
        ("signals.2", {"name": "n", "op": "scale", "of": "s"}, ['p.json: signals[2]: the key "by" is missing']),
        # After the network.
        ("after", "dequantise", ['p.json: after: expected a list, found the text "dequantise"']),
        ("after.2", {"name": "c", "op": "argmax"}, []),
        (
            "after.0.op",
            "mse",
            [
                'p.json: after[0].op: "mse" is no operation here (accepted: argmax, dequantise, '
                "reconstruction_error, softmax, threshold)"
            ],
        ),
        ("after.0.metric", "rmse", ['p.json: after[0].metric: expected "mse" or "mae", found the text "rmse"']),
        ("after.0.per_feature", 1, ["p.json: after[0].per_feature: expected true or false, found the number 1"]),
        ("after.0.steps", 0, ["p.json: after[0].steps: expected a whole number, 1 or more, found the number 0"]),
        ("after.0.output", -1, ["p.json: after[0].output: expected a whole number, 0 or more, found the number -1"]),
        ("after.1.of", "f", ['p.json: after[1].of: "f" is no value defined before (accepted: e)']),
        ("after.1.of", "t", ['p.json: after[1].of: "t" is not defined before after[1] but at after[1]']),
        ("after.1.of", "e_n", []),
        ("after.1.above", None, ['p.json: after[1]: the key "above" is missing']),
        ("after.1.name", "e", ['p.json: after[1].name: "e" is already the name of after[0] (use another name)']),
        (
            "after.1.hidden",
            True,
            ['p.json: after[1]: "t" is hidden and nothing uses it (show it, or remove it)'],
        ),
        (
            "after.2",
            {"name": "c", "op": "argmax", "labels": ["x", "x"]},
            ['p.json: after[2].labels[1]: the text "x" occurs twice (first at [0])'],
        ),
        (
            "after.2",
            {"name": "c", "op": "argmax", "labels": []},
            ["p.json: after[2].labels: expected a list of at least 1, found an empty list"],
        ),
    ],
    ids=str,
)
def test_one_change(tmp_path: Path, path: str, value: object, expected: list[str]) -> None:
    pipeline = changed(path, value)
    if expected:
        assert problems(tmp_path, pipeline) == expected
    else:
        read(tmp_path, pipeline)


SPECTRAL = {
    "columns": ["a", "b"],
    "signals": [{"name": "d", "op": "difference", "of": "a"}],
    "window": {"length": 16},
    "window_features": [
        {"name": "f", "op": "fft_magnitude", "of": "d", "window_function": "hann"},
        {"name": "p", "op": "percentile", "of": "f", "q": 90, "parts": 4},
        {"name": "z", "op": "standardise", "of": "p", "mean": 0, "std": [1, 2, 3, 4, 5]},
        {"name": "both", "op": "slice", "of": ["a", "b"], "length": 32},
    ],
    "features": ["z", "both", "b"],
}
WINDOW_OPS = "energy, fft_magnitude, log, percentile, slice, standardise, std"


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        (("window", "length"), 12, [
            "window_features[0].of: 12 values; a transform takes a power of two of them (as 8 or 16)",
            "window_features[3].length: values 0 to 31 of 24, 0 to 23",
        ]),
        ((0, "of"), ["a", "b", "d"], [
            "window_features[0].of: 48 values; a transform takes a power of two of them (as 32 or 64)",
        ]),
        ((0, "window_function"), "hanning", [
            'window_features[0].window_function: expected "none" or "hann" or "hamming" or "blackman", '
            'found the text "hanning"',
        ]),
        ((0, "op"), "fft", [
            f'window_features[0].op: "fft" is no operation here (accepted: {WINDOW_OPS})',
        ]),
        ((0, "of"), 3, [
            "window_features[0].of: expected a name in quotes, or a list of names, found the number 3",
        ]),
        ((0, "of"), ["d", "d"], ['window_features[0].of[1]: the text "d" occurs twice (first at [0])']),
        ((0, "name"), "d", [
            'window_features[0].name: "d" is already the name of signals[0] (use another name)',
            'window_features[1].of: "f" is no column, signal or earlier window feature (accepted: a, b, d)',
        ]),
        ((0, "of"), "p", [
            'signals[0]: nothing uses "d" (name it in features or in a later signal or window feature, or remove it)',
            'window_features[0].of: "p" is only defined at window_features[1] '
            "(a window feature can use columns, signals and window features before it; move it up)",
        ]),
        ((1, "of"), ["f", "a"], [
            'window_features[1].of: "f" is a window feature; only columns and signals can take turns in a list',
        ]),
        ((1, "q"), 101, ["window_features[1].q: expected a number from 0 to 100, found the number 101"]),
        ((1, "q"), None, ['window_features[1]: the key "q" is missing']),
        ((1, "parts"), 10, ["window_features[1].parts: 10 parts of 9 values: some would be empty"]),
        ((1, "parts"), 3, ["window_features[2].std: 5 numbers for the 4 values of p"]),
        ((1, "whole"), False, ["window_features[2].std: 5 numbers for the 4 values of p"]),
        ((2, "mean"), [1, "x"], ['window_features[2].mean[1]: expected a finite number, found the text "x"']),
        ((2, "std"), [1, 2, 3, 4, 0], ["window_features[2].std[4]: expected a number above 0, found the number 0"]),
        ((3, "start"), 4, ["window_features[3].length: values 4 to 35 of 32, 0 to 31"]),
        ((4,), {"name": "e", "op": "energy", "of": "f", "whole": False}, [
            "window_features[4].whole: false, and without parts there is nothing else (give parts, or leave whole out)",
            'window_features[4]: nothing uses "e" (name it in features or in a later window feature, or remove it)',
        ]),
        (("features",), ["z", "bth"], [
            'window_features[3]: nothing uses "both" (name it in features or in a later window feature, or remove it)',
            'features[1]: "bth" is no column, signal or window feature (did you mean "both"? '
            "accepted: a, b, d, f, p, z, both)",
        ]),
        (("window_features",), {}, ["window_features: expected a list, found an object"]),
    ],
    ids=str,
)  # fmt: skip
def test_window_features(tmp_path: Path, place: tuple[object, ...], value: object, expected: list[str]) -> None:
    pipeline = deepcopy(SPECTRAL)
    read(tmp_path, pipeline)
    target = pipeline["window_features"] if isinstance(place[0], int) else pipeline
    for key in place[:-1]:
        target = target[key]
    if value is None:
        del target[place[-1]]
    elif target is pipeline["window_features"]:
        target.append(value)
    else:
        target[place[-1]] = value
    assert problems(tmp_path, pipeline) == [f"p.json: {problem}" for problem in expected]


def test_one_value_is_no_spectrum(tmp_path: Path) -> None:
    pipeline = {
        "columns": ["a"],
        "window_features": [{"name": "f", "op": "fft_magnitude", "of": "a"}],
        "features": ["f"],
    }
    assert problems(tmp_path, pipeline) == [
        "p.json: window_features[0].of: 1 values; a transform takes a power of two of them (as 2)"
    ]


def test_all_problems_at_once(tmp_path: Path) -> None:
    """In the order of the file, each once; what follows from another problem is left out."""
    pipeline = {
        "columns": ["a", "b"],
        "key": "c",
        "echo": ["a", "d"],
        "signals": [
            {"name": "x", "op": "log", "of": "q", "offset": "1"},
            {"name": "y", "op": "power", "of": "x", "by": 2},
            {"op": "clip", "of": "y", "min": 1, "max": None},
            "z",
        ],
        "features": ["y", "w"],
        "window": {"length": 0, "size": 3},
        "after": [{"name": "a", "op": "dequantise"}, {"name": "t", "op": "threshold", "of": "s", "over": 1}],
        "extra": 1,
    }
    assert problems(tmp_path, pipeline) == [
        f'p.json: the key "extra" is unknown ({TOP})',
        'p.json: key: "c" is no column (accepted: a, b)',
        'p.json: echo[1]: "d" is no column (accepted: a, b)',
        'p.json: signals[0].offset: expected a finite number, found the text "1"',
        'p.json: signals[0].of: "q" is no column or earlier signal (accepted: a, b)',
        f'p.json: signals[1].op: "power" is no operation here (accepted: {SIGNAL_OPS})',
        'p.json: signals[2]: the key "name" is missing',
        "p.json: signals[2].max: expected a finite number, found null",
        'p.json: signals[3]: expected an object, found the text "z"',
        'p.json: features[1]: "w" is no column or signal (accepted: a, b, x, y)',
        'p.json: window: the key "size" is unknown (accepted: length, stride)',
        "p.json: window.length: expected a whole number, 1 or more, found the number 0",
        'p.json: after[0].name: "a" is already in the result row, through echo',
        'p.json: after[1]: the key "over" is unknown (accepted: op, name, hidden, of, above)',
        'p.json: after[1]: the key "above" is missing',
        'p.json: after[1].of: "s" is no value defined before (accepted: a)',
    ]


def test_keys_given_twice(tmp_path: Path) -> None:
    text = """{"columns": ["a"], "columns": ["a"],
        "signals": [{"name": "s", "op": "log", "of": "a", "offset": 1, "offset": 2}], "features": ["s"]}"""
    assert problems(tmp_path, text) == [
        "p.json: columns: the key is given twice (keep one)",
        "p.json: signals[0].offset: the key is given twice (keep one)",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1, column 1"),
        ('{\n  "columns": ["a"]\n  "features": ["a"]\n}', "line 3, column 3"),
        ('{"columns": [a]}', "line 1, column 14"),
        ("// comment\n{}", "line 1, column 1"),
        ("{} {}", "line 1, column 4"),
    ],
)
def test_syntax_errors_have_line_and_column(tmp_path: Path, text: str, place: str) -> None:
    [problem] = problems(tmp_path, text)
    assert problem.startswith(f"p.json: {place}: not JSON: ")


def test_numbers_that_no_double_holds(tmp_path: Path) -> None:
    text = '{"columns": ["a"], "signals": [{"name": "s", "op": "scale", "of": "a", "by": 1e999}], "features": ["s"]}'
    assert problems(tmp_path, text) == ["p.json: signals[0].by: expected a finite number, found the number inf"]
    digits = "9" * 5000
    assert problems(tmp_path, text.replace("1e999", digits)) == [
        "p.json: signals[0].by: expected a finite number, found the number inf"
    ]


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"'])
def test_not_an_object(tmp_path: Path, text: str) -> None:
    [problem] = problems(tmp_path, text)
    assert problem.startswith("p.json: expected an object, found ")


def test_nested_too_deeply(tmp_path: Path) -> None:
    expected = "p.json: lists and objects are nested too deeply for a pipeline"
    assert problems(tmp_path, "[" * 200_000) == [expected]


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_bytes(b'{"columns": ["\xe9"]}')
    with pytest.raises(CompileError, match=r"p\.json: is not UTF-8 text \(byte 14 is 0xe9\)$"):
        read_pipeline(tmp_path / "p.json")


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(CompileError, match=r"p\.json: cannot be read \(No such file or directory\)$"):
        read_pipeline(tmp_path / "p.json")
    with pytest.raises(CompileError, match=r"cannot be read \(Is a directory\)$"):
        read_pipeline(tmp_path)


def test_all_hidden(tmp_path: Path) -> None:
    pipeline = changed("after", [{"name": "y", "op": "dequantise", "hidden": True}])
    assert problems(tmp_path, pipeline) == [
        'p.json: after[0]: "y" is hidden and nothing uses it (show it, or remove it)',
        "p.json: after: every step is hidden, so that a result row would be empty (show at least one)",
    ]


def test_long_text_is_cut(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, changed("signals.2.op", "x" * 1000))
    assert f'"{"x" * 57}..." is no operation here' in problem


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["a", "d", "log"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=4), inner),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_nothing_but_problems(data: st.DataObject) -> None:
    """Whatever stands in place of any part of a good file: it is read, or there is a CompileError, and nothing else."""
    pipeline = deepcopy(GOOD)
    spots = list(_spots(pipeline))
    for _ in range(data.draw(st.integers(1, 3))):
        parent, key = data.draw(st.sampled_from(spots))
        parent[key] = data.draw(ANY_JSON)
    with tempfile.TemporaryDirectory() as folder:
        try:
            read(Path(folder), pipeline)
        except CompileError as error:
            for problem in error.problems:
                str(problem).encode()


def _spots(value: object) -> Iterator[tuple[object, object]]:
    """Every place below a value that something else can be put into."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _spots(item)

"""Whether a pipeline fits a network: every reason why not, with its exact words, and what comes of one that does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.pipeline.harness import bound_pipeline, tensor
from tools.sni.errors import CompileError
from tools.sni.ir import DType, Quantisation, Tensor
from tools.sni.pipeline import BoundPipeline, describe
from tools.sni.pipeline.after import Value

BASE = {"columns": ["a", "b"], "features": ["a", "b"], "window": {"length": 4}}
INT8_8 = tensor("int8", 8)
THREE = tensor("int8", 3, name="y")


def problems(folder: Path, pipeline: Mapping[str, object], inputs: list[Tensor], outputs: list[Tensor]) -> list[str]:
    with pytest.raises(CompileError) as caught:
        bound_pipeline(folder, pipeline, inputs, outputs)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def bound(folder: Path, after: list[dict[str, object]], outputs: list[Tensor]) -> BoundPipeline:
    return bound_pipeline(folder, {**BASE, "after": after}, [INT8_8], outputs)


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([], "detector.json: a pipeline feeds networks of one input; this one has 0 (none)"),
        (
            [INT8_8, THREE],
            'detector.json: a pipeline feeds networks of one input; this one has 2 ("x" int8[1, 8], "y" int8[1, 3])',
        ),
        (
            [tensor("int8", 10)],
            "detector.json: features: 4 rows (window.length) x 2 features = 8 values, but the network's input "
            '"x" int8[1, 10] takes 10 (a window.length of 5 would fit)',
        ),
        (
            [tensor("int8", 9)],
            "detector.json: features: 4 rows (window.length) x 2 features = 8 values, but the network's input "
            '"x" int8[1, 9] takes 9',
        ),
        (
            [Tensor("x", DType.INT32, (1, 8), Quantisation((0.1,), (0,)))],
            'detector.json: features: the network\'s input "x" int32[1, 8] cannot be fed: int32 is not among float32, '
            "int8, uint8, int16",
        ),
        (
            [Tensor("x", DType.INT8, (1, 8))],
            'detector.json: features: the network\'s input "x" int8[1, 8] cannot be fed: its integers have no scale',
        ),
        (
            [Tensor("x", DType.INT8, (1, 8), Quantisation((0.1,) * 8, (0,) * 8, axis=1))],
            'detector.json: features: the network\'s input "x" int8[1, 8] cannot be fed: it has several scales, '
            "of which a pipeline can use only one",
        ),
    ],
)
def test_inputs(tmp_path: Path, inputs: list[Tensor], expected: str) -> None:
    assert problems(tmp_path, BASE, inputs, [THREE]) == [expected]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            [{"name": "c", "op": "argmax", "labels": ["k", "l"]}],
            ['after[0].labels: 2 labels for the 3 elements of "y" int8[1, 3]'],
        ),
        (
            [{"name": "c", "op": "softmax", "labels": ["k", "l", "m", "n"]}],
            ['after[0].labels: 4 labels for the 3 elements of "y" int8[1, 3]'],
        ),
        (
            [{"name": "e", "op": "reconstruction_error", "metric": "mae"}],
            [
                'after[0].output: "y" int8[1, 3] has 3 elements, but a reconstruction has as many as the input, '
                '"x" int8[1, 8]: 8'
            ],
        ),
        (
            [{"name": "e", "op": "reconstruction_error", "metric": "mae", "output": 1, "steps": 5}],
            ["after[0].steps: 5 is more than the 4 rows of the window"],
        ),
        (
            [{"name": "y", "op": "dequantise", "output": 3}],
            ["after[0].output: there is no output 3: the network has outputs 0 to 2"],
        ),
        (
            [{"name": "y", "op": "dequantise", "output": 2}],
            ['after[0].output: dequantise cannot read "z" int32[1, 3]: int32 is not among float32, int8, uint8, int16'],
        ),
        (
            [{"name": "y", "op": "dequantise"}, {"name": "t", "op": "threshold", "of": "y", "above": 0}],
            ['after[1].of: "y" is 3 values (name one of them: y_0, y_1, y_2)'],
        ),
        (
            [{"name": "y", "op": "dequantise"}, {"name": "t", "op": "threshold", "of": "y_3", "above": 0}],
            ['after[1].of: there is no value "y_3" before this step (accepted: y_0, y_1, y_2)'],
        ),
        (
            [{"name": "c", "op": "argmax"}, {"name": "t", "op": "threshold", "of": "c", "above": 0}],
            ['after[1].of: "c" is a label, not a real number'],
        ),
        (
            [
                {"name": "y", "op": "dequantise"},
                {"name": "t", "op": "threshold", "of": "y_0", "above": 0},
                {"name": "u", "op": "threshold", "of": "t", "above": 0},
            ],
            ['after[2].of: "t" is a flag, not a real number'],
        ),
        (
            [{"name": "y", "op": "dequantise"}, {"name": "y_1", "op": "argmax"}],
            ['after[1].name: gives a second value "y_1" (use another name)'],
        ),
        (
            # The threshold cannot be judged while the step that it reads is wrong; the others are.
            [
                {"name": "p", "op": "softmax", "labels": ["k"]},
                {"name": "t", "op": "threshold", "of": "p_k", "above": 0},
                {"name": "e", "op": "reconstruction_error", "metric": "mse", "output": 7, "steps": 9},
            ],
            [
                'after[0].labels: 1 labels for the 3 elements of "y" int8[1, 3]',
                "after[2].output: there is no output 7: the network has outputs 0 to 2",
                "after[2].steps: 9 is more than the 4 rows of the window",
            ],
        ),
    ],
)
def test_after(tmp_path: Path, after: list[dict[str, object]], expected: list[str]) -> None:
    outputs = [THREE, INT8_8, Tensor("z", DType.INT32, (1, 3), Quantisation((0.1,), (0,)))]
    assert problems(tmp_path, {**BASE, "after": after}, [INT8_8], outputs) == [f"detector.json: {p}" for p in expected]


def test_only_output(tmp_path: Path) -> None:
    after = [{"name": "y", "op": "dequantise", "output": 1}]
    assert problems(tmp_path, {**BASE, "after": after}, [INT8_8], [THREE]) == [
        "detector.json: after[0].output: there is no output 1: the network has only output 0"
    ]


def test_value_and_echo_of_one_name(tmp_path: Path) -> None:
    pipeline = {**BASE, "echo": ["a"], "columns": ["a", "b", "y_2"], "after": [{"name": "y", "op": "dequantise"}]}
    bound_pipeline(tmp_path, pipeline, [INT8_8], [THREE])
    assert problems(tmp_path, {**pipeline, "echo": ["y_2"]}, [INT8_8], [THREE]) == [
        'detector.json: after[0].name: gives a second value "y_2" (use another name)'
    ]


def test_both_ends_at_once(tmp_path: Path) -> None:
    pipeline = {**BASE, "after": [{"name": "c", "op": "argmax", "labels": ["k", "l"]}]}
    assert problems(tmp_path, pipeline, [Tensor("x", DType.INT64, (10,))], [THREE]) == [
        "detector.json: features: 4 rows (window.length) x 2 features = 8 values, but the network's input "
        '"x" int64[10] takes 10 (a window.length of 5 would fit)',
        'detector.json: features: the network\'s input "x" int64[10] cannot be fed: int64 is not among float32, int8, '
        "uint8, int16",
        'detector.json: after[0].labels: 2 labels for the 3 elements of "y" int8[1, 3]',
    ]


def test_results(tmp_path: Path) -> None:
    after = [
        {"name": "p", "op": "softmax", "labels": ["k", "l m", "n"], "hidden": True},
        {"name": "sure", "op": "threshold", "of": "p_l m", "above": 0.5},
        {"name": "class", "op": "argmax", "labels": ["k", "l m", "n"]},
        {"name": "index", "op": "argmax"},
        {"name": "y", "op": "dequantise"},
        {"name": "one", "op": "dequantise", "output": 1},
        {"name": "q", "op": "softmax", "output": 1, "labels": ["only"]},
    ]
    results = bound(tmp_path, after, [THREE, tensor("float32", 1)]).results
    assert results == (
        Value("sure", "flag"),
        Value("class", "label", ("k", "l m", "n")),
        Value("index", "label", ("0", "1", "2")),
        *(Value(f"y_{i}") for i in range(3)),
        Value("one"),
        Value("q_only"),
    )


def test_default_is_all_outputs(tmp_path: Path) -> None:
    assert [value.name for value in bound(tmp_path, [], [THREE]).results] == ["output_0", "output_1", "output_2"]
    names = [value.name for value in bound(tmp_path, [], [tensor("int8", 1), tensor("int16", 2)]).results]
    assert names == ["output_0", "output_1_0", "output_1_1"]


def test_argmax_needs_no_quantisation(tmp_path: Path) -> None:
    output = Tensor("z", DType.INT32, (1, 3))
    assert bound(tmp_path, [{"name": "c", "op": "argmax"}], [output]).results


SPECTRUM = {
    "columns": ["a"],
    "window": {"length": 8, "stride": 8},
    "window_features": [
        {"name": "f", "op": "fft_magnitude", "of": "a", "window_function": "hann"},
        {"name": "p", "op": "percentile", "of": "f", "q": 90, "parts": 2},
        {"name": "l", "op": "log", "of": "p", "offset": 0.5},
    ],
    "features": ["l", "a"],
}


def test_sizes_of_window_features(tmp_path: Path) -> None:
    assert problems(tmp_path, SPECTRUM, [INT8_8], [THREE]) == [
        'detector.json: features: 3 (l) + 8 (a) = 11 values, but the network\'s input "x" int8[1, 8] takes 8'
    ]
    pipeline = {**SPECTRUM, "features": ["l"]}
    assert problems(tmp_path, pipeline, [INT8_8], [THREE]) == [
        'detector.json: features: 3 (l) values, but the network\'s input "x" int8[1, 8] takes 8'
    ]


def test_description_of_window_features(tmp_path: Path) -> None:
    assert describe(bound_pipeline(tmp_path, SPECTRUM, [tensor("int8", 11)], [THREE])) == (
        "columns                 a\n"
        "window feature  f       magnitudes of the Fourier transform of 8 values times a Hann window\n"
        "window feature  p       percentile 90 of f, of all 5 values and of 2 parts\n"
        "window feature  l       log(p + 0.5)\n"
        "features                l (3), a (8)\n"
        "window                  8 rows; 11 int8, 11 bytes; inference after every 8 rows\n"
        "after           output  output 0 as real numbers (results 0 to 2)\n"
    )


def test_description(tmp_path: Path) -> None:
    pipeline = {
        "columns": ["id", "a", "b"],
        "key": "id",
        "echo": ["id", "a"],
        "signals": [
            {"name": "da", "op": "difference", "of": "a", "wrap": 360},
            {"name": "s", "op": "standardise", "of": "b", "mean": -1.5, "std": 2},
        ],
        "features": ["da", "s"],
        "window": {"length": 4, "stride": 2},
        "after": [
            {"name": "e", "op": "reconstruction_error", "metric": "mae", "per_feature": True, "steps": 2},
            {"name": "t", "op": "threshold", "of": "e_s", "above": 0.1},
            {"name": "h", "op": "reconstruction_error", "metric": "mse", "hidden": True},
            {"name": "u", "op": "threshold", "of": "h", "above": 0.1},
        ],
    }
    assert describe(bound_pipeline(tmp_path, pipeline, [INT8_8], [INT8_8])) == (
        "columns       id, a, b\n"
        "key           id\n"
        "echo          id, a\n"
        "signal    da  a - a of the row before, wrapped into [-180, 180)\n"
        "signal    s   (b + 1.5) / 2\n"
        "features      da, s\n"
        "window        4 x 2 = 8 int8, 8 bytes; inference first after 5 rows, then after every 2 rows\n"
        "after     e   mean absolute error of output 0 over the newest 2 of 4 rows, of each feature (results 0 to 1)\n"
        "after     t   e_s > 0.1 (result 2)\n"
        "after     h   mean squared error of output 0 over the window (hidden)\n"
        "after     u   h > 0.1 (result 3)\n"
    )

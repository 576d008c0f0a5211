"""Conversions of small Keras models, and the errors of the command."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite
from tflite_micro.python.tflite_micro import runtime

from tools.convert import keras_model
from tools.convert.convert import convert
from tools.convert.problem import ConvertError
from tools.convert.quiet import quiet

WORKSPACE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def keras() -> Any:
    warnings.simplefilter("ignore")
    with quiet():
        keras_model.import_tensorflow()
        import keras

    keras.utils.set_random_seed(7)
    return keras


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def classifier(keras: Any, folder: Path) -> tuple[Any, Path]:
    """A model with a Flatten: with an open batch size it would need shape arithmetic."""
    model = keras.Sequential(
        [
            keras.layers.Input((3, 4), name="window"),
            keras.layers.Flatten(),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(5, activation="softmax"),
        ]
    )
    path = folder / "classifier.keras"
    model.save(path)
    return model, path


@pytest.fixture(scope="module")
def samples(folder: Path) -> Path:
    path = folder / "samples.npz"
    np.savez(path, window=rows(200))
    return path


def rows(count: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=(count, 3, 4)).astype(np.float32)


def invoke(model: bytes, *inputs: np.ndarray) -> list[np.ndarray]:
    """Outputs of TensorFlow Lite Micro for one sample, quantised and dequantised where the model asks for it."""
    interpreter = runtime.Interpreter.from_bytes(model)
    for index, value in enumerate(inputs):
        details = interpreter.get_input_details(index)
        if details["dtype"] == np.int8:
            scale, zero_point = (details["quantization_parameters"][key][0] for key in ("scales", "zero_points"))
            value = np.clip(np.round(value / scale) + zero_point, -128, 127).astype(np.int8)
        interpreter.set_input(value, index)
    interpreter.invoke()
    outputs = []
    for index in range(tflite.Model.GetRootAs(model).Subgraphs(0).OutputsLength()):
        details, value = interpreter.get_output_details(index), interpreter.get_output(index)
        if details["dtype"] == np.int8:
            scale, zero_point = (details["quantization_parameters"][key][0] for key in ("scales", "zero_points"))
            value = (value.astype(np.float32) - zero_point) * scale
        outputs.append(value)
    return outputs


def operators(model: bytes) -> list[int]:
    parsed = tflite.Model.GetRootAs(model)
    graph = parsed.Subgraphs(0)
    return [
        parsed.OperatorCodes(graph.Operators(index).OpcodeIndex()).BuiltinCode()
        for index in range(graph.OperatorsLength())
    ]


def test_basic_computes_what_keras_computes(classifier: tuple[Any, Path]) -> None:
    model, path = classifier
    converted = convert(path, "basic")
    for row in rows(10):
        expected = model(row[None]).numpy()
        np.testing.assert_allclose(invoke(converted, row[None])[0], expected, rtol=1e-5, atol=1e-7)


def test_shapes_are_fixed(classifier: tuple[Any, Path]) -> None:
    converted = convert(classifier[1], "basic")
    graph = tflite.Model.GetRootAs(converted).Subgraphs(0)
    tensors = [graph.Tensors(index) for index in range(graph.TensorsLength())]
    assert all(tensor.ShapeSignatureLength() == 0 for tensor in tensors)
    assert graph.Tensors(graph.Inputs(0)).Name() == b"window"
    assert tflite.BuiltinOperator.SHAPE not in operators(converted)


def test_int8_only_is_int8_throughout(classifier: tuple[Any, Path], samples: Path) -> None:
    model, path = classifier
    converted = convert(path, "int8_only", samples)
    graph = tflite.Model.GetRootAs(converted).Subgraphs(0)
    types = {graph.Tensors(index).Type() for index in range(graph.TensorsLength())}
    assert types <= {tflite.TensorType.INT8, tflite.TensorType.INT32}
    for index in [*graph.InputsAsNumpy(), *graph.OutputsAsNumpy()]:
        assert graph.Tensors(index).Type() == tflite.TensorType.INT8
    errors = [np.abs(invoke(converted, row[None])[0] - model(row[None]).numpy()).max() for row in rows(50)]
    assert max(errors) < 0.05


def test_inputs_and_outputs_keep_their_order(keras: Any, folder: Path) -> None:
    first, second = keras.layers.Input((3,), name="zeta"), keras.layers.Input((5,), name="alpha")
    joined = keras.layers.Concatenate()([first, second])
    outputs = [keras.layers.Dense(2, name="wide")(joined), keras.layers.Dense(7, name="broad")(joined)]
    path = folder / "two.keras"
    keras.Model([first, second], outputs).save(path)
    data = folder / "two.npz"
    np.savez(data, alpha=np.ones((20, 5)), zeta=np.linspace(-1, 1, 60).reshape(20, 3))
    for variant in ("basic", "int8_only"):
        graph = tflite.Model.GetRootAs(convert(path, variant, data)).Subgraphs(0)
        tensors = [graph.Tensors(index) for index in [*graph.InputsAsNumpy(), *graph.OutputsAsNumpy()]]
        assert [list(tensor.ShapeAsNumpy()) for tensor in tensors] == [[1, 3], [1, 5], [1, 2], [1, 7]]
        assert [tensor.Name() for tensor in tensors[:2]] == [b"zeta", b"alpha"]


# Errors of models; the data's are in test_representative.py.


def problems(path: Path, variant: str = "basic", data: Path | None = None) -> list[str]:
    with pytest.raises(ConvertError) as caught:
        convert(path, variant, data)
    return [str(problem) for problem in caught.value.problems]


def test_missing_representative_data(classifier: tuple[Any, Path]) -> None:
    (found,) = problems(classifier[1], "int8_only")
    assert found.startswith(
        f'{classifier[1]}: the variant "int8_only" needs representative data to measure ranges on (an .npz'
    )


def test_data_of_the_wrong_shape(classifier: tuple[Any, Path], folder: Path) -> None:
    data = folder / "wrong.npz"
    np.savez(data, window=np.zeros((10, 12)))
    assert problems(classifier[1], "int8_only", data) == [
        f'{data}: input "window": expected shape (samples, 3, 4), found (10, 12)'
    ]


@pytest.mark.parametrize("content", [b"", b"not a zip archive", b"PK\x03\x04"])
def test_a_file_that_is_no_model(keras: Any, folder: Path, content: bytes) -> None:
    path = folder / "broken.keras"
    path.write_bytes(content)
    (found,) = problems(path)
    assert found.startswith(f"{path}: Keras cannot load it (")
    assert "\n" not in found


def test_a_missing_file(keras: Any, folder: Path) -> None:
    assert problems(folder / "none.keras") == [f"{folder / 'none.keras'}: no such file"]


def test_another_format(keras: Any, folder: Path) -> None:
    path = folder / "model.onnx"
    path.write_bytes(b"")
    (found,) = problems(path)
    assert found.startswith(f'{path}: the extension ".onnx" is not known (give a file saved by Keras with model.save(')
    (found,) = problems(folder)
    assert found.startswith(f"{folder}: a folder without saved_model.pb (give a file saved by Keras")


def test_open_axes_are_all_named(keras: Any, folder: Path) -> None:
    first, second = keras.layers.Input((None, 3), name="sound"), keras.layers.Input((4, None), name="text")
    outputs = [keras.layers.GlobalAveragePooling1D()(first), keras.layers.ReLU()(second)]
    path = folder / "open.keras"
    keras.Model([first, second], outputs).save(path)
    found = problems(path)
    assert [problem.split(" (static")[0] for problem in found] == [
        f'{path}: input "sound": shape (None, None, 3) has an open axis beside the batch',
        f'{path}: input "text": shape (None, 4, None) has an open axis beside the batch',
    ]


def test_a_lambda_layer_is_refused(keras: Any, folder: Path) -> None:
    path = folder / "lambda.keras"
    keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda x: x * 2)]).save(path)
    (found,) = problems(path)
    assert "without Lambda" in found
    assert "\n" not in found


def test_an_operator_without_int8_kernel(keras: Any, folder: Path) -> None:
    inputs = keras.layers.Input((4,), name="x")
    path = folder / "erf.keras"
    keras.Model(inputs, keras.ops.erfinv(inputs)).save(path)
    data = folder / "erf.npz"
    np.savez(data, x=np.linspace(-0.9, 0.9, 40).reshape(10, 4))
    (found,) = problems(path, "int8_only", data)
    assert found.startswith(f'{path}: TensorFlow cannot convert it to "int8_only" (')
    assert "\n" not in found


# The command.


def command(*arguments: str | Path, cwd: Path = WORKSPACE, **environment: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(WORKSPACE), *sys.path])} | environment
    line = [sys.executable, "-m", "tools.convert", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=cwd, env=env)


def test_same_bytes_from_every_process_and_no_word_said(
    classifier: tuple[Any, Path], samples: Path, tmp_path: Path
) -> None:
    outputs = []
    for seed, zone, cwd in (("1", "UTC", WORKSPACE), ("2", "Asia/Tokyo", tmp_path)):
        out = tmp_path / f"{seed}.tflite"
        flags = ["--variant", "int8_only", "--representative_data", samples, "--out", out]
        done = command(classifier[1], *flags, cwd=cwd, PYTHONHASHSEED=seed, TZ=zone, HOME=str(tmp_path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        outputs.append(out.read_bytes())
    assert outputs[0] == outputs[1]
    assert outputs[0] == convert(classifier[1], "int8_only", samples)


def test_errors_are_printed_without_traceback_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "x.tflite"
    done = command(tmp_path / "none.keras", "--variant", "int8_only", "--out", out)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--out", "x"], "error: one model expected, found 0"),
        (["a.keras", "b.keras", "--out", "x"], "error: one model expected, found 2: a.keras b.keras"),
        (["a.keras"], "error: --out: no file given"),
        (["a.keras", "--variant", "basic", "--variant", "int8", "--out", "x"], "--out: 1 files for 2 variants"),
        (["a.keras", "--out", "x", "--generated_data", "normal", "--representative_data", "y"], "give one of the two"),
        (["a.keras", "--colour", "red"], "Unknown command line flag 'colour'"),
    ],
)
def test_usage_errors(arguments: list[str], text: str) -> None:
    done = command(*arguments)
    assert done.returncode == 2
    assert text in done.stderr
    assert "usage: convert MODEL --variant V" in done.stderr
    assert "Traceback" not in done.stderr

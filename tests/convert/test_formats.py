"""Models in all formats become all variants; what the report says agrees with LiteRT running the same files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter

from tools.convert import keras_model
from tools.convert.__main__ import app  # noqa: F401  (the command can be imported without TensorFlow)
from tools.convert.convert import Conversion, Data, convert, convert_all
from tools.convert.problem import ConvertError
from tools.convert.quiet import quiet
from tools.convert.report import to_json, to_markdown

ALL = ["basic", "dynamic", "float16", "int8", "int8_only", "16x8", "16x8_only"]
TYPES = {"basic": "FLOAT32", "dynamic": "FLOAT32", "float16": "FLOAT32", "int8": "FLOAT32", "int8_only": "INT8"}
TYPES |= {"16x8": "FLOAT32", "16x8_only": "INT16"}
WEIGHTS = {"basic": "FLOAT32", "float16": "FLOAT16"}


@pytest.fixture(scope="module")
def keras() -> Any:
    with quiet():
        keras_model.import_tensorflow()
        import keras

    keras.utils.set_random_seed(5)
    return keras


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((8, 8, 2), name="image"),
            layers.Conv2D(12, 3, activation="relu"),
            layers.DepthwiseConv2D(3),
            layers.Conv2D(8, 1, activation="relu"),
            layers.Flatten(),
            layers.Dense(40, activation="relu"),
            layers.Dense(5, activation="softmax"),
        ]
    )


@pytest.fixture(scope="module")
def path(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "model.keras"
    model.save(path)
    return path


@pytest.fixture(scope="module")
def data(path: Path) -> Data:
    files = []
    for name, seed in (("calibration", 1), ("held_out", 2)):
        files.append(path.parent / f"{name}.npz")
        np.savez(files[-1], image=np.random.default_rng(seed).normal(size=(60, 8, 8, 2)))
    return Data(representative=files[0], evaluation=files[1])


@pytest.fixture(scope="module")
def conversion(path: Path, data: Data) -> Conversion:
    return convert_all(path, [*ALL, "p_50", "p_2:4+int8_only", "c_16", "p_50_channel+int8_only"], data)


def by_litert(model: bytes, rows: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=model)
    interpreter.allocate_tensors()
    (entry,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    made = []
    for row in rows:
        scale, zero_point = entry["quantization"]
        value = row[None]
        if scale:
            limits = np.iinfo(entry["dtype"])
            value = np.clip(np.round(value / scale) + zero_point, limits.min, limits.max)
        interpreter.set_tensor(entry["index"], value.astype(entry["dtype"]))
        interpreter.invoke()
        scale, zero_point = out["quantization"]
        result = interpreter.get_tensor(out["index"])[0].astype(np.float64)
        made.append((result - zero_point) * scale if scale else result)
    return np.array(made)


def test_the_report_is_what_litert_computes(conversion: Conversion, model: Any, data: Data) -> None:
    rows = np.load(data.evaluation)["image"].astype(np.float32)
    wanted = model(rows).numpy()
    assert conversion.inputs == "60 inputs: the evaluation data"
    for evaluation in conversion.evaluations:
        difference = np.abs(by_litert(conversion.models[evaluation.variant], rows) - wanted)
        # LiteRT runs XNNPACK, whose float sums and roundings are not those of the converter's interpreter.
        assert evaluation.largest == pytest.approx(difference.max(), abs=5e-3), evaluation.variant
        assert evaluation.mean == pytest.approx(difference.mean(), abs=5e-4), evaluation.variant
        assert evaluation.bytes == len(conversion.models[evaluation.variant])
    by_name = {evaluation.variant: evaluation for evaluation in conversion.evaluations}
    assert by_name["basic"].largest < 1e-6
    assert by_name["basic"].top_1 == 1
    assert by_name["float16"].largest < 1e-3
    assert by_name["16x8"].largest < by_name["int8"].largest < by_name["p_2:4+int8_only"].largest


@pytest.mark.parametrize("variant", ALL)
def test_types(conversion: Conversion, variant: str) -> None:
    graph = tflite.Model.GetRootAs(conversion.models[variant]).Subgraphs(0)
    for index in [*graph.InputsAsNumpy(), *graph.OutputsAsNumpy()]:
        assert graph.Tensors(index).Type() == getattr(tflite.TensorType, TYPES[variant])
    # The converter leaves weights of fewer than 1024 elements as they are in dynamic-range networks.
    tensors = [graph.Tensors(i) for i in range(graph.TensorsLength())]
    held = {tensor.Type() for tensor in tensors if tensor.ShapeLength() == 2 and tensor.Shape(0) == 40}
    assert getattr(tflite.TensorType, WEIGHTS.get(variant, "INT8")) in held


def largest_weights(model: bytes) -> np.ndarray:
    """[outputs, inputs] of the dense layer of 40."""
    parsed = tflite.Model.GetRootAs(model)
    graph = parsed.Subgraphs(0)
    tensors = [graph.Tensors(index) for index in range(graph.TensorsLength())]
    (tensor,) = [t for t in tensors if t.ShapeLength() == 2 and t.Shape(0) == 40]
    dtype = np.float32 if tensor.Type() == tflite.TensorType.FLOAT32 else np.int8
    return parsed.Buffers(tensor.Buffer()).DataAsNumpy().view(dtype).reshape(40, -1)


def test_weights_are_pruned_and_clustered(conversion: Conversion) -> None:
    zeros = {evaluation.variant: evaluation.zeros for evaluation in conversion.evaluations}
    assert zeros["basic"] == 0
    assert zeros["p_50"] == pytest.approx(0.5, abs=0.001)
    assert zeros["p_2:4+int8_only"] == pytest.approx(0.5, abs=0.02)
    blocks = largest_weights(conversion.models["p_2:4+int8_only"]).reshape(40, -1, 4)
    assert ((blocks != 0).sum(axis=2) <= 2).all()
    assert len(np.unique(largest_weights(conversion.models["c_16"]))) == 16
    rows = largest_weights(conversion.models["p_50_channel+int8_only"])
    assert (~rows.any(axis=1)).sum() == 20
    # Each variant begins with the weights as they were trained.
    assert np.count_nonzero(largest_weights(conversion.models["c_16"])) == rows.size


def test_reports(conversion: Conversion) -> None:
    read = json.loads(to_json(conversion))
    assert [v["variant"] for v in read["variants"]] == list(conversion.models)
    assert read["variants"][0]["outputs"][0]["top_1"] == 1
    lines = to_markdown(conversion).splitlines()
    assert lines[0] == "Differences from the float network on 60 inputs: the evaluation data."
    assert lines[4].startswith("| basic | ")
    assert len(lines) == 4 + len(conversion.models)


def test_h5_gives_what_keras_gives(model: Any, path: Path, data: Data) -> None:
    old = path.with_suffix(".h5")
    with quiet():
        model.save(old)
    rows = np.load(data.evaluation)["image"].astype(np.float32)
    made = by_litert(convert(old, "basic"), rows)
    np.testing.assert_allclose(made, model(rows).numpy(), atol=1e-5)


def test_a_saved_model(model: Any, path: Path, data: Data) -> None:
    folder = path.parent / "saved"
    with quiet():
        model.export(folder, verbose=False)
    made = convert_all(folder, ["basic", "p_50+int8_only"], data)
    assert [round(evaluation.zeros, 2) for evaluation in made.evaluations] == [0, 0.5]
    rows = np.load(data.evaluation)["image"].astype(np.float32)
    np.testing.assert_allclose(by_litert(made.models["basic"], rows), model(rows).numpy(), atol=1e-5)


def test_ranges_learnt_in_training_are_taken(keras: Any, path: Path) -> None:
    import tensorflow as tf

    class Aware(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3), name="kernel")

        @tf.function(input_signature=[tf.TensorSpec([1, 4], tf.float32, name="x")])
        def serve(self, x: Any) -> Any:
            x = tf.quantization.fake_quant_with_min_max_args(x, -2, 2)
            weights = tf.quantization.fake_quant_with_min_max_args(self.kernel, -1, 1, narrow_range=True)
            y = tf.matmul(x, weights)
            return tf.quantization.fake_quant_with_min_max_args(y, -3, 3)

    folder = path.parent / "aware"
    with quiet():
        module = Aware()
        tf.saved_model.save(module, str(folder), signatures=module.serve)
    graph = tflite.Model.GetRootAs(convert(folder, "int8_only")).Subgraphs(0)
    scales = [graph.Tensors(i).Quantization().Scale(0) for i in (graph.Inputs(0), graph.Outputs(0))]
    np.testing.assert_allclose(scales, [4 / 255, 6 / 255], rtol=1e-3)


def test_generated_data_in_the_place_of_a_file(path: Path) -> None:
    made = convert_all(path, ["int8_only"], Data(generator="normal(0, 1)"))
    assert made.inputs == "100 inputs: generated ones, normal(0, 1)"
    assert made.evaluations[0].largest < 0.05


def test_all_wrong_variants_are_told_at_once(path: Path) -> None:
    with pytest.raises(ConvertError) as caught:
        convert_all(path, ["int7", "basic", "p_0"], Data())
    found = [str(problem) for problem in caught.value.problems]
    assert found[0].startswith(f'{path}: variant "int7": "int7" is not known')
    assert found[1].startswith(f'{path}: variant "p_0": 0 percent')


def test_a_model_without_weights_cannot_be_pruned(keras: Any, path: Path) -> None:
    bare = path.parent / "bare.keras"
    keras.Sequential([keras.layers.Input((3,)), keras.layers.ReLU()]).save(bare)
    with pytest.raises(ConvertError, match=r'"p_50": nothing to prune or cluster was found'):
        convert(bare, "p_50")

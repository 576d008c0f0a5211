"""The zoo's networks have the parameters that are published for them; weights are sensible, and the same every time."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tools.convert.convert import convert
from tools.convert.keras_model import import_tensorflow
from tools.convert.quiet import quiet
from tools.testing.shared import shared_path
from tools.zoo.__main__ import make
from tools.zoo.config import Config, ZooError, read_config
from tools.zoo.samples import ais_tracks, digits, sine, vibration
from tools.zoo.weights import held_out_of, inputs_of

CONFIGS = Path("tools/zoo/configs")

PARAMETERS = {
    "fc_0": 2,
    "fc_1": 16,
    "fc_2": 141,
    "fc_3": 1042,
    "fc_4": 2330,
    "fc_5": 3521,
    "fc_6": 9281,
    "fc_7": 11034,
    "fc_8": 34945,
    "fc_9": 49750,
    "fc_10": 199450,
    "cnn_1": 792,
    "cnn_2": 2224,
    "cnn_3": 6666,
    "cnn_4": 12114,
    "cnn_5": 21178,
    "cnn_6": 47212,
    "cnn_7": 171354,
    "cavitation_cnn_1": 1089,
    "cavitation_cnn_2": 3409,
    "cavitation_cnn_3": 8561,
    "cavitation_cnn_4": 11409,
}
"""Without normalisation, as EdgeMark gives them (its results, and the architectures in its repository)."""

MLPERF = {"mlperf_ad": 269_992, "mlperf_kws": 24_908, "mlperf_ic": 78_666, "mlperf_vww": 221_794}
"""With normalisation, as MLPerf Tiny's reference models have them."""


@pytest.fixture(scope="module")
def keras() -> Any:
    with quiet():
        import_tensorflow()
        import keras

    return keras


def built(name: str, keras: Any) -> Any:
    from tools.zoo.architectures import build

    with quiet():
        return build(read_config(CONFIGS / f"{name}.yaml"), keras)


def parameters(model: Any) -> int:
    return sum(layer.count_params() for layer in model.layers if not hasattr(layer, "gamma"))


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_edgemarks(name: str, keras: Any) -> None:
    assert parameters(built(name, keras)) == PARAMETERS[name]


def test_the_table_is_the_published_one() -> None:
    path = shared_path("facts/edgemark_models.csv")
    with path.open(newline="") as file:
        rows = {row["model"].lower().replace("cnn_0", "cnn_"): row for row in csv.DictReader(file)}
    for name, count in PARAMETERS.items():
        assert int(rows[name]["params_edgemark"]) == count


@pytest.mark.parametrize("name", MLPERF)
def test_mlperf_tinys_architectures(name: str, keras: Any) -> None:
    assert built(name, keras).count_params() == MLPERF[name]


def test_all_descriptions_can_be_read() -> None:
    paths = sorted(CONFIGS.glob("*.yaml"))
    assert len(paths) > 35
    for path in paths:
        assert read_config(path).model_type


@pytest.mark.parametrize("name", ["lstm", "simple_shakespeare_1"])
def test_recurrent_networks(name: str, keras: Any) -> None:
    model = built(name, keras)
    assert model.output_shape == (1, 100, 65 if "shakespeare" in name else 32)


def made(name: str, folder: Path) -> tuple[Path, Path]:
    model, data = folder / f"{name}.keras", folder / f"{name}.npz"
    make(read_config(CONFIGS / f"{name}.yaml"), model, data)
    return model, data


@pytest.mark.parametrize("name", ["cnn_1", "fc_8"])
def test_random_weights_have_sensible_statistics(name: str, keras: Any, tmp_path: Path) -> None:
    path, data = made(name, tmp_path)
    model, inputs = keras.saving.load_model(path), np.load(data)["inputs"]
    outputs = model.predict(inputs, verbose=0)
    assert np.isfinite(outputs).all()
    assert outputs.std() > 1e-3
    for layer in model.layers:
        if hasattr(layer, "bias") and layer.bias is not None:
            assert np.abs(layer.bias.numpy()).max() > 0
        if hasattr(layer, "gamma"):
            assert layer.moving_variance.numpy().std() > 0
    assert len(convert(path, "int8_only", data)) > 1000


@pytest.mark.parametrize("name", ["digits", "cnn_1", "simple_shakespeare_1"])
def test_inputs_that_are_held_out(name: str) -> None:
    config = read_config(CONFIGS / f"{name}.yaml")
    typical, held_out = inputs_of(config), held_out_of(config)
    assert typical.shape[1:] == held_out.shape[1:]
    assert typical.dtype == held_out.dtype
    assert len(held_out) == 100
    assert not (typical[:, None] == held_out).reshape(len(typical), 100, -1).all(axis=2).any()


def test_training_learns(keras: Any, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("digits.keras", "data.npz", "held_out.npz")]
    config = read_config(CONFIGS / "digits.yaml")
    make(config, *paths)
    held_out = np.load(paths[2])["inputs"]
    inputs, wanted = digits(config.random_seed)
    np.testing.assert_array_equal(held_out, inputs[-100:])
    found = keras.saving.load_model(paths[0]).predict(held_out, verbose=0)
    assert (found.argmax(axis=1) == wanted[-100:].argmax(axis=1)).mean() > 0.9


def test_the_same_description_gives_the_same_weights(keras: Any, tmp_path: Path) -> None:
    weights = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        path, _ = made("sine", tmp_path / str(number))
        weights.append([w.copy() for w in keras.saving.load_model(path).get_weights()])
    for first, second in zip(*weights, strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("make_set", "shape", "classes"),
    [(sine, (1,), 0), (vibration, (128, 1, 1), 4), (ais_tracks, (64,), 0), (digits, (8, 8, 1), 10)],
)
def test_data_sets(make_set: Any, shape: tuple[int, ...], classes: int) -> None:
    inputs, wanted = make_set(1)
    assert inputs.shape[1:] == shape
    assert inputs.dtype == wanted.dtype == np.float32
    assert np.isfinite(inputs).all()
    np.testing.assert_array_equal(inputs, make_set(1)[0])
    assert (inputs[:50] != make_set(2)[0][:50]).any()
    if classes:
        assert wanted.shape == (len(inputs), classes)
        assert (wanted.sum(axis=0) > len(inputs) / classes / 2).all()


WRONG = """\
model_type: CNM
convs_params: [[8, 3]]
denses: [3]
activation: relu7
epochs: -1
dataset:
  name: minst
"""


def test_all_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(WRONG)
    with pytest.raises(ZooError) as caught:
        read_config(path)
    found = [str(problem) for problem in caught.value.problems]
    assert found[0].startswith(f'{path}: line 1: model_type = "CNM": one of CNN, RNN, TinyMLPerf_AE')
    assert found[1].startswith(f"{path}: line 2: convs_params = [[8, 3]]: a list of [outputs, window, stride]")
    assert found[2].startswith(f'{path}: line 3: "denses" is not known; keys are model_type, convs_params')
    assert found[3].startswith(f'{path}: line 4: activation = "relu7": one of relu, relu6')
    assert found[4] == f"{path}: line 5: epochs = -1: a whole number from 0 to 1000 is needed"
    assert found[5].startswith(f'{path}: line 7: dataset "minst" is not known; data sets are ais_tracks, boston')
    assert len(found) == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "keys and values are needed"),
        ("a: [1", "line 1: not YAML: "),
        ("model_type: CNN\ndataset: mnist\n", 'line 2: dataset = "mnist": a name is needed'),
        (
            "model_type: CNN\ndenses_params: []\ndataset: {name: mnist}\n",
            "without convolutions takes inputs of 1 dimension",
        ),
        ("model_type: RNN\ndataset: {name: boston}\n", "takes sequences; the data set has [13]"),
        (
            "model_type: CNN\nconvs_params: [[a, 3, 1]]\n",
            "convs_params = [['a', 3, 1]]: a list of [outputs, window, stride]",
        ),
        ("model_type: CNN\nmodel_type: RNN\n", 'line 2: "model_type" is there already, on line 1'),
    ],
)
def test_other_mistakes(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ZooError) as caught:
        read_config(path)
    assert said in str(caught.value)


KEYS = st.sampled_from(
    [*(field.name for field in fields(Config)), "name", "args", "flat_features", "feature_shape", "other"]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("descriptions")


@given(
    st.dictionaries(KEYS, VALUES, max_size=6),
    st.sampled_from(["mnist", "randomset_regression", "randomset_seq"]),
    VALUES,
)
def test_any_file_is_a_description_or_has_mistakes(
    folder: Path, changes: dict[str, object], name: str, args: object
) -> None:
    path = folder / "any.yaml"
    path.write_text(yaml.safe_dump({"model_type": "CNN", "dataset": {"name": name, "args": args}, **changes}))
    with contextlib.suppress(ZooError):
        assert read_config(path).dataset


@pytest.mark.parametrize("size", ["[.inf]", "5", "[x]"])
def test_arguments_of_data_sets(tmp_path: Path, size: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(f"model_type: CNN\ndataset: {{name: randomset_regression, args: {{feature_shape: {size}}}}}\n")
    with pytest.raises(ZooError, match="line 2: arguments of randomset_regression: "):
        read_config(path)


def test_the_command_says_it_without_a_traceback(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "tools.zoo", "absent.yaml", "--model", "m.keras", "--data", "d.npz"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "error: absent.yaml: cannot be read (No such file or directory)\n"

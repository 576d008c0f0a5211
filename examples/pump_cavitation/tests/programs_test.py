"""The compiled models against NumPy and TensorFlow Lite Micro, from samples to answers, on two processors."""

import json
import os

import numpy as np
import pytest
from tflite_micro.python.tflite_micro import runtime

from examples.pump_cavitation import dataset, program
from tests.pipeline import oracle, window_oracle

MODELS = program.FOLDER / "models"


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    """One of a sound pump, one of one about to cavitate, one of one that does."""
    some = dataset.shown(1, 5)
    return np.concatenate([some[i].windows for i in (0, 4, 6)])


def interpreted(name: str, windows: np.ndarray) -> np.ndarray:
    """The first result of each window: features by the oracle of the pipeline's tests, network by the interpreter."""
    pipeline = json.loads((MODELS / f"{name.partition('_')[0]}.json").read_text())
    interpreter = runtime.Interpreter.from_bytes((MODELS / f"{name}.tflite").read_bytes())
    (source, target) = interpreter.get_input_details(0), interpreter.get_output_details(0)
    into, out_of = _scaling(source), _scaling(target)
    given = window_oracle.inputs({**pipeline, "columns": ["acceleration"]}, windows.reshape(-1, 1), into)
    results = []
    for shown in given:
        if shown is not None:
            interpreter.set_input(shown.reshape(source["shape"]), 0)
            interpreter.invoke()
            results.append(out_of.real(interpreter.get_output(0).ravel())[0])
    return np.array(results, np.float32)


def _scaling(details: dict) -> oracle.Scaling:
    if details["dtype"] == np.float32:
        return oracle.Scaling("float32")
    parameters = details["quantization_parameters"]
    dtype = np.dtype(details["dtype"]).name
    return oracle.Scaling(dtype, float(parameters["scales"][0]), int(parameters["zero_points"][0]))


@pytest.mark.parametrize("platform", ["x86_64", "cortex_m4"])
def test_the_regressor_gives_the_integers_of_the_interpreter(windows: np.ndarray, platform: str) -> None:
    sigma, sound = program.run(os.environ[f"CNN_INT8_{platform.upper()}"], windows).T
    np.testing.assert_array_equal(sigma, interpreted("cnn_int8", windows))
    np.testing.assert_array_equal(sound, sigma > 0.5)


@pytest.mark.parametrize("platform", ["x86_64", "cortex_m4"])
def test_the_margin_is_that_of_the_interpreter(windows: np.ndarray, platform: str) -> None:
    margin, cavitating = program.run(os.environ[f"SVM_{platform.upper()}"], windows).T
    np.testing.assert_allclose(margin, interpreted("svm", windows), rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(cavitating, margin > 0)


def test_the_answers_are_right(windows: np.ndarray) -> None:
    margin, cavitating = program.run(os.environ["SVM_X86_64"], windows).T
    assert cavitating[0] == 0
    assert cavitating[2] == 1
    assert margin[0] < margin[1] < margin[2]
    sigma, sound = program.run(os.environ["CNN_INT8_X86_64"], windows).T
    assert sound[0] == 1
    assert sound[2] == 0
    assert sigma[0] > sigma[1] > sigma[2]


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(program.ProgramError, match="/no/such/program: No such file"):
        program.run("/no/such/program", np.zeros((1, 4096), np.float32))

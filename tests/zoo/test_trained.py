"""What reports say of the variants of trained networks is what LiteRT and our C compute, from the same .tflite."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tflite

from tests.support.litert import Reference
from tests.support.native import Native
from tools.zoo.trained.errors import CLASSIFIERS, MODELS, report, table

FOLDER = Path("tools/zoo/trained")
VARIANTS = tuple(report(MODELS[0]))

Run = Callable[[np.ndarray], list[np.ndarray]]


def model_file(model: str, variant: str) -> bytes:
    return (FOLDER / f"{model}_variants_{variant.replace('+', '_').replace(':', '_of_')}.tflite").read_bytes()


def held_out(model: str) -> np.ndarray:
    return np.load(FOLDER / f"{model}_held_out.npz")["inputs"]


def ends(data: bytes) -> list[tuple[np.dtype, float, int]]:
    """Type, scale, 0 for none, and zero point of input and output."""
    graph = tflite.Model.GetRootAs(data).Subgraphs(0)
    types = {tflite.TensorType.FLOAT32: np.float32, tflite.TensorType.INT8: np.int8, tflite.TensorType.INT16: np.int16}
    found = []
    for index in (graph.Inputs(0), graph.Outputs(0)):
        tensor = graph.Tensors(index)
        q = tensor.Quantization()
        scale, zero_point = (q.Scale(0), q.ZeroPoint(0)) if q and q.ScaleLength() else (0.0, 0)
        found.append((np.dtype(types[tensor.Type()]), scale, zero_point))
    return found


def outputs(data: bytes, run: Run, rows: np.ndarray) -> np.ndarray:
    """[samples, outputs], as real numbers."""
    (entry, scale, zero_point), (_, out_scale, out_zero_point) = ends(data)
    values = rows
    if scale:
        limits = np.iinfo(entry)
        values = np.clip(np.round(rows / scale) + zero_point, limits.min, limits.max)
    found = np.array([run(row[None].astype(entry))[0].reshape(-1) for row in values], np.float64)
    return (found - out_zero_point) * out_scale if out_scale else found


@pytest.fixture(scope="module", params=MODELS)
def network(request: Any) -> tuple[str, np.ndarray, np.ndarray]:
    """Name, inputs that were held out, and what the float network makes of them."""
    model = request.param
    rows, data = held_out(model), model_file(model, "basic")
    return model, rows, outputs(data, Reference(data).run, rows)


@pytest.mark.parametrize("variant", VARIANTS)
def test_errors_are_those_of_litert_and_of_our_code(network: tuple[str, np.ndarray, np.ndarray], variant: str) -> None:
    model, rows, wanted = network
    data = model_file(model, variant)
    (told,) = report(model)[variant]["outputs"]
    for run in (Reference(data).run, Native(data).run):
        found = outputs(data, run, rows)
        difference = np.abs(found - wanted)
        # The report's kernels are LiteRT's fast ones. Now and then they round to another step than these.
        assert difference.mean() / np.ptp(wanted) == pytest.approx(told["relative"], rel=0.01, abs=1e-7)
        assert difference.max() == pytest.approx(told["largest"], rel=0.01, abs=1e-6)
        if model in CLASSIFIERS:
            same = (found.argmax(axis=1) == wanted.argmax(axis=1)).mean()
            assert same == pytest.approx(told["top_1"], abs=1.5 / len(rows))


@pytest.mark.parametrize("model", MODELS)
def test_finer_numbers_err_less(model: str) -> None:
    error = {variant: found["outputs"][0]["relative"] for variant, found in report(model).items()}
    assert error["basic"] < 1e-6
    assert error["float16"] < error["16x8_only"] < error["int8_only"] < 0.01
    assert error["int8_only"] < error["c_16+int8_only"] < error["p_50+int8_only"]


@pytest.mark.parametrize("model", MODELS)
def test_what_errors_are_measured_on_was_held_out(model: str) -> None:
    rows, calibration = held_out(model), np.load(FOLDER / f"{model}_data.npz")["inputs"]
    assert (
        json.loads((FOLDER / f"{model}_variants_errors.json").read_text())["inputs"]
        == "100 inputs: the evaluation data"
    )
    assert not (rows[:, None] == calibration).reshape(len(rows), len(calibration), -1).all(axis=2).any()


def test_the_table() -> None:
    heads, rule, *rows = (line.strip("| ").split(" | ") for line in table({m: report(m) for m in MODELS}).splitlines())
    assert len(heads) == len(rule) == 9
    assert [row[0] for row in rows] == list(VARIANTS)
    assert {len(row) for row in rows} == {9}

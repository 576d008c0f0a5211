"""Reading representative data: what is accepted, and each way in which a file can be wrong."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tools.convert.problem import ConvertError
from tools.convert.representative import InputSpec, load
from tools.convert.variants import REPRESENTATIONS

ROW = InputSpec("row", (4,), "float32")
IMAGE = InputSpec("image", (2, 3, 1), "float32")
WORKSPACE = Path(__file__).parents[2]


def npz(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return path


def csv(folder: Path, text: str) -> Path:
    path = folder / "data.csv"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path, *inputs: InputSpec) -> list[str]:
    with pytest.raises(ConvertError) as caught:
        load(path, inputs)
    return [str(problem).replace(f"{path}", path.name) for problem in caught.value.problems]


def test_one_array_of_any_name_for_one_input(tmp_path: Path) -> None:
    samples = np.arange(20, dtype=np.float64).reshape(5, 4)
    (loaded,) = load(npz(tmp_path, anything=samples), [ROW])
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, samples)


def test_arrays_come_in_the_order_of_the_inputs(tmp_path: Path) -> None:
    path = npz(tmp_path, image=np.zeros((3, 2, 3, 1)), row=np.ones((3, 4)))
    row, image = load(path, [ROW, IMAGE])
    assert (row.shape, image.shape) == ((3, 4), (3, 2, 3, 1))


@pytest.mark.parametrize("head", ["", "a,b,c,d\n"])
def test_csv_with_and_without_a_head(tmp_path: Path, head: str) -> None:
    (loaded,) = load(csv(tmp_path, head + "1,2,3,4\n5,6,7,8e-1\n\n"), [ROW])
    np.testing.assert_allclose(loaded, [[1, 2, 3, 4], [5, 6, 7, 0.8]], rtol=1e-7)


def test_csv_rows_are_shaped_as_the_input(tmp_path: Path) -> None:
    (loaded,) = load(csv(tmp_path, "1,2,3,4,5,6\n"), [IMAGE])
    np.testing.assert_array_equal(loaded, np.arange(1, 7).reshape(1, 2, 3, 1))


def test_wrong_shape_says_expected_and_found(tmp_path: Path) -> None:
    assert problems(npz(tmp_path, row=np.zeros((7, 5))), ROW) == [
        'data.npz: input "row": expected shape (samples, 4), found (7, 5)'
    ]


def test_a_scalar_is_a_wrong_shape(tmp_path: Path) -> None:
    assert problems(npz(tmp_path, row=np.float32(3)), ROW) == [
        'data.npz: input "row": expected shape (samples, 4), found ()'
    ]


def test_all_arrays_are_checked(tmp_path: Path) -> None:
    path = npz(tmp_path, row=np.zeros((0, 4)), image=np.full((2, 2, 3, 1), np.nan))
    found = problems(path, ROW, IMAGE)
    assert found[0].startswith('data.npz: input "row": no samples')
    assert found[1].startswith('data.npz: input "image": sample 0 has a value that is nan or infinite')


def test_missing_and_unknown_arrays(tmp_path: Path) -> None:
    path = npz(tmp_path, row=np.zeros((1, 4)), picture=np.zeros((1, 2, 3, 1)))
    assert problems(path, ROW, IMAGE) == [
        'data.npz: no array for the input "image" of shape (samples, 2, 3, 1) (the file has: "row", "picture"); '
        "name each array as its input",
        'data.npz: array "picture": the model has no such input (inputs: row, image); remove or rename',
    ]


def test_different_numbers_of_samples(tmp_path: Path) -> None:
    path = npz(tmp_path, row=np.zeros((3, 4)), image=np.zeros((2, 2, 3, 1)))
    assert problems(path, ROW, IMAGE) == [
        'data.npz: the arrays have different numbers of samples ("row" 3, "image" 2); give all the same'
    ]


def test_text_is_no_data(tmp_path: Path) -> None:
    assert problems(npz(tmp_path, row=np.array([["a"] * 4])), ROW) == [
        'data.npz: input "row": the array holds <U1, not numbers (give float32)'
    ]


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, row=np.array([None], dtype=object))
    (found,) = problems(path, ROW)
    assert found.startswith("data.npz: cannot be read as .npz (")


@pytest.mark.parametrize("content", [b"", b"no archive at all", b"PK\x03\x04 cut off"])
def test_a_broken_npz(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    (found,) = problems(path, ROW)
    assert found.startswith("data.npz: cannot be read as .npz (")
    assert found.endswith("; write it with numpy.savez")


def test_a_single_npy_array_is_no_npz(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    with path.open("wb") as file:
        np.save(file, np.zeros((3, 4)))
    (found,) = problems(path, ROW)
    assert found.startswith("data.npz: cannot be read as .npz (")


def test_a_missing_file(tmp_path: Path) -> None:
    (found,) = problems(tmp_path / "data.npz", ROW)
    assert found.startswith("data.npz: cannot be read as .npz (")


def test_bad_lines_of_a_csv_are_named(tmp_path: Path) -> None:
    assert problems(csv(tmp_path, "a,b,c,d\n1,2,3\n1,2,x,4\n1,2,3,4\n"), ROW) == [
        'data.csv: line 2: expected 4 numbers for the input "row" of shape (samples, 4), found 3',
        'data.csv: line 3: "x" is no number',
    ]


def test_many_bad_lines_are_counted(tmp_path: Path) -> None:
    found = problems(csv(tmp_path, "1\n" * 100), ROW)
    assert len(found) == 6
    assert found[-1] == "data.csv: 95 more lines have such problems"


def test_an_empty_csv_has_no_samples(tmp_path: Path) -> None:
    (found,) = problems(csv(tmp_path, "a,b,c,d\n"), ROW)
    assert found.startswith('data.csv: input "row": no samples')


def test_a_csv_holds_one_input(tmp_path: Path) -> None:
    assert problems(csv(tmp_path, "1,2,3,4\n"), ROW, IMAGE) == [
        "data.csv: a .csv file holds one input and the model has 2; give an .npz file"
    ]


def test_another_extension(tmp_path: Path) -> None:
    (found,) = problems(tmp_path / "data.pkl", ROW)
    assert found.startswith('data.pkl: the extension ".pkl" is not known (representative data is an .npz file')


def test_the_rule_has_the_same_variants() -> None:
    """Starlark cannot read the table of the converter, and checks variants before TensorFlow is started."""
    text = (WORKSPACE / "sni_rules/private/variants.bzl").read_text(encoding="utf-8")
    table = re.findall(r'"(\w+)": (True|False),', text)
    assert {name: needs == "True" for name, needs in table} == {
        name: representation.needs_ranges for name, representation in REPRESENTATIONS.items()
    }

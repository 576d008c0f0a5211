"""A suite from its file: what it says, and all that can be wrong with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tools.bench.suite.models import CONFIGS
from tools.bench.suite.read import SuiteError, read_suite
from tools.bench.suite.suite import Model, Options, Suite, cells
from tools.testing.shared import shared_path
from tools.zoo.config import read_config

MISTAKES = Path("tests/bench/suite/mistakes")
SUITES = Path("tools/bench/suites")

ALL = """\
name: all
models:
  - zoo: fc_0
  - {zoo: own.yaml, name: renamed, pipeline: p.json}
  - zoo: [fc_1, "cnn_[12]"]
  - name: ad
    tflite: {basic: models/ad.tflite, int8_only: models/../models/ad.tflite}
    pipeline: p.json
  - name: detector
    keras: detector.keras
    representative_data: data.npz
  - name: saved
    keras: saved
variants: [basic, int8_only, p_2:4+16x8]
engines: [tflm, sni]
platforms: [cortex_m4, x86_64]
options:
  - -O3
  - -O2 -g
  - {name: "-Os, soft float", copts: [-Os], fpu: off}
  - {name: fast, copts: [-O3, -ffast-math], fpu: on}
  - name: as they are
published: [edgemark.csv]
"""

COLUMNS = "tool,board,toolchain_note,model,variant,flash_net_kB,ram_net_kB,exec_ms_mean,err_mae_mean,more"

SMALL = {
    "name": "small",
    "models": [{"zoo": "fc_0"}],
    "variants": ["basic"],
    "engines": ["sni"],
    "platforms": ["x86_64"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("suite")
    for name in ("models/ad.tflite", "p.json", "detector.keras", "data.npz", "own.yaml", "saved/saved_model.pb"):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (folder / "edgemark.csv").write_text(COLUMNS + "\n")
    return folder


def read(folder: Path, text: str) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return read_suite(path)


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SuiteError) as caught:
        read(folder, text)
    return [str(problem).removeprefix(f"{folder}/suite.yaml: ") for problem in caught.value.problems]


def test_everything_that_a_file_can_say(folder: Path) -> None:
    assert read(folder, ALL) == Suite(
        "all",
        (
            Model("fc_0", zoo=CONFIGS / "fc_0.yaml"),
            Model("renamed", zoo=folder / "own.yaml", pipeline=folder / "p.json"),
            Model("fc_1", zoo=CONFIGS / "fc_1.yaml"),
            Model("cnn_1", zoo=CONFIGS / "cnn_1.yaml"),
            Model("cnn_2", zoo=CONFIGS / "cnn_2.yaml"),
            Model(
                "ad",
                variants={"basic": folder / "models/ad.tflite", "int8_only": folder / "models/ad.tflite"},
                pipeline=folder / "p.json",
            ),
            Model("detector", trained=folder / "detector.keras", data=folder / "data.npz"),
            Model("saved", trained=folder / "saved"),
        ),
        ("basic", "int8_only", "p_2:4+16x8"),
        ("tflm", "sni"),
        ("cortex_m4", "x86_64"),
        (
            Options("-O3"),
            Options("-O2 -g", ("-O2", "-g")),
            Options("-Os, soft float", ("-Os",), fpu=False),
            Options("fast", ("-O3", "-ffast-math"), fpu=True),
            Options("as they are"),
        ),
        (folder / "edgemark.csv",),
    )


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read(folder, ALL)
    monkeypatch.chdir(folder)
    assert read_suite(Path("suite.yaml")) == whole
    monkeypatch.chdir(folder / "models")
    assert read_suite(Path("../suite.yaml")) == whole


def test_patterns_are_in_the_order_of_numbers(folder: Path) -> None:
    suite = read(folder, yaml.safe_dump({**SMALL, "models": [{"zoo": "fc_*"}]}))
    assert [model.name for model in suite.models] == [f"fc_{i}" for i in range(11)]


def test_all_mistakes_at_once() -> None:
    with pytest.raises(SuiteError) as caught:
        read_suite(MISTAKES / "suite.yaml")
    found = (
        str(caught.value).replace(os.path.abspath(MISTAKES), "FOLDER").replace(os.path.abspath(MISTAKES.parent), "..")
    )
    assert found + "\n" == (MISTAKES / "expected.txt").read_text()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"absent\.yaml: cannot be read \(No such file or directory\)"):
        read_suite(tmp_path / "absent.yaml")


@pytest.mark.parametrize(
    ("change", "mistake"),
    [
        ({"name": 5}, "name = 5: a text is needed; quotes make it one"),
        ({"models": {"zoo": "fc_0"}}, "models = a mapping: a list is needed, as [zoo: fc_0]"),
        ({"engines": "sni"}, 'engines = "sni": a list is needed, as [sni, microtvm]'),
        ({"engines": ["TFLM"]}, 'engines = "TFLM": not known (did you mean "tflm"?); accepted: sni, microtvm, tflm'),
        ({"platforms": ["cortex_m4", ["x86_64"]]}, "platforms = a list: a text is needed"),
        ({"options": [{"name": "a/b"}]}, 'name = "a/b": a name on one line, without /, is needed'),
        (
            {"options": [{"name": "-Ofast"}]},
            'name = "-Ofast": its copts do not have -Ofast; they need it, or this another name',
        ),
        (
            {"options": [{"name": "-O3", "copts": ["-Os"]}]},
            'name = "-O3": its copts do not have -O3; they need it, or this another name',
        ),
        ({"models": [{"zoo": "models/ad.yaml"}]}, 'zoo = "models/ad.yaml": there is no file FOLDER/models/ad.yaml'),
        (
            {"models": [{"zoo": "owm.yaml"}]},
            'zoo = "owm.yaml": there is no file FOLDER/owm.yaml (did you mean "own.yaml"?)',
        ),
        (
            {"models": [{"name": "m", "tflite": {"basic": "models/da.tflite"}}]},
            'basic = "models/da.tflite": there is no file FOLDER/models/da.tflite (did you mean "models/ad.tflite"?)',
        ),
        (
            {"models": [{"name": "m", "tflite": {"int8": "models/ad.tflite"}}]},
            "tflite has none of the suite's variants; accepted: basic",
        ),
        ({"published": ["p.json"]}, 'published = "p.json": a .csv file is needed'),
    ],
)
def test_single_mistakes(folder: Path, change: dict[str, object], mistake: str) -> None:
    (found,) = mistakes(folder, yaml.safe_dump({**SMALL, **change}))
    assert found.split(": ", 1)[1].replace(str(folder), "FOLDER") == mistake


@pytest.mark.parametrize("variant", ["p_" + "9" * 5000, "p_50\nint8", "p_1\u2028"])
def test_variants_that_would_not_go_on_a_line(folder: Path, variant: str) -> None:
    (found,) = mistakes(folder, yaml.safe_dump({**SMALL, "variants": [variant]}))
    assert re.fullmatch(r'line \d+: variants = ".{1,70}": no variant; accepted: parts joined by .*', found)


@pytest.mark.parametrize("key", SMALL)
def test_what_is_needed(folder: Path, key: str) -> None:
    (found,) = mistakes(folder, yaml.safe_dump({name: value for name, value in SMALL.items() if name != key}))
    assert found.startswith(f'line 1: the suite has no "{key}": it is needed, as {key}: ')


MODEL_KEYS = ["zoo", "tflite", "keras", "representative_data", "pipeline"]
KEYS = [*SMALL, *MODEL_KEYS, "options", "published", "copts", "fpu"]
WORDS = [
    *KEYS,
    "basic",
    "int8_only",
    "p_0",
    "sni",
    "x86_64",
    "fc_0",
    "fc_*",
    "own.yaml",
    "models/ad.tflite",
    "-O3",
    "saved",
]
SCALARS = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=8),
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.dates(),
    st.sampled_from(["p_" + "9" * 5000, "x" * 5000 + ".yaml", "a\0.yaml", "[", "0x" + "f" * 5000, "\ud800.yaml"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


def read_or_told(folder: Path, text: str) -> None:
    told, suite = "", None
    try:
        suite = read(folder, text)
    except SuiteError as error:
        told = str(error)
    assert all(line.startswith(f"{folder}/suite.yaml: ") for line in told.splitlines())
    if suite is None:
        assert told
    else:
        assert len({model.name for model in suite.models}) == len(suite.models) > 0
        assert len(set(cells(suite))) == len(cells(suite)) > 0


@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=7))
def test_any_values_are_a_suite_or_mistakes(folder: Path, changes: dict[str, object]) -> None:
    read_or_told(folder, yaml.safe_dump({**SMALL, **changes}))


@given(st.data())
def test_any_lines_are_a_suite_or_mistakes(folder: Path, data: st.DataObject) -> None:
    lines = ALL.splitlines(keepends=True)
    first, last = sorted(data.draw(st.tuples(st.integers(0, len(lines)), st.integers(0, len(lines)))))
    put = data.draw(st.text(alphabet="ab1:- \n[]{}&*!|>'\"#,.", max_size=12))
    read_or_told(folder, "".join(lines[:first]) + put + "".join(lines[last:]))


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", Path("docs/benchmark.md").read_text(), re.DOTALL)
    (tmp_path / "models").mkdir()
    for name in (
        "models/ad01_fp32.tflite",
        "models/ad01_int8.tflite",
        "detector.keras",
        "calibration.npz",
        "detector.json",
    ):
        (tmp_path / name).touch()
    (tmp_path / "edgemark_results.csv").write_text(COLUMNS + "\n")
    suite = read(tmp_path, text)
    assert len(suite.models) == 14
    with pytest.raises(SuiteError) as caught:
        read(tmp_path, text.replace("[sni,", "[snii,").replace("cortex_m4", "cortex_m5"))
    told = re.findall(r"^suite.yaml: (.*?)(?:\.\.\.)?$", Path("docs/benchmark.md").read_text(), re.MULTILINE)
    found = [str(problem).removeprefix(f"{tmp_path}/suite.yaml: ") for problem in caught.value.problems]
    assert len(told) == len(found) == 2
    assert all(line.startswith(beginning) for line, beginning in zip(found, told, strict=True))


def test_suites_of_the_project() -> None:
    small = read_suite(SUITES / "small.yaml")
    assert len(cells(small)) <= 60
    assert all(read_config(model.zoo) for model in small.models if model.zoo)


def test_everything(tmp_path: Path) -> None:
    shared = shared_path(".")
    text = (SUITES / "everything.yaml").read_text()
    path = tmp_path / "everything.yaml"
    path.write_text(text.replace("../../../../shared", str(shared)).replace("../../../ex", str(Path("ex").absolute())))
    suite = read_suite(path)
    names = [*(f"fc_{i}" for i in range(11)), *(f"cnn_{i}" for i in range(1, 8)), "lstm", "gru"]
    assert [model.name for model in suite.models] == [*names, "ad", "mlperf_kws", "kws", "ic", "vww", "sww", "ais"]
    assert len(cells(suite)) == (2 * len(suite.models) - 2) * 9

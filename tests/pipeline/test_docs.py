"""docs/pipeline.md tells the truth: all operations and keys are there, the example works, the messages are real."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.pipeline.harness import tensor
from tools.sni.errors import CompileError
from tools.sni.pipeline import bind, read_pipeline, render
from tools.sni.pipeline.after import AFTER
from tools.sni.pipeline.model import Window
from tools.sni.pipeline.read import TopLevel
from tools.sni.pipeline.records import keys_of
from tools.sni.pipeline.signals import SIGNALS
from tools.sni.pipeline.window import WINDOW_FEATURES

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "pipeline.md").read_text(encoding="utf-8")
EXAMPLE = json.loads(re.search(r"```json\n(.*?)```", TEXT, re.DOTALL).group(1))


def section(title: str) -> str:
    """The text below a heading, up to the next one."""
    return re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE).group(1)


def rows(text: str) -> dict[str, str]:
    """The rows of the tables of a section, by the code in their first cell."""
    return dict(re.findall(r"^\| `(\w+)` (\|.*)$", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("title", "registry"), [("Signals", SIGNALS), ("Window features", WINDOW_FEATURES), ("After the network", AFTER)]
)
def test_every_operation_with_its_keys(title: str, registry) -> None:
    common = {"name", "of", "op", "hidden", "output"}
    if title == "Window features":
        assert {"parts", "whole"} <= set(re.findall(r"`(\w+)`", section(title)))
    documented = rows(section(title))
    assert set(registry) <= set(documented)
    assert set(documented) <= set(registry) | common
    for op, step in registry.items():
        for key in set(keys_of(step)) - common:
            assert f"`{key}`" in documented[op], f"{op} has a key {key}"


def test_every_key_at_the_top() -> None:
    assert set(rows(section("The keys"))) == set(keys_of(TopLevel))
    for key in keys_of(Window):
        assert f"`{key}`" in rows(section("The keys"))["window"]


def test_example(tmp_path: Path) -> None:
    path = tmp_path / "detector.json"
    path.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    code = render(bind(read_pipeline(path), [tensor("int8", 24)], [tensor("int8", 24)]), "detector")
    values, results = re.findall(r"/\* (.*) \*/$", TEXT, re.MULTILINE)[:2]
    assert values == ", ".join(code.columns[i] for i in code.values)
    assert results == ", ".join(result.name for result in code.results)
    for prototype in re.findall(r"^(?:bool|void) .*;", TEXT, re.MULTILINE):
        assert prototype in code.declarations


def test_example_of_window_features(tmp_path: Path) -> None:
    """Its sizes are those that the page tells."""
    path = tmp_path / "spectrum.json"
    text = section("Window features")
    path.write_text(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1), encoding="utf-8")
    bound = bind(read_pipeline(path), [tensor("float32", 153)], [tensor("float32", 1)])
    assert f"{bound.state_bytes:,} bytes in the state" in text.replace("\n", " ")
    assert f"a table of {bound.constant_bytes:,} bytes in flash" in text.replace("\n", " ")


def test_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page shows of errors is what these files are answered with."""
    monkeypatch.chdir(tmp_path)
    Path("app").mkdir()
    path = Path("app/detector.json")
    broken = json.loads(json.dumps(EXAMPLE))
    broken["signals"][2]["of"] = "lat_dge"
    broken["signals"][7]["std"] = 0
    broken["after"][1]["abov"] = broken["after"][1].pop("above")
    path.write_text(json.dumps(broken), encoding="utf-8")
    with pytest.raises(CompileError) as form:
        read_pipeline(path)
    path.write_text(json.dumps(EXAMPLE), encoding="utf-8")
    with pytest.raises(CompileError) as fit:
        bind(read_pipeline(path), [tensor("int8", 20)], [tensor("int8", 20)])
    shown = re.findall(r"^error: (.*)$", TEXT, re.MULTILINE)
    assert shown == [str(problem) for error in (form, fit) for problem in error.value.problems]
